/** A classifier in a store, with how it is to predict: put there once, fetched once by each machine. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkJson } from "../base/check-json.ts";
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import { findModel } from "../classifier/load-model.ts";
import type { LoadOptions } from "../classifier/opened-model.ts";
import { bitsNames } from "../engine/reproducible-threads.ts";
import { isIncluded } from "../hub/included.ts";
import { modelFiles } from "../hub/model-files.ts";
import { adapterFolder } from "../run/adapter.ts";
import { type ArtifactStore, getJson, jsonText } from "../store/artifact-store.ts";
import { pathsBelow } from "../store/file-tree.ts";
import { textReading } from "../tables/table-options.ts";
import { precisionNames } from "../train/precision.ts";
import { fetchSource, type SharedSource, sharedSource, shareSource } from "./shared-inputs.ts";

/** How it predicts. */
const asked = z.strictObject({
  load: z.strictObject({
    labels: z.array(z.string()).optional(),
    maxLength: z.int().min(2).optional(),
    precision: z.enum(precisionNames).optional(),
    bits: z.enum(bitsNames).optional(),
  }),
  reading: textReading.partial(),
  top: z.int().positive().optional(),
});
export type Asked = z.output<typeof asked>;

/** predictions/<id>.json of a store. */
const sharedClassifier = asked.extend({
  attune: z.string(),
  model: sharedSource,
  base: sharedSource.optional(),
  adapter: sharedSource.optional(),
});
type SharedClassifier = z.output<typeof sharedClassifier>;

const keyOf = (id: string): string => `predictions/${id}.json`;

/** Puts it into the store; the same again has the same id. Says how large its weights are, roughly. */
export async function shareClassifier(
  store: ArtifactStore,
  given: Pick<LoadOptions, "revision" | "adapter"> & { readonly folder: string },
  { load, reading, top }: Asked,
): Promise<{ readonly id: string; readonly bytes: number }> {
  const { folder, path, adapter } = await findModel(given);
  const share = (at: string, files: readonly string[]) =>
    shareSource(store, at, { path: at, notes: [] }, [{ at, files, entries: [""] }]);
  const ofRun = ["adapter", "model"].find((part) => path !== folder && existsSync(join(folder, part)));
  const base = given.adapter === undefined && adapter ? path : undefined;
  const beside = given.adapter === undefined ? undefined : adapterFolder(given.adapter);
  const classifier: SharedClassifier = {
    attune: version,
    model:
      ofRun === undefined
        ? await share(folder, modelFiles(folder))
        : await share(folder, ["run.json", ...pathsBelow(join(folder, ofRun)).map((file) => `${ofRun}/${file}`)]),
    ...(base !== undefined && !isIncluded(adapter!.base!.path) && { base: await share(base, modelFiles(base)) }),
    ...(beside !== undefined && { adapter: await share(beside, pathsBelow(beside)) }),
    ...{ load, reading, ...(top !== undefined && { top }) },
  };
  const text = jsonText(classifier);
  const id = createHash("sha256").update(text).digest("hex").slice(0, 16);
  await store.putOnce(keyOf(id), { text });
  const sources = [classifier.model, classifier.base, classifier.adapter];
  return { id, bytes: sources.reduce((sum, source) => sum + bytesOf(source), 0) };
}

const bytesOf = (source: SharedSource | undefined): number =>
  source && "files" in source ? source.files.reduce((sum, { bytes }) => sum + bytes, 0) : 0;

/** It as files of this machine, below `cache`. */
export async function fetchClassifier(
  store: ArtifactStore,
  id: string,
  cache: string,
): Promise<{ readonly folder: string; readonly load: LoadOptions } & Pick<Asked, "reading" | "top">> {
  const found = await getJson<unknown>(store, keyOf(id));
  const at = `${store.address}/${keyOf(id)}`;
  if (found === undefined)
    throw new AttuneError("store/no-classifier", `${at}: it is not there any more; begin again with attune predict`);
  const hints = { code: "store/broken", advice: "it was changed, or is of another version" };
  const { model, base, adapter, load, reading, top } = checkJson(at, found, sharedClassifier, hints);
  const fetch = async (source: SharedSource) => (await fetchSource(store, source, cache)).path;
  return {
    folder: await fetch(model),
    load: {
      ...(load as LoadOptions),
      ...(base && { base: await fetch(base) }),
      ...(adapter && { adapter: await fetch(adapter) }),
    },
    reading,
    top,
  };
}
