/** Options of `train` that every method takes, as one writes them. Made by `npm run options` from the schemas; not to be changed by hand. */
import type { DataOptions } from "../tables/data-options.generated.ts";
import type { TextsInMemory } from "../tables/texts-in-memory.ts";

/**
 * Options of `train` that every method takes; those of the method stand beside them. What is out of its bounds, unknown
 * or without effect is an AttuneError that names the option (`options/value`, `options/unknown`, …).
 */
export interface SharedOptions extends DataOptions {
  /**
   * Pretrained encoder: a folder with config.json, model.safetensors and tokenizer.json; or a name on the Hub,
   * org/name; or attune:mini, the small encoder in this package.
   * @default "attune:mini"
   */
  readonly model?: string | undefined;
  /** Branch, tag or commit of a model on the Hub; org/name@revision means the same. @default main */
  readonly revision?: string | undefined;
  /**
   * Labelled texts: CSV, TSV, JSON, JSONL or Parquet files (gzip works; separate several by commas), a folder of them
   * with or without splits, or a name on the Hub, org/name; or texts in memory.
   */
  readonly data: string | TextsInMemory;
  /** Branch, tag or commit of data on the Hub. @default main */
  readonly dataRevision?: string | undefined;
  /** Configuration of a data set that has several. @default the one that the data set names */
  readonly configName?: string | undefined;
  /** Folder to write this run to; it must not exist yet. */
  readonly out: string;
  /** Adapter to continue training: a folder that PEFT wrote, or a run; method and options come from it. */
  readonly adapter?: string | undefined;
  /**
   * What sets the options that are not given. tuned: by rules from method, model and number of texts; own: only the
   * defaults named here.
   * @default tuned, or own where a learning rate is given; docs/recipes.md
   */
  readonly recipe?: "controlled" | "tuned" | "demo" | "own" | undefined;
  /** Train the classifier; false leaves it as it is. @default true */
  readonly trainHead?: boolean | undefined;
  /**
   * Train the pooler even where the method leaves it frozen; a randomly initialized pooler is always trained.
   * @default false
   */
  readonly trainPooler?: boolean | undefined;
  /**
   * How the tokens of a text become one vector; +mlp adds a hidden layer before the classifier; auto tries all of them.
   * @default by the model's files; docs/methods.md
   */
  readonly head?: "pooler" | "pooler+mlp" | "cls" | "cls+mlp" | "mean" | "mean+mlp" | "max" | "max+mlp" | "attention" | "attention+mlp" | "auto" | undefined;
  /** Size of the hidden layer of +mlp. A whole number, at least 1. @default the hidden size of the model */
  readonly mlpSize?: number | undefined;
  /** Dropout before the classifier. A number, at least 0 and less than 1. @default as in the model's config.json */
  readonly headDropout?: number | undefined;
  /** Whose behaviour to follow where Attune and PEFT differ on purpose (docs/methods.md). @default "attune" */
  readonly semantics?: "attune" | "peft" | undefined;
  /** Weights of the labels in the training loss: "balanced", or a JSON file like {"label": 2}. */
  readonly classWeights?: string | undefined;
  /**
   * Share of each training target that is spread evenly over all labels. A number, at least 0 and less than 1.
   * @default 0
   */
  readonly labelSmoothing?: number | undefined;
  /** `oversample`: draw texts of rare labels as often as those of the most frequent one. @default "none" */
  readonly balance?: "none" | "oversample" | undefined;
  /**
   * Train on N texts only, drawn by split seed with the labels' shares; first:N takes the first N; validation and test
   * stay whole.
   */
  readonly limit?: string | number | undefined;
  /** Passes over the training data. A whole number, at least 1. @default by the recipe; with own 3 */
  readonly epochs?: number | undefined;
  /** Texts per batch. A whole number, at least 1. @default by the recipe; with own 16 */
  readonly batchSize?: number | undefined;
  /** Batches per optimizer step. A whole number, at least 1. @default 1 */
  readonly gradientAccumulation?: number | undefined;
  /** Peak learning rate of AdamW. A number, more than 0. @default by the recipe; with own 0.00005 */
  readonly learningRate?: number | undefined;
  /** Learning rate of pooler and classifier. A number, more than 0. @default the learning rate */
  readonly headLearningRate?: number | undefined;
  /** How the learning rate changes after the warm-up. @default by the recipe; with own linear */
  readonly schedule?: "linear" | "cosine" | "constant" | undefined;
  /** Length of the warm-up in steps; below 1, as a share of all steps. A number, at least 0. @default 0 */
  readonly warmup?: number | undefined;
  /** Decoupled weight decay; not applied to biases and LayerNorm. A number, at least 0. @default 0 */
  readonly weightDecay?: number | undefined;
  /** Clip the gradient to this norm; 0 turns clipping off. A number, at least 0. @default 1 */
  readonly maxGradientNorm?: number | undefined;
  /** Decay of AdamW's first moment. A number, at least 0 and less than 1. @default 0.9 */
  readonly beta1?: number | undefined;
  /** Decay of AdamW's second moment. A number, at least 0 and less than 1. @default 0.999 */
  readonly beta2?: number | undefined;
  /** AdamW's epsilon. A number, more than 0. @default 1e-8 */
  readonly epsilon?: number | undefined;
  /**
   * Maximum length of a text in tokens; longer texts are cut. A whole number, at least 2.
   * @default as the model's files say, or as many as it has positions
   */
  readonly maxLength?: number | undefined;
  /** Validation metric that chooses the best epoch. @default by the recipe; with own loss */
  readonly bestMetric?: "loss" | "accuracy" | "f1" | undefined;
  /**
   * Stop after N epochs without improvement; 0 means never. A whole number, at least 0.
   * @default by the recipe; with own 0
   */
  readonly earlyStopping?: number | undefined;
  /**
   * `int8`: products with weights that are not trained in 8 bits, forward and backward; faster, in less memory, and
   * with results that differ a little; int8-all: those with trained weights too, except for gradients of weights
   * (docs/methods.md).
   * @default "float32"
   */
  readonly precision?: "float32" | "int8" | "int8-all" | undefined;
  /** Stop where int8 changes more than it may, instead of training in float32. @default false */
  readonly strict?: boolean | undefined;
  /** Seed of all random numbers. A whole number, at least 0 and at most 4294967295. @default 42 */
  readonly seed?: number | undefined;
  /** Seed of splits that Attune makes. A whole number, at least 0 and at most 4294967295. @default the seed */
  readonly splitSeed?: number | undefined;
  /**
   * Threads of the engine, at most as many as the machine has. A whole number, at least 1.
   * @default all that the machine has
   */
  readonly threads?: number | undefined;
  /**
   * `any`: all threads compute, and the last digits may depend on their number; same: results do not depend on it, and
   * programs take no more threads than that allows (4 at hidden size 384).
   * @default "any"
   */
  readonly bits?: "any" | "same" | undefined;
  /**
   * Memory for frozen features, which are computed once for each text; more goes to a temporary file. A number, at
   * least 0.
   * @default 2048
   */
  readonly frozenFeatureMegabytes?: number | undefined;
  /** Minutes between checkpoints within an epoch. A number, more than 0. @default 10 */
  readonly checkpointMinutes?: number | undefined;
}
