/** A study on a queue: its inputs go into a store, its runs to the workers of the queue. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { writeWhole } from "../base/write-whole.ts";
import { isS3, openStore } from "../store/open-store.ts";
import type { OpenPlace, PlacedStudy } from "../study/run-place.ts";
import type { PlannedRun } from "../study/study.ts";
import { weightNames } from "../weights/weight-files.ts";
import { connectQueue } from "./queue-connection.ts";
import { memoryOf } from "./queued-run.ts";
import { QueuedRuns } from "./queued-runs.ts";
import { newStudyId, type SharedStudy, sharedPlace, shareStudy } from "./shared-study.ts";

/** In the folder of a study: where it is shared. */
const PLACE = "store.json";

export interface QueueOptions {
  /** `redis://host:port`. */
  readonly queue: string;
  /** A folder that all machines see, or `s3://bucket/prefix`; a study that goes on keeps its own. */
  readonly store?: string | undefined;
}

/** Where the runs of a study are done by the workers of a queue. */
export const onQueue =
  ({ queue, store }: QueueOptions): OpenPlace =>
  async (placed) => {
    const connection = await connectQueue(queue, { waits: false });
    const { folder, study, input } = placed;
    try {
      const shared = await shareFrom(placed, store);
      const weights = weightNames(input.sources.model.path);
      const bytes = weights.reduce((sum, name) => sum + statSync(join(input.sources.model.path, name)).size, 0);
      const { threads } = study.plan;
      const needs = (run: PlannedRun) => ({ memoryBytes: memoryOf(run, bytes), threads: threads ?? 1 });
      const texts = input.dataset.splits.train.length;
      return await QueuedRuns.open(connection, { shared, folder, needs, threads, texts });
    } catch (error) {
      await connection.close();
      throw error;
    }
  };

/** Puts a study into its store, as far as it is not there. */
export async function shareFrom({ folder, study, input }: PlacedStudy, given?: string): Promise<SharedStudy> {
  const before = sharedPlaceOf(folder.path);
  const store = given === undefined || isS3(given) ? given : resolve(given);
  if (before && store !== undefined && before.store !== store)
    throw new AttuneError(
      "store/other",
      `${folder.path}: this study is in the store ${before.store}, and not in ${store}; leave --store out`,
    );
  const place = before ?? (store === undefined ? undefined : { store, study: newStudyId() });
  if (!place)
    throw new AttuneError("options/missing", "the option --store is missing: where workers find what they need");
  const shared = { store: await openStore(place.store), id: place.study };
  await shareStudy(shared, study, input.sources);
  if (!before) writeWhole(join(folder.path, PLACE), `${JSON.stringify(place, null, 2)}\n`);
  return shared;
}

/** Where the study of a folder is shared; undefined where it is not. */
export const sharedPlaceOf = (study: string) =>
  existsSync(join(study, PLACE))
    ? readJson(join(study, PLACE), sharedPlace, { code: "study/broken", advice: "the file was changed" })
    : undefined;
