/** Writes a model folder that Transformers, transformers.js and Attune open. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeWholeFolder } from "../base/write-whole.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { isOwnHead } from "../models/head-choice.ts";
import { storedTensors } from "../models/stored-form.ts";
import { HEAD_KEY, MULTI_LABEL, THRESHOLDS_KEY } from "../pretrained/model-config.ts";
import { type FileToWrite, writeFiles } from "../tokens/tokenizer-files.ts";
import { type TensorToWrite, writeSafetensors } from "../weights/safetensors.ts";
import { MODELING_CODE, MODELING_FILE, wrappedConfig } from "./modeling-attune.ts";

export interface ModelFolder {
  readonly encoder: Encoder;
  /** The base model's config.json, of which all other keys are kept. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[] | undefined;
  readonly weights: Readonly<Record<string, HostTensor>>;
  /** Of the tokenizer. */
  readonly files: readonly FileToWrite[];
}

/** Writes the folder whole or not at all; one that is there already is replaced. */
export function writeModelFolder(folder: string, model: ModelFolder): void {
  const tensors = tensorsOf(model.encoder.parameters, model.weights);
  writeFolder(folder, { config: configOf(model), tensors, files: model.files });
}

/** The same of a model whose head Transformers does not have: the folder brings the head's code. */
export function writeWithHead(folder: string, model: ModelFolder): void {
  const config = wrappedConfig(model.encoder, configOf(model));
  const tensors = tensorsOf(model.encoder.parameters, model.weights);
  const files = [...model.files, { name: MODELING_FILE, text: MODELING_CODE }];
  writeFolder(folder, { config, tensors, files });
}

/** The parameters of a model as Transformers has them. */
export const tensorsOf = (
  parameters: readonly Parameter[],
  weights: ModelFolder["weights"],
): (TensorToWrite & { readonly data: Float32Array })[] =>
  storedTensors(parameters, (name) => weights[name]!.data as Float32Array);

/** A config.json without what is no longer true of a model that was trained: where it came from, and in which precision. */
export function withoutOrigin(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { _name_or_path, torch_dtype, dtype, ...kept } = config;
  return kept;
}

/** The same without what is only true of a classifier. */
export function withoutClassifier(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id2label, label2id, problem_type, [HEAD_KEY]: _head, [THRESHOLDS_KEY]: _thresholds, ...kept } = config;
  return withoutOrigin(kept);
}

export interface FolderContent {
  /** The whole config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorToWrite[];
  /** Of the tokenizer. */
  readonly files: readonly FileToWrite[];
}

/** The same of any model. */
export function writeFolder(folder: string, { config, tensors, files }: FolderContent): void {
  writeWholeFolder(folder, (partial) => {
    writeFileSync(join(partial, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    writeSafetensors(join(partial, "model.safetensors"), tensors);
    writeFiles(partial, files);
  });
}

/** config.json of the classifier: the base's, with labels and what else is now different. */
export function configOf({
  encoder,
  config,
  labels,
  thresholds,
}: Pick<ModelFolder, "encoder" | "config" | "labels" | "thresholds">): Record<string, unknown> {
  const { [HEAD_KEY]: _head, [THRESHOLDS_KEY]: _thresholds, ...kept } = withoutOrigin(config);
  return {
    ...kept,
    architectures: [encoder.architecture],
    dtype: "float32",
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    problem_type: thresholds ? MULTI_LABEL : "single_label_classification",
    ...(thresholds && { [THRESHOLDS_KEY]: thresholds }),
    ...(isOwnHead(encoder.head) ? {} : { [HEAD_KEY]: encoder.head }),
  };
}
