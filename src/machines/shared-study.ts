/** A study in a store: under which keys its parts stand, and the plan and the inputs that whoever does its runs reads. */
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { checkJson } from "../base/check-json.ts";
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import type { Sources } from "../hub/named-inputs.ts";
import { type ArtifactStore, getJson, jsonText } from "../store/artifact-store.ts";
import type { Study } from "../study/study.ts";
import { studyShape } from "../study/study-file.ts";
import { type SharedInputs, sharedInputs, shareInputs } from "./shared-inputs.ts";

/*
 *   STORE/
 *     objects/<sha256>                    files of models and data, by content
 *     shared/<key>                        frozen features, by what they are made from
 *     studies/<id>/study.json             Study
 *     studies/<id>/inputs.json            SharedInputs: its model and data
 *     studies/<id>/runs/<name>/
 *       checkpoint.json                   FileList: the newest checkpoint
 *       paused.json                       EpochResult[]: of a trial that waits at a rung
 *       published.json                    FileList: the run, finished; written once
 *       <attempt>/…                       the files of these, in a folder for each attempt at the run
 */

/** Of one store. */
export interface SharedStudy {
  readonly store: ArtifactStore;
  readonly id: string;
}

export const newStudyId = (): string => randomBytes(6).toString("hex");

const at = (id: string, file: string): string => `studies/${id}/${file}`;
/** Where all of a run is; ends with "/". */
export const runPrefix = (id: string, name: string): string => at(id, `runs/${name}/`);

/** Names of the runs that are published. */
export async function publishedRuns({ store, id }: SharedStudy): Promise<ReadonlySet<string>> {
  const keys = await store.list(at(id, "runs/"));
  return new Set(keys.filter((key) => key.endsWith("/published.json")).map((key) => key.split("/").at(-2)!));
}

/** Makes a study known, with its inputs; `runs` is the folder of its runs here. What is there of it stays. */
export async function shareStudy(
  { store, id }: SharedStudy,
  runs: string,
  study: Study,
  sources: Sources,
): Promise<void> {
  if ((await getJson(store, at(id, "inputs.json"))) !== undefined) return;
  const inputs = await shareInputs(store, runs, study, sources);
  await store.put(at(id, "study.json"), { text: jsonText(study) });
  // Last: whoever finds these finds the rest.
  await store.put(at(id, "inputs.json"), { text: jsonText(inputs) });
}

/** @throws AttuneError where the study is not in the store, or is of another version of Attune */
export async function inputsOf({ store, id }: SharedStudy): Promise<SharedInputs> {
  const inputs = await read<SharedInputs>(store, at(id, "inputs.json"), sharedInputs);
  requireOwnVersion(inputs.attune, `${store.address}/studies/${id}`);
  return inputs;
}

export const studyOf = ({ store, id }: SharedStudy): Promise<Study> =>
  read<Study>(store, at(id, "study.json"), studyShape);

async function read<T>(store: ArtifactStore, key: string, shape: z.ZodType): Promise<T> {
  const file = `${store.address}/${key}`;
  const found = await getJson<unknown>(store, key);
  if (found === undefined)
    throw new AttuneError("store/no-study", `${file}: there is no such study in this store; see to its address`);
  return checkJson(file, found, shape, {
    code: "store/broken",
    advice: "it was changed, or is of another version",
  }) as T;
}

/** Results are the same only where the programs are. @throws AttuneError that names both versions */
export function requireOwnVersion(made: string, what: string): void {
  if (made === version) return;
  const install = `install attune@${made} here`;
  throw new AttuneError("store/version", `${what} is of Attune ${made}, and this is Attune ${version}; ${install}`);
}
