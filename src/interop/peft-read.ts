/** Reads adapters that PEFT wrote, in Attune's terms. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { knownMethodNames, methodOf } from "../methods/registry.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { denseModule } from "../models/head-choice.ts";
import { knownHeads } from "../models/registry.ts";
import { modelMaxLength } from "../tokens/tokenizer-files.ts";
import { openPytorchBin } from "../weights/pytorch-bin.ts";
import { openSafetensors, type WeightFiles } from "../weights/safetensors.ts";
import { CONFIG, HEAD_MODULES, LABELS, PICKLED_WEIGHTS, WEIGHTS } from "./peft-files.ts";

/** An adapter that PEFT wrote, in Attune's terms. */
export interface PeftAdapter {
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** As PEFT computes it. */
  readonly semantics: "peft";
  readonly labelCount: number;
  readonly labels?: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[];
  /** Longest text in tokens, where a tokenizer lies beside it. */
  readonly maxLength?: number | undefined;
  /** Fills what the adapter holds, which must be what its config promises; returns the names of what it filled. */
  readInto(encoder: Encoder, weights: (name: string) => Float32Array): Set<string>;
}

export const isPeftAdapter = (folder: string): boolean => existsSync(join(folder, CONFIG));

/** Keys that say nothing about what the adapter computes. */
const NEUTRAL = ["auto_mapping", "base_model_name_or_path", "inference_mode", "peft_type", "peft_version", "revision"];

/** @throws AttuneError that names what is not supported; nothing is loaded by halves */
export function openPeftAdapter(folder: string): PeftAdapter {
  const file = join(folder, CONFIG);
  const config = readJson(file, configShape, HINTS);
  const refuse = (what: string): never => {
    throw new AttuneError("adapter/unsupported", `${file}: ${what} is not supported, so this adapter cannot be used`);
  };
  const forms = knownMethodNames().flatMap((name) => ({ name, peft: methodOf(name).peft }));
  const method = forms.find(({ peft }) => peft?.type === config.peft_type);
  if (!method?.peft) {
    const types = forms.flatMap(({ peft }) => peft?.type ?? []);
    return refuse(`peft_type ${JSON.stringify(config.peft_type)} (there are ${listOf(types, "and")})`);
  }
  if (config.task_type !== "SEQ_CLS" && config.task_type != null) refuse(`task_type "${config.task_type}"`);
  const { modules_to_save: modules, task_type: _, ...rest } = config;
  const { understood, ignored, unreadable, read, holds } = method.peft;
  const impossible = unreadable?.(config);
  if (impossible) refuse(impossible);
  const heads = knownHeads();
  const headModules = [...HEAD_MODULES, ...heads.map(denseModule)];
  for (const module of modules ?? [])
    if (!headModules.includes(module.replace(/^.*\./, ""))) refuse(`"${module}" in modules_to_save`);
  const known = new Set([...NEUTRAL, ...understood, ...ignored]);
  for (const [key, value] of Object.entries(rest)) if (!known.has(key) && !isEmpty(value)) refuse(key);

  const stored = namesOf(folder);
  const labels = join(folder, LABELS);
  const head = heads.map(({ classifier }) => stored.shapes.get(`${classifier}.weight`)).find((shape) => shape);
  if (!head) throw new AttuneError("adapter/no-head", `${weightsOf(folder)}: there is no classifier.weight in it`);
  return {
    method: method.name,
    options: read(config, [...stored.shapes.keys()]),
    semantics: "peft",
    labelCount: head[0]!,
    ...(existsSync(labels) && ownLabels(labels)),
    // PEFT's own tools save the tokenizer beside an adapter.
    maxLength: modelMaxLength(folder),
    readInto: (encoder, weights) => {
      const own = holds(encoder, config);
      requireNoMore(folder, stored, encoder, own);
      const pooler = denseModule(encoder.classificationHead);
      const savesPooler = (modules ?? []).some((module) => `.${module}`.endsWith(`.${pooler}`));
      const isSaved = ({ part }: Parameter) => part === "classifier" || (part === "pooler" && savesPooler);
      const saved = encoder.parameters.filter(isSaved).map(({ name }) => name);
      requireAll(folder, stored, [...saved, ...own]);
      const tensors = openAdapterWeights(folder);
      try {
        for (const [name, storedName] of stored.names) tensors.readFloat32(storedName, weights(name));
        return new Set(stored.names.keys());
      } finally {
        tensors.close();
      }
    },
  };
}

