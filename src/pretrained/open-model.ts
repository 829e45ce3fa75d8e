/** A pretrained model from a folder: config.json and safetensors in, an encoder and its weights out. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { fillCutNormal, fillNormal, randomKey } from "../base/random.ts";
import { readJson } from "../base/read-json.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { withHead } from "../models/head.ts";
import { type HeadChoice, ownHead } from "../models/head-choice.ts";
import { buildEncoder } from "../models/registry.ts";
import { readStored, storedName, storedShape } from "../models/stored-form.ts";
import type { WeightFiles } from "../weights/safetensors.ts";
import { openWeights } from "../weights/weight-files.ts";

import {
  HEAD_KEY,
  isMultiLabel,
  labelsOf,
  type ModelConfig,
  modelConfig,
  REGRESSION,
  requireDistinct,
  THRESHOLDS_KEY,
  WRAPPER_TYPE,
} from "./model-config.ts";

export interface PretrainedModel {
  readonly encoder: Encoder;
  /** config.json as it is. */
  readonly config: ModelConfig;
  /** Of all tensors in the file, also of those that the encoder has no use for. */
  readonly tensorNames: readonly string[];
  readonly labels: readonly string[];
  /** Whether a text may have any number of labels. */
  readonly multiLabel: boolean;
  /** What the user should know: parts that were drawn fresh, and why. */
  readonly notes: readonly string[];
  /** Names of the parameters that are not in the file and are drawn. */
  readonly fresh: ReadonlySet<string>;
  /**
   * Fills one array per parameter, where there is one: from the file, or drawn by `seed`. `filled` gets each before the next
   * is asked for.
   */
  readInto(
    weights: (name: string) => Float32Array | undefined,
    seed: number,
    filled?: (name: string, values: Float32Array) => void,
  ): void;
  close(): void;
}

/**
 * Opens a model folder for `labels`; without them, for the labels that its config names. The head in the file is kept if
 * it has these labels, in whatever order and as many for each text, and reads texts in the way of `head`, which is by
 * default the file's own. `names` replace those of the config's labels.
 */
export async function openModel(
  folder: string,
  labels?: readonly string[],
  head?: HeadChoice,
  multiLabel?: boolean,
  names?: readonly string[],
): Promise<PretrainedModel> {
  const file = join(folder, "config.json");
  const config = await readModelConfig(file);
  const ownLabels = renamed(labelsOf(config), names, file);
  const wanted = labels ?? ownLabels;
  const isRegression = config.problem_type === REGRESSION;
  if (!labels && isRegression)
    throw new AttuneError(
      "model/regression",
      `${file}: problem_type is "regression", so what the model gives are numbers and no labels; take a classifier, or train one`,
    );
  if (!wanted)
    throw new AttuneError(
      "model/no-labels",
      `${file}: its id2label does not name the labels 0, 1, …, so this is not a trained classifier; train one first`,
    );
  requireDistinct(wanted, file);
  const found: HeadChoice = config[HEAD_KEY] ?? ownHead;
  const encoder = withHead(buildEncoder(config, wanted.length, file), head ?? found, wanted.length);
  const ownMultiLabel = isMultiLabel(config, ownLabels?.length);
  const wantedMultiLabel = multiLabel ?? ownMultiLabel;
  const fits = isSameHead(encoder.head, found) && wantedMultiLabel === ownMultiLabel && !isRegression;
  const weights = openWeights(folder);
  try {
    const tensorNames = [...weights.tensors.keys()];
    const own = { config, tensorNames, multiLabel: wantedMultiLabel };
    return { ...resolve(folder, encoder, weights, wanted, ownLabels, fits), ...own };
  } catch (error) {
    weights.close();
    throw error;
  }
}

/** The labels of a config under the names that were given for them. */
function renamed(
  own: string[] | undefined,
  names: readonly string[] | undefined,
  file: string,
): readonly string[] | undefined {
  if (names && own && names.length !== own.length)
    throw new AttuneError(
      "options/labels",
      `there are ${names.length} labels, but ${file} has ${own.length}: ${own.slice(0, 6).join(", ")}${own.length > 6 ? ", …" : ""}`,
    );
  return names ?? own;
}

/** config.json as it is. */
export async function readModelConfig(file: string): Promise<ModelConfig> {
  if (!existsSync(file))
    throw new AttuneError(
      "model/no-config",
      `${file}: there is no such file: a model is a folder with config.json and model.safetensors, or a name on the Hub like org/name`,
    );
  const config = readJson(file, modelConfig, { code: "model/config" });
  if (config.model_type !== WRAPPER_TYPE) return config;
  const { encoder, auto_map, ...own } = config;
  const inner = readJson(file, z.looseObject({ encoder: modelConfig }), { code: "model/config" }).encoder;
  return { ...own, ...inner };
}

/** The labels that a model folder's config names, if it does. */
export async function readLabels(folder: string): Promise<readonly string[] | undefined> {
  return labelsOf(await readModelConfig(join(folder, "config.json")));
}

/** The thresholds that a model folder's config has for its labels. */
export const thresholdsOf = ({ config }: Pick<PretrainedModel, "config">): readonly number[] | undefined =>
  config[THRESHOLDS_KEY];

