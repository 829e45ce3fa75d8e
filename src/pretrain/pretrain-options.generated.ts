/** Options of `pretrain`, as one writes them. Made by `npm run options` from the schemas; not to be changed by hand. */

/**
 * Options of `pretrain`. What is out of its bounds, unknown or without effect is an AttuneError that names the option
 * (`options/value`, `options/unknown`, …).
 */
export interface PretrainOptions {
  /**
   * Text: .txt or .md files or their folder, or a table or a data set (its training split), or its name on the Hub,
   * org/name.
   */
  readonly data: string;
  /** Configuration of a data set that has several. @default the one that the data set names */
  readonly configName?: string | undefined;
  /** Folder to write this run to; it must not exist yet. */
  readonly out: string;
  /** Pretrained encoder to continue from: a folder, or a name on the Hub, org/name@revision. */
  readonly from?: string | undefined;
  /** Start with a new model, and a vocabulary learned from the text. @default false */
  readonly new?: boolean | undefined;
  /** Family of a new model. @default "bert" */
  readonly family?: "bert" | "modernbert" | "deberta-v2" | undefined;
  /** Number of transformer layers of a new model. A whole number, at least 1. @default 4 */
  readonly layers?: number | undefined;
  /** Hidden size of a new model. A whole number, at least 1. @default 256 */
  readonly hidden?: number | undefined;
  /** Number of attention heads of a new model. A whole number, at least 1. @default 4 */
  readonly heads?: number | undefined;
  /**
   * Feed-forward size of a new model. A whole number, at least 1.
   * @default 4 times the hidden size, of ModernBERT 1.5 times
   */
  readonly intermediate?: number | undefined;
  /** Number of positions of a new model: its longest text in tokens. A whole number, at least 8. @default 512 */
  readonly positions?: number | undefined;
  /** Size of the vocabulary of a new model, in word pieces. A whole number, at least 32. @default 8192 */
  readonly vocab?: number | undefined;
  /** Column of the text, in tables. @default "text" */
  readonly text?: string | undefined;
  /**
   * Length of a training passage in tokens. A whole number, at least 8.
   * @default 128, or as the model takes, if that is less
   */
  readonly maxLength?: number | undefined;
  /**
   * Share of the tokens that are masked and have to be predicted. A number, more than 0 and less than 1.
   * @default 0.15
   */
  readonly maskShare?: number | undefined;
  /** Mask all pieces of a word together. @default false */
  readonly wholeWords?: boolean | undefined;
  /**
   * Folder of a sentence encoder, or its name on the Hub, whose text embeddings (mean over tokens) the new model learns
   * as well.
   */
  readonly teacher?: string | undefined;
  /** Weight of the distance from the teacher's embeddings. A number, more than 0. @default 1 */
  readonly teacherWeight?: number | undefined;
  /** Share of the text that is held out to measure the loss on. A number, more than 0 and less than 1. @default 0.02 */
  readonly heldOut?: number | undefined;
  /** Number of measurements on the held-out text, evenly spaced. A whole number, at least 1. @default 10 */
  readonly evaluations?: number | undefined;
  /** Passes over the text; fractions work. A number, more than 0. @default 10 */
  readonly epochs?: number | undefined;
  /** Passages per step. A whole number, at least 1. @default 32 */
  readonly batchSize?: number | undefined;
  /** Peak learning rate of AdamW. A number, more than 0. @default 0.0005 */
  readonly learningRate?: number | undefined;
  /** How the learning rate changes after the warm-up. @default "linear" */
  readonly schedule?: "linear" | "cosine" | "constant" | undefined;
  /** Length of the warm-up in steps; below 1, as a share of all steps. A number, at least 0. @default 0.06 */
  readonly warmup?: number | undefined;
  /** Decoupled weight decay; not applied to biases and LayerNorm. A number, at least 0. @default 0.01 */
  readonly weightDecay?: number | undefined;
  /** Clip the gradient to this norm; 0 turns clipping off. A number, at least 0. @default 1 */
  readonly maxGradientNorm?: number | undefined;
  /** Decay of AdamW's first moment. A number, at least 0 and less than 1. @default 0.9 */
  readonly beta1?: number | undefined;
  /** Decay of AdamW's second moment. A number, at least 0 and less than 1. @default 0.999 */
  readonly beta2?: number | undefined;
  /** AdamW's epsilon. A number, more than 0. @default 1e-8 */
  readonly epsilon?: number | undefined;
  /** Write the model's weights in half precision. @default false */
  readonly float16?: boolean | undefined;
  /** Seed of all random numbers. A whole number, at least 0 and at most 4294967295. @default 42 */
  readonly seed?: number | undefined;
  /**
   * Threads of the engine, at most as many as the machine has. A whole number, at least 1.
   * @default all that the machine has
   */
  readonly threads?: number | undefined;
  /**
   * `any`: the last digits may depend on the number of threads; same: they do not (docs/performance.md).
   * @default "any"
   */
  readonly bits?: "any" | "same" | undefined;
  /** Minutes between checkpoints. A number, more than 0. @default 10 */
  readonly checkpointMinutes?: number | undefined;
}
