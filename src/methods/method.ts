/** The contract of a fine-tuning method. Shared code asks a method for facts and never which method it is. */
import type { z } from "zod";
import type { VirtualTokens } from "../models/batch.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import type { HeadName } from "../models/head-choice.ts";
import type { Scope } from "../models/scope.ts";
import type { TensorToWrite } from "../weights/safetensors.ts";
import type { PeftForm } from "./peft-form.ts";
import type { RecipeEntry } from "./recipe-entry.ts";
import type { Semantics } from "./semantics.ts";

export interface Paper {
  readonly title: string;
  readonly url: string;
}

/** One way of fine-tuning. Everything that anyone needs to know about it is declared here. */
export interface Method<Options extends z.ZodObject = z.ZodObject> {
  /** What people call it, for tables and headings. */
  readonly title: string;
  /** The same with a head that changes what it is. @default title */
  readonly titleWith?: (head: HeadName | "auto") => string;
  /** One sentence for `--help` and reports. */
  readonly summary: string;
  /** How it works, in three sentences, for reports. */
  readonly about: string;
  /** Why one would choose it, in one sentence. */
  readonly chooseWhen: string;
  readonly paper?: Paper;
  /** It trains everything, so that comparisons hold the others against it. */
  readonly isReference?: boolean;
  /** It trains nothing, so that no learning rate matters. */
  readonly trainsNothing?: boolean;
  /** Its option `rank` says how much it trains: studies try several and choose one on validation. */
  readonly hasRank?: boolean;
  /** Its own options, each with default, bounds and description; the command line and config files read them. */
  readonly options: Options;
  /** What recipes give it beside what they give every method, by the recipe's name. */
  readonly recipes?: Readonly<Record<string, RecipeEntry>>;
  /** How PEFT has it; absent where PEFT has nothing like it. */
  readonly peft?: PeftForm<z.output<Options>>;
  /** What it does to a model. */
  adapt(encoder: Encoder, options: z.output<Options>, context: MethodContext): Adaptation;
}

/**
 * Gives a method the type of its own options.
 *
 * @example
 * const mine = defineMethod({ title: "Mine", …, options: z.strictObject({ rate: z.number().default(1) }), adapt: … });
 */
export function defineMethod<Options extends z.ZodObject>(method: Method<Options>): Method<Options> {
  return method;
}

/** What a method must know besides its own options: what is to be trained outside of the encoder, and in whose way. */
export interface MethodContext {
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

/**
 * The rule that most methods follow outside of the encoder: the classifier is trained, and the pooler only where it was
 * drawn, since a random layer that stays random is of no use.
 */
export function trainsHead({ name, part }: Parameter, { trainHead, trainPooler, fresh }: MethodContext): boolean {
  if (part === "classifier") return trainHead;
  return part === "pooler" && (trainPooler || fresh.has(name));
}