/** Where each parameter comes from. */
function resolve(
  folder: string,
  encoder: Encoder,
  weights: WeightFiles,
  labels: readonly string[],
  ownLabels: readonly string[] | undefined,
  headFits: boolean,
): Omit<PretrainedModel, "config" | "tensorNames" | "multiLabel"> {
  const notes: string[] = [];
  const fresh = new Set<string>();
  const stored = locateParameters(folder, encoder, weights);
  for (const part of ["pooler", "classifier"] as const) {
    const parameters = encoder.parameters.filter((p) => p.part === part);
    const missing = parameters.filter((p) => !stored.has(p.name));
    const reason =
      missing.length > 0
        ? "the file has none"
        : part === "classifier"
          ? headMismatch(labels, ownLabels, headFits)
          : undefined;
    if (reason) {
      notes.push(`The ${part} is drawn fresh: ${reason}.`);
      for (const { name } of parameters) fresh.add(name);
    }
  }
  for (const parameter of encoder.parameters)
    if (!fresh.has(parameter.name)) checkShape(folder, parameter, stored, weights);

  const byLabel = classifierNames(encoder);
  const order = labels.map((label) => ownLabels?.indexOf(label) ?? -1);
  return {
    encoder,
    labels,
    notes,
    fresh,
    readInto: (arrayOf, seed, filled) => {
      for (const parameter of encoder.parameters) {
        const array = arrayOf(parameter.name);
        if (!array) continue;
        if (fresh.has(parameter.name)) drawWeights(parameter, array, seed, encoder.initializerRange);
        else readStored(parameter, array, (tensor) => weights.readFloat32(stored.get(parameter.name)!, tensor));
        if (byLabel.has(parameter.name) && !fresh.has(parameter.name)) reorderRows(array, order);
        filled?.(parameter.name, array);
      }
    },
    close: () => weights.close(),
  };
}

/**
 * Under which name a file holds each parameter, where it does.
 *
 * @throws AttuneError where one of the encoder is missing
 */
export function locateParameters(
  folder: string,
  { parameters, checkpointNames, type }: Pick<Encoder, "parameters" | "checkpointNames" | "type">,
  weights: WeightFiles,
): Map<string, string> {
  const stored = new Map<string, string>();
  for (const parameter of parameters) {
    const found = checkpointNames(storedName(parameter)).find((candidate) => weights.tensors.has(candidate));
    if (found) stored.set(parameter.name, found);
  }
  const missing = parameters.filter(({ name, part }) => part === "encoder" && !stored.has(name));
  if (missing.length > 0)
    throw new AttuneError(
      "model/missing-tensor",
      `${folder}: the weights lack ${missing[0]!.name}${missing.length > 1 ? ` and ${missing.length - 1} more` : ""}; this is not a whole ${type} encoder; get the folder again, or another model`,
    );
  return stored;
}

const isSameHead = (a: HeadChoice, b: HeadChoice): boolean => a.head === b.head && a.mlpSize === b.mlpSize;

/** Why a head for `ownLabels` cannot serve `labels`, or undefined if it can. */
function headMismatch(
  labels: readonly string[],
  ownLabels: readonly string[] | undefined,
  headFits: boolean,
): string | undefined {
  if (!headFits) return "the one in the file is of another kind";
  if (!ownLabels) return "its labels are not named in config.json";
  const same = labels.length === ownLabels.length && labels.every((label) => ownLabels.includes(label));
  return same
    ? undefined
    : `the one in the file is for the labels ${ownLabels.slice(0, 6).join(", ")}${ownLabels.length > 6 ? ", …" : ""}`;
}

/** @throws AttuneError where the file's tensor has another shape than config.json makes it */
export function checkShape(
  folder: string,
  parameter: Parameter,
  stored: Map<string, string>,
  weights: WeightFiles,
): void {
  const name = stored.get(parameter.name)!;
  const shape = storedShape(parameter);
  const found = weights.tensors.get(name)!;
  if (`${found.shape}` !== `${shape}`)
    throw new AttuneError(
      "model/shape",
      `${folder}: ${name} has shape [${found.shape.join(", ")}], but config.json makes it [${shape.join(", ")}]; the two do not belong together, get the folder again`,
    );
}

/** As Transformers draws fresh weights: normal, LayerNorm 1, biases 0. */
export function drawWeights(
  { name, kind, draw }: Parameter,
  array: Float32Array,
  seed: number,
  deviation: number,
): void {
  if (kind === "bias" || kind === "layerNormBias") array.fill(0);
  else if (kind === "layerNormWeight") array.fill(1);
  else if (draw) fillCutNormal(array, randomKey(seed, "initialise", name), draw.deviation, draw.cutoff);
  else fillNormal(array, randomKey(seed, "initialise", name), deviation);
}

/** The parameters that have a row for each label. */
export function classifierNames(encoder: Encoder): Set<string> {
  return new Set(
    encoder.linears
      .filter(({ role }) => role === "classifier")
      .flatMap((s) => [s.weight, ...(s.bias === undefined ? [] : [s.bias])]),
  );
}

/** Puts row order[i] at place i. */
export function reorderRows(array: Float32Array, order: readonly number[]): void {
  if (order.every((from, i) => from === i)) return;
  const width = array.length / order.length;
  const before = array.slice();
  for (const [i, from] of order.entries()) array.set(before.subarray(from * width, (from + 1) * width), i * width);
}
