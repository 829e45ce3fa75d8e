/** Options of each method, as one writes them. Made by `npm run options` from the schemas; not to be changed by hand. */

/** No training: train nothing: measure the model as it is. */
export type NoneOptions = Record<never, never>;

/** Full fine-tuning: train every weight of the encoder and the head. */
export interface FullOptions {
  /**
   * Transformer layers, from 0, or top:N for the last N, or top:half for the upper half, or top:auto for as many as
   * short trials on validation ask for.
   * @default all
   */
  readonly layers?: string | number[] | undefined;
}

/** Linear probe: train the head alone, on the outputs of the frozen encoder. */
export type ProbeOptions = Record<never, never>;

/** Prompt tuning: train vectors that stand before the words of every text, and the head. */
export interface PromptOptions {
  /** How many tokens stand before each text. A whole number, at least 1. @default 20 */
  readonly virtualTokens?: number | undefined;
  /** What they begin as: the words of a text, words by chance, or numbers by chance. @default "text" */
  readonly init?: "text" | "vocabulary" | "random" | undefined;
  /** The text to begin with, repeated to length. @default "Classify this text." */
  readonly initText?: string | undefined;
}

/** Prefix tuning: train keys and values that stand before every text in each layer, and the head. */
export interface PrefixOptions {
  /** How many keys and values stand before each text. A whole number, at least 1. @default 20 */
  readonly virtualTokens?: number | undefined;
  /** What they begin as. @default "random" */
  readonly init?: "random" | "zero" | undefined;
  /**
   * Standard deviation of what random begins with. A number, more than 0.
   * @default 1; with the recipe tuned by its rule
   */
  readonly initStd?: number | undefined;
  /** Train a small network that makes them, which is dropped afterwards. @default false */
  readonly projection?: boolean | undefined;
  /** Its inner size. A whole number, at least 1. @default the model's hidden size */
  readonly projectionSize?: number | undefined;
}

/** LoRA: train two thin matrices beside each chosen linear layer, and the head. */
export interface LoraOptions {
  /** Inner size of the two matrices. A whole number, at least 1. @default 8 */
  readonly rank?: number | undefined;
  /** Their product is scaled by alpha / rank. A number, more than 0. @default 16; with the recipe tuned 8 */
  readonly alpha?: number | undefined;
  /** Dropout of what goes into the matrices. A number, at least 0 and less than 1. @default 0 */
  readonly dropout?: number | undefined;
  /**
   * Linear layers that get them: query, key, value, attentionOutput, intermediate, output, pooler, all-linear, or ends
   * of names in the checkpoint.
   * @default ["query","value"]; with the recipe tuned ["all-linear"]
   */
  readonly targets?: string[] | undefined;
  /** Which biases of the encoder are trained too. @default "none" */
  readonly bias?: "none" | "all" | "lora_only" | undefined;
  /** Scale by alpha / √rank, which suits high ranks (arXiv 2312.03732). @default false */
  readonly rslora?: boolean | undefined;
  /** Train the length of each row of a weight apart from its direction (DoRA, arXiv 2402.09353). @default false */
  readonly dora?: boolean | undefined;
  /**
   * Transformer layers, from 0, or top:N for the last N, or top:half for the upper half, or top:auto for as many as
   * short trials on validation ask for.
   * @default all
   */
  readonly layers?: string | number[] | undefined;
  /** Other ranks, by the end of a layer's name in the checkpoint or a regular expression for it. @default {} */
  readonly rankPattern?: Record<string, number> | undefined;
  /** Other alphas, in the same way. @default {} */
  readonly alphaPattern?: Record<string, number> | undefined;
}

/** BitFit: train the biases and the head. */
export interface BitfitOptions {
  /**
   * Transformer layers, from 0, or top:N for the last N, or top:half for the upper half, or top:auto for as many as
   * short trials on validation ask for.
   * @default all
   */
  readonly layers?: string | number[] | undefined;
}

/** IA3: train vectors that scale keys, values and feed-forward inputs in each layer, and the head. */
export interface Ia3Options {
  /**
   * Linear layers that are scaled: query, key, value, attentionOutput, intermediate, output, pooler, all-linear, or
   * ends of names in the checkpoint.
   * @default ["key","value","attentionOutput","output"]
   */
  readonly targets?: string[] | undefined;
  /**
   * Those of them, named in the same way, whose input is scaled and not their output.
   * @default ["attentionOutput","output"]
   */
  readonly feedForward?: string[] | undefined;
  /**
   * Transformer layers, from 0, or top:N for the last N, or top:half for the upper half, or top:auto for as many as
   * short trials on validation ask for.
   * @default all
   */
  readonly layers?: string | number[] | undefined;
}

/** The options of a method by its name. */
export interface OptionsByMethod {
  /** No training: train nothing: measure the model as it is. */
  readonly none: NoneOptions;
  /** Full fine-tuning: train every weight of the encoder and the head. */
  readonly full: FullOptions;
  /** Linear probe: train the head alone, on the outputs of the frozen encoder. */
  readonly probe: ProbeOptions;
  /** Prompt tuning: train vectors that stand before the words of every text, and the head. */
  readonly prompt: PromptOptions;
  /** Prefix tuning: train keys and values that stand before every text in each layer, and the head. */
  readonly prefix: PrefixOptions;
  /** LoRA: train two thin matrices beside each chosen linear layer, and the head. */
  readonly lora: LoraOptions;
  /** BitFit: train the biases and the head. */
  readonly bitfit: BitfitOptions;
  /** IA3: train vectors that scale keys, values and feed-forward inputs in each layer, and the head. */
  readonly ia3: Ia3Options;
}