/** Every tensor must have its place, in its shape; what the method added must be what the config asks for. */
function requireNoMore(
  folder: string,
  { names, shapes }: Stored,
  { parameters }: Encoder,
  own: readonly string[],
): void {
  const places = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const refuse = (code: string, what: string) => new AttuneError(code, `${weightsOf(folder)}: ${what}`);
  for (const [name, storedName] of names) {
    const place = places.get(name);
    if (!place) throw refuse("adapter/foreign-tensor", `this base model has no place for ${storedName}`);
    if (`${place.shape}` !== `${shapes.get(name)}`)
      throw refuse("adapter/shape", `${storedName} has shape [${shapes.get(name)}], but its place [${place.shape}]`);
    if (place.part === "adapter" && !own.includes(name))
      throw refuse("adapter/foreign-tensor", `there is ${storedName}, but ${CONFIG} does not select that layer`);
  }
}

function requireAll(folder: string, { names }: Stored, needed: readonly string[]): void {
  const missing = needed.filter((name) => !names.has(name));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
  throw new AttuneError(
    "adapter/missing-tensor",
    `${weightsOf(folder)}: it lacks ${missing[0]}${more}, which ${CONFIG} asks for; get the adapter again`,
  );
}

const HINTS = { code: "adapter/config", advice: "get the adapter again" };
const texts = z.array(z.string());

/** Of adapter_config.json, what methods have in common; each method checks its own. */
const modulesShape = z.union([z.string(), texts]).nullish();
const configShape = z.looseObject({
  peft_type: z.string(),
  task_type: z.string().nullish(),
  modules_to_save: texts.nullish(),
  // A pattern, or a list of names or their ends.
  target_modules: modulesShape,
  exclude_modules: modulesShape,
  feedforward_modules: modulesShape,
});

const labelsShape = z.union([texts, z.looseObject({ labels: texts, thresholds: z.array(z.number()) })], {
  error: "it must be a list of labels, or an object with labels and thresholds",
});

/** PEFT has no place for them, so they stand in a file of ours: a list, or with thresholds an object. */
function ownLabels(file: string): Pick<PeftAdapter, "labels" | "thresholds"> {
  const value = readJson(file, labelsShape, HINTS);
  return Array.isArray(value) ? { labels: value } : value;
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === false || (typeof value === "object" && Object.keys(value).length === 0);

interface Stored {
  /** Names in the file, by those that Attune has. */
  readonly names: ReadonlyMap<string, string>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** The file of an adapter's weights, in whichever of PEFT's two forms it is there. */
function weightsOf(folder: string): string {
  const [file, pickled] = [join(folder, WEIGHTS), join(folder, PICKLED_WEIGHTS)];
  return !existsSync(file) && existsSync(pickled) ? pickled : file;
}

function openAdapterWeights(folder: string): WeightFiles {
  const file = weightsOf(folder);
  return file.endsWith(PICKLED_WEIGHTS)
    ? openPytorchBin(file, "AutoPeftModelForSequenceClassification.from_pretrained(folder).save_pretrained(folder)")
    : openSafetensors(file);
}

function namesOf(folder: string): Stored {
  const file = openAdapterWeights(folder);
  const names = new Map<string, string>();
  const shapes = new Map<string, readonly number[]>();
  for (const [stored, { shape }] of file.tensors) {
    // With bias=all, PEFT stores the head's bias three times; the plain name is the trained one.
    if (/\.(modules_to_save|original_module)\./.test(stored)) continue;
    const name = stored.replace(/^base_model\.(model\.)?/, "").replace(".base_layer.", ".");
    names.set(name, stored);
    shapes.set(name, shape);
  }
  file.close();
  return { names, shapes };
}
