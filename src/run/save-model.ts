/** What is kept of training: the whole model, or only what was added to its base. */
import { resolve } from "node:path";
import { sizeOf } from "../base/size-of.ts";
import { float32, type HostTensors } from "../engine/engine-tensors.ts";
import { isIncluded } from "../hub/included.ts";
import { writeModelFolder } from "../interop/transformers.ts";
import { openModel, type PretrainedModel } from "../pretrained/open-model.ts";
import { type AdapterFacts, leavesEncoder, writeAdapter } from "./adapter.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { RunFacts } from "./run-facts.ts";
import type { RunFolder } from "./run-folder.ts";
import { methodOfRun } from "./train-options.ts";

/** Writes it into the folder of the run, whose facts know the hash of the base by now; returns where. */
export async function keepModel(
  folder: RunFolder,
  { model, adapted, dataset, maxLength, memory, modelFolder, tokenizer }: PreparedRun,
  { options, hub, modelSha256 }: RunFacts,
  thresholds: readonly number[] | undefined,
): Promise<string> {
  const { encoder, config } = model;
  const { labels } = dataset;
  const { host: weights } = memory;
  if (!leavesEncoder(adapted)) {
    const whole = { ...weights, ...(await readMissing(modelFolder, model, weights)) };
    const content = { encoder, config, labels, thresholds, weights: whole, files: tokenizer.files(maxLength) };
    writeModelFolder(folder.at("model"), content);
    return folder.at("model");
  }
  const { method, semantics } = options;
  const path = isIncluded(options.model) ? options.model : resolve(modelFolder);
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

/** What was kept in 8 bits alone is not trained, so it is still in the files of the pretrained model. */
async function readMissing(folder: string, { encoder, labels, multiLabel }: PretrainedModel, weights: HostTensors) {
  const missing = encoder.parameters.filter(({ name }) => !weights[name]);
  if (missing.length === 0) return {};
  const found = Object.fromEntries(
    missing.map(({ name, shape }) => [name, float32(new Float32Array(sizeOf(shape)), shape)]),
  );
  const model = await openModel(folder, labels, encoder.head, multiLabel);
  model.readInto((name) => found[name]?.data as Float32Array | undefined, 0);
  model.close();
  return found;
}
