/**
 * What a run keeps that left its encoder as it was: the weights it trained or drew, and where the rest stands. The base
 * model is named by path and hash, so that a changed one is noticed.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { writeWholeFolder } from "../base/write-whole.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { HubSource } from "../hub/named-inputs.ts";
import { isPeftAdapter, openPeftAdapter } from "../interop/peft-read.ts";
import type { AdaptedModel } from "../methods/adapt.ts";
import type { Semantics } from "../methods/semantics.ts";
import type { Encoder } from "../models/encoder.ts";
import type { HeadChoice } from "../models/head-choice.ts";
import { HEAD_KEY, modelConfig } from "../pretrained/model-config.ts";
import type { PretrainedModel } from "../pretrained/open-model.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";

const FACTS = "attune_adapter.json";
const WEIGHTS = "adapter.safetensors";

export interface AdapterFacts {
  readonly base: { readonly path: string; readonly sha256: string; readonly hub?: HubSource };
  readonly labels: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[] | undefined;
  /** Longest text in tokens; adapters of older versions do not say. */
  readonly maxLength?: number;
  readonly method: string;
  /** The model's own where it says nothing. */
  readonly head?: HeadChoice;
  /** The method's own options and what else decides its form. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly semantics: Semantics;
}

/** What is read of it. */
const factsShape = z.looseObject({
  base: z.looseObject({
    path: z.string(),
    sha256: z.string(),
    hub: z.looseObject({ repo: z.string(), revision: z.string(), commit: z.string() }).optional(),
  }),
  labels: z.array(z.string()).min(1),
  thresholds: z.array(z.number()).optional(),
  maxLength: z.int().min(2).optional(),
  method: z.string(),
  head: modelConfig.shape[HEAD_KEY],
  options: z.looseObject({}),
  semantics: z.enum(["attune", "peft"]),
});

type Weights = Readonly<Record<string, HostTensor>>;

/** Whether a method leaves weights of the encoder as they are, so that storing them again would be a waste. */
export function leavesEncoder({ encoder, trained }: AdaptedModel): boolean {
  const changed = new Set(trained);
  return encoder.parameters.some((p) => p.part === "encoder" && !changed.has(p));
}

/** Writes the folder whole or not at all. `fresh` are names of parameters that were drawn: the base has none. */
export function writeAdapter(
  folder: string,
  facts: AdapterFacts,
  { encoder, trained, adaptation }: AdaptedModel,
  weights: Weights,
  fresh: ReadonlySet<string>,
): void {
  const arrayOf = (name: string) => weights[name]!.data as Float32Array;
  const finished = adaptation.finish?.(arrayOf);
  const options = finished?.options ?? facts.options;
  const kept = new Set(trained);
  const stored = encoder.parameters.filter(
    (p) => (kept.has(p) || fresh.has(p.name)) && !(finished && p.part === "adapter"),
  );
  const tensors = stored.map(({ name, shape }) => ({ name, shape, data: arrayOf(name) }));
  writeWholeFolder(folder, (partial) => {
    writeFileSync(join(partial, FACTS), `${JSON.stringify({ ...facts, options }, null, 2)}\n`);
    writeSafetensors(join(partial, WEIGHTS), [...tensors, ...(finished?.tensors ?? [])]);
  });
}

/** An adapter of either kind: of a run, or of PEFT. */
export interface Adapter {
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly semantics: Semantics;
  readonly head?: HeadChoice;
  /** PEFT counts them without naming them. */
  readonly labels?: readonly string[];
  readonly thresholds?: readonly number[] | undefined;
  /** Longest text in tokens. */
  readonly maxLength?: number | undefined;
  readonly labelCount: number;
  /** PEFT's says it by a name or path that nobody has checked. */
  readonly base?: AdapterFacts["base"];
  /** Fills what it holds for that encoder and returns the names of that. */
  readInto(encoder: Encoder, weights: (name: string) => Float32Array): Set<string>;
}

/** A run may stand for the adapter in it. */
export function adapterFolder(folder: string): string {
  if (!existsSync(folder)) throw new AttuneError("adapter/missing", `${folder}: there is no such folder`);
  const inRun = join(folder, "adapter");
  return existsSync(join(folder, "run.json")) && existsSync(inRun) ? inRun : folder;
}

export function openAdapter(folder: string): Adapter {
  if (isPeftAdapter(folder)) return openPeftAdapter(folder);
  const hints = { code: "adapter/unreadable", advice: "name the folder of an adapter, or of the run that has it" };
  const facts = readJson(join(folder, FACTS), factsShape, hints) as AdapterFacts;
  return {
    ...facts,
    labelCount: facts.labels.length,
    readInto: (encoder, weights) => readAdapterWeights(folder, encoder, weights),
  };
}

/** Every part of the model must come from its file or from the adapter. */
export function requireWhole(
  path: string,
  { encoder, trained }: AdaptedModel,
  { fresh }: Pick<PretrainedModel, "fresh">,
  filled: ReadonlySet<string>,
): void {
  // What a method adds or changes of the encoder is in every adapter; pooler and classifier may be the model's own.
  const changed = new Set(trained.filter(({ part }) => part === "adapter" || part === "encoder"));
  const missing = encoder.parameters.find((p) => (fresh.has(p.name) || changed.has(p)) && !filled.has(p.name));
  if (!missing) return;
  throw filled.size > 0
    ? new AttuneError("adapter/missing-tensor", `${path}: neither this model nor its adapter holds ${missing.name}`)
    : new AttuneError(
        "model/no-head",
        `${path}: this is not a trained classifier, as its weights lack the ${missing.part}; train it first`,
      );
}

function readAdapterWeights(
  folder: string,
  { parameters }: Encoder,
  weights: (name: string) => Float32Array,
): Set<string> {
  const file = join(folder, WEIGHTS);
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const stored = openSafetensors(file);
  try {
    for (const [name, { shape }] of stored.tensors) {
      if (`${shapes.get(name)}` !== `${shape}`)
        throw new AttuneError("adapter/foreign-tensor", `${file}: this model has no ${name} of shape [${shape}]`);
      stored.readFloat32(name, weights(name));
    }
    return new Set(stored.tensors.keys());
  } finally {
    stored.close();
  }
}
