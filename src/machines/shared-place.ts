/** A study in a store without a queue: its runs are done by number, on whatever machines, and brought when they are published. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { writeWhole } from "../base/write-whole.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import { isS3, openStore } from "../store/open-store.ts";
import { localRuns } from "../study/local-runs.ts";
import type { OpenPlace, PlacedStudy, RunPlace } from "../study/run-place.ts";
import { fetchPublished } from "./run-attempt.ts";
import { newStudyId, publishedRuns, runPrefix, type SharedStudy, shareStudy } from "./shared-study.ts";

/** In the folder of a study: where it is shared. */
const PLACE = "store.json";
const placeShape = z.looseObject({ store: z.string().min(1), study: z.string().regex(/^[0-9a-f]+$/) });
const IDS = /^(.*)\/studies\/([0-9a-f]+)\/?$/;
const AT_ONCE = 8;

/** The address by which others name a study in a store. */
export const addressOf = ({ store, id }: SharedStudy): string => `${store.address}/studies/${id}`;

/**
 * A study by its folder, or by its address in a store.
 *
 * @throws AttuneError where it is shared nowhere
 */
export async function openShared(given: string): Promise<SharedStudy> {
  const [, address, named] = IDS.exec(given) ?? [];
  const place = address === undefined ? placeOf(given) : { store: address, study: named! };
  if (!place)
    throw new AttuneError(
      "store/no-study",
      `${given}: this is no study in a store; make one with attune compare … --out STUDY --store STORE --share-only`,
    );
  return { store: await openStore(place.store), id: place.study };
}

/** Puts a study into its store, as far as it is not there. A study keeps its store. */
export async function shareFrom({ folder, study, input }: PlacedStudy, given?: string): Promise<SharedStudy> {
  const before = placeOf(folder.path);
  const store = given === undefined || isS3(given) ? given : resolve(given);
  if (before && store !== undefined && before.store !== store)
    throw new AttuneError(
      "store/other",
      `${folder.path}: this study is in the store ${before.store}, and not in ${store}; leave --store out`,
    );
  const place = before ?? (store === undefined ? undefined : { store, study: newStudyId() });
  if (!place)
    throw new AttuneError("options/missing", "the option --store is missing: where other machines find what they need");
  const shared = { store: await openStore(place.store), id: place.study };
  await shareStudy(shared, folder.runsPath, study, input.sources);
  if (!before) writeWhole(join(folder.path, PLACE), `${JSON.stringify(place, null, 2)}\n`);
  return shared;
}

const placeOf = (study: string) =>
  existsSync(join(study, PLACE))
    ? readJson(join(study, PLACE), placeShape, { code: "study/broken", advice: "the file was changed" })
    : undefined;

/** Shares a study, brings the runs that are published, and does none: those are for other machines. */
export const sharedOnly =
  (store: string | undefined, tell: (study: SharedStudy) => void): OpenPlace =>
  async (placed) => {
    const shared = await shareFrom(placed, store);
    tell(shared);
    const none = async () => ({ status: "interrupted" }) as const;
    return publishedOr({ atOnce: AT_ONCE, do: none, close: async () => {} }, shared, placed);
  };

/** Runs on this machine, but for those that others have published where the study is shared. */
export const here: OpenPlace = async (placed) => {
  const local = await localRuns(placed);
  const place = placeOf(placed.folder.path);
  return place ? publishedOr(local, { store: await openStore(place.store), id: place.study }, placed) : local;
};

/** Brings what is published; the rest is done at `place`. */
async function publishedOr(place: RunPlace, shared: SharedStudy, { folder }: PlacedStudy): Promise<RunPlace> {
  const published = await publishedRuns(shared);
  return {
    ...place,
    published,
    do: async (run, say, signal) => {
      const out = folder.runPath(run.name);
      if (!published.has(run.name) || !(await fetchPublished(shared.store, runPrefix(shared.id, run.name), out)))
        return place.do(run, say, signal);
      return { status: "done", result: RunFolder.open(out).readJson<RunResult>("result.json") };
    },
  };
}
