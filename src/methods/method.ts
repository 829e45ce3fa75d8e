/** The contract of a fine-tuning method. Shared code asks a method for facts and never which method it is. */
import type { z } from "zod";
import { AttuneError } from "../base/error.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import type { VirtualTokens } from "../models/packed-batch.ts";
import type { Scope } from "../models/scope.ts";
import type { TensorToWrite } from "../weights/safetensors.ts";
import type { PeftForm } from "./peft-form.ts";
import type { Semantics } from "./semantics.ts";

export interface Paper {
  readonly title: string;
  readonly url: string;
}

/** One way of fine-tuning. Everything that anyone needs to know about it is declared here. */
export interface Method<Options extends z.ZodObject = z.ZodObject> {
  /** What people call it, for tables and headings. */
  readonly title: string;
  /** One sentence for `--help` and reports. */
  readonly summary: string;
  /** How it works, in three sentences, for reports. */
  readonly about: string;
  /** Why one would choose it, in one sentence. */
  readonly chooseWhen: string;
  readonly paper?: Paper;
  /** Its own options, each with default, bounds and description; the command line and config files read them. */
  readonly options: Options;
  /** How PEFT has it; absent where PEFT has nothing like it. */
  readonly peft?: PeftForm<z.output<Options>>;
  /** What it does to a model. */
  adapt(encoder: Encoder, options: z.output<Options>, setting: Setting): Adaptation;
}

/** Gives a method the type of its own options. */
export function defineMethod<Options extends z.ZodObject>(method: Method<Options>): Method<Options> {
  return method;
}

/** What a method must know besides its own options. */
export interface Setting {
  readonly semantics: Semantics;
  readonly trainHead: boolean;
  readonly trainPooler: boolean;
  /** Names of the model's parameters that were not in its file and are drawn. */
  readonly fresh: ReadonlySet<string>;
}

/** A method at work on one model. */
export interface Adaptation {
  /** Which of the model's own parameters training changes. */
  trains(parameter: Parameter): boolean;
  /** Parameters that the model does not have by itself; all of them are trained. */
  readonly added?: readonly AddedParameter[];
  /** What a forward pass reaches, changed. */
  wrap?(scope: Scope): Scope;
  /** Room that it takes before the tokens of a text. */
  readonly virtual?: VirtualTokens;
  /** Moves what was added into the model's own weights, or with `sign` -1 out again; absent where that is impossible. */
  merge?(weights: (name: string) => Float32Array, sign: 1 | -1): void;
  /** What is kept of it after training; absent where it is kept as it was trained. */
  finish?(weights: (name: string) => Float32Array): Finished;
}

/** An adaptation in the form in which it is kept. */
export interface Finished {
  /** Options of the method that lead to this form. */
  readonly options: object;
  /** What was added, in this form. */
  readonly tensors: readonly TensorToWrite[];
}

export interface AddedParameter extends Parameter {
  readonly part: "adapter";
  /** Fills the array with what training begins with. */
  start(array: Float32Array, from: Start): void;
}

/** What a start may be made from. */
export interface Start {
  readonly seed: number;
  /** The model's own weights, which are there already. */
  weights(name: string): Float32Array;
  /** Token ids of a text, [CLS] and [SEP] included. */
  tokenize(text: string): Int32Array;
}

/** The keys of adapter_config.json that all of PEFT's prompt methods share. */
export const peftSizes = ({ heads, layers, hiddenSize }: Encoder, virtualTokens: number) => ({
  num_attention_heads: heads,
  num_layers: layers,
  num_transformer_submodules: 1,
  num_virtual_tokens: virtualTokens,
  token_dim: hiddenSize,
});

/** A model has a fixed number of positions, and at least [CLS] and [SEP] must find room beside virtual tokens. */
export function requireRoom({ maxPositions }: Encoder, virtualTokens: number): void {
  if (virtualTokens > maxPositions - 2)
    throw new AttuneError(
      "options/virtual-tokens",
      `--virtual-tokens cannot be ${virtualTokens}: the model has ${maxPositions} positions`,
    );
}

/**
 * The rule that most methods follow outside of the encoder: the classifier is trained, and the pooler only where it was
 * drawn, since a random layer that stays random is of no use.
 */
export function trainsHead({ name, part }: Parameter, { trainHead, trainPooler, fresh }: Setting): boolean {
  if (part === "classifier") return trainHead;
  return part === "pooler" && (trainPooler || fresh.has(name));
}
