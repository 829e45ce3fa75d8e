/** The model and the data of a study in a store, by content: put there once, fetched once by each machine, and checked. */
import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import { isIncluded } from "../hub/included.ts";
import { modelFiles } from "../hub/model-files.ts";
import { atPath, type HubSource, type Source, type Sources } from "../hub/named-inputs.ts";
import type { ArtifactStore } from "../store/artifact-store.ts";
import { fetchFiles, objectKey, putObjects, type StoredFile, storedFiles } from "../store/file-tree.ts";
import type { Study } from "../study/study.ts";
import { type DataFiles, dataFiles } from "../tables/find-splits.ts";

const hubSource = z.strictObject({
  repo: z.string(),
  revision: z.string(),
  commit: z.string(),
  configName: z.string().optional(),
});
const copied = z.strictObject({
  files: storedFiles,
  /** What stands for it among the files: one path, or several of data that are several files. */
  entries: z.array(z.string()).min(1),
  hub: hubSource.optional(),
  notes: z.array(z.string()),
});
/** Of the package, which every machine has. */
const included = z.strictObject({ included: z.string() });
export const sharedSource = z.union([included, copied]);
export type SharedSource = z.infer<typeof sharedSource>;

/** inputs.json of a study in a store. */
export const sharedInputs = z.looseObject({
  attune: z.string(),
  model: sharedSource,
  data: sharedSource,
  copiedFrom: z.strictObject({ workingFolder: z.string(), model: z.string(), runs: z.string() }),
});
export type SharedInputs = z.infer<typeof sharedInputs>;

/** Puts the inputs of a study into a store, as far as they are not there; `runs` is the folder of its runs here. */
export async function shareInputs(
  store: ArtifactStore,
  runs: string,
  study: Study,
  { model, data }: Sources,
): Promise<SharedInputs> {
  const weights = study.runs.find(({ options }) => ![undefined, "balanced"].includes(options.classWeights));
  if (weights)
    throw new AttuneError(
      "store/class-weights",
      `${weights.name}: class weights from the file ${weights.options.classWeights} do not go to other machines; give "balanced", or do this study here`,
    );
  const modelAt: DataFiles = { at: model.path, files: modelFiles(model.path), entries: [""] };
  return {
    attune: version,
    model: await shareSource(store, study.model, model, [modelAt]),
    data: await shareSource(store, study.data, data, dataFiles(data.path)),
    copiedFrom: { workingFolder: process.cwd(), model: resolve(model.path), runs },
  };
}

/** Puts the files of `places` into a store, as far as they are not there. */
export async function shareSource(
  store: ArtifactStore,
  given: string,
  { hub, notes }: Source,
  places: readonly DataFiles[],
): Promise<SharedSource> {
  if (isIncluded(given)) return { included: given };
  // Names of folders may say which split it is, and files of one folder belong together.
  const folders = [...new Set(places.map(({ at }) => at))];
  const shared: StoredFile[] = [];
  const entries: string[] = [];
  for (const place of places) {
    const prefix = `${folders.indexOf(place.at)}/${basename(resolve(place.at)) || "root"}`;
    for (const file of await putObjects(store, place.at, place.files))
      shared.push({ ...file, path: `${prefix}/${file.path}` });
    entries.push(...place.entries.map((entry) => (entry === "" ? prefix : `${prefix}/${entry}`)));
  }
  return { files: shared, entries, ...(hub && { hub }), notes: [...notes] };
}

/**
 * Model and data of a run as files of this machine: below `cache`, where what several studies have is there once. It stays, so that
 * the next run does not wait for it.
 */
export async function fetchInputs(
  store: ArtifactStore,
  inputs: SharedInputs,
  run: string,
  cache: string,
): Promise<Sources> {
  const { workingFolder, model, runs } = inputs.copiedFrom;
  return {
    model: await fetchSource(store, inputs.model, cache),
    data: await fetchSource(store, inputs.data, cache),
    copiedFrom: { workingFolder, model, out: join(runs, run) },
  };
}

/** The files of a source on this machine, below `cache`. */
export async function fetchSource(store: ArtifactStore, source: SharedSource, cache: string): Promise<Source> {
  if ("included" in source) return atPath(source.included);
  const { files, entries, hub, notes } = source;
  const name = createHash("sha256").update(JSON.stringify(files)).digest("hex");
  const folder = join(cache, name);
  if (!existsSync(folder)) {
    makeFolder(cache);
    const partial = partialOf(folder);
    try {
      await fetchFiles(store, files, partial, objectKey);
      // Another process of this machine may have been faster, with the same bytes.
      if (!existsSync(folder)) renameSync(partial, folder);
    } finally {
      discard(partial);
    }
  }
  const path = entries.map((entry) => join(folder, entry)).join(",");
  return { path, ...(hub && { hub: hub as HubSource }), notes };
}
