/** What is kept of training: the whole model, or only what was added to its base. */
import { isIncluded } from "../hub/included.ts";
import { writeModelFolder } from "../interop/transformers.ts";
import { type AdapterFacts, leavesEncoder, writeAdapter } from "./adapter.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { RunFacts } from "./run-facts.ts";
import type { RunFolder } from "./run-folder.ts";
import { methodOfRun } from "./train-options.ts";

/** Writes it into the folder of the run, whose facts know the hash of the base at `base` by now; returns where. */
export function keepModel(
  folder: RunFolder,
  { model, adapted, dataset, maxLength, memory, tokenizer }: PreparedRun,
  { options, hub, modelSha256 }: RunFacts,
  base: string,
  thresholds: readonly number[] | undefined,
): string {
  const { encoder, config } = model;
  const { labels } = dataset;
  const { host: weights } = memory;
  if (!leavesEncoder(adapted)) {
    const content = { encoder, config, labels, thresholds, weights, files: tokenizer.files(maxLength) };
    writeModelFolder(folder.at("model"), content);
    return folder.at("model");
  }
  const { method, semantics } = options;
  const path = isIncluded(options.model) ? options.model : base;
  const facts: AdapterFacts = {
    base: { path, sha256: modelSha256!, ...(hub?.model && { hub: hub.model }) },
    labels,
    thresholds,
    maxLength,
    method,
    head: encoder.head,
    options: methodOfRun(options).options,
    semantics,
  };
  writeAdapter(folder.at("adapter"), facts, adapted, weights, model.fresh);
  return folder.at("adapter");
}
