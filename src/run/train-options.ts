/** The options of a training run: described once, for the command line, config files and TypeScript alike. */
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { threadCount, usableThreads } from "../base/thread-count.ts";
import { bitsNames } from "../engine/reproducible-threads.ts";
import { MINI } from "../hub/included.ts";
import { pinned } from "../hub/named-inputs.ts";
import { type ChosenMethod, chosenFrom } from "../methods/chosen-method.ts";
import {
  knownMethodNames,
  type MethodChoice,
  methodNames,
  methodOf,
  type OwnMethodChoice,
} from "../methods/registry.ts";
import { semanticsNames } from "../methods/semantics.ts";
import { headNames } from "../models/head-choice.ts";
import { limitOption } from "../tables/limit-train.ts";
import { DATA, dataOptions } from "../tables/table-options.ts";
import { balanceNames, bestMetrics } from "../train/loop-options.ts";
import { trainPrecisionNames } from "../train/precision.ts";
import { scheduleNames } from "../train/schedule.ts";
import { adapterFolder, openAdapter } from "./adapter.ts";
import { recipeChoices } from "./recipes.ts";
import type { SharedOptions } from "./shared-options.generated.ts";

const count = () => z.number().int().positive();
const seed = () =>
  z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1);
const path = () => z.string().min(1);

/** The options of `train` that every method takes; keys without a default must be given. */
export const trainOptions = z.strictObject({
  model: path()
    .default(MINI)
    .describe(
      "pretrained encoder: a folder with config.json, model.safetensors and tokenizer.json; or a name on the Hub, org/name; or attune:mini, the small encoder in this package",
    ),
  revision: path()
    .optional()
    .describe("branch, tag or commit of a model on the Hub; org/name@revision means the same (default: main)"),
  data: path().describe(DATA),
  dataRevision: path().optional().describe("branch, tag or commit of data on the Hub (default: main)"),
  configName: path()
    .optional()
    .describe("configuration of a data set that has several (default: the one that the data set names)"),
  out: path().describe("folder to write this run to; it must not exist yet"),
  adapter: path()
    .optional()
    .describe("adapter to continue training: a folder that PEFT wrote, or a run; method and options come from it"),
  method: z.enum(methodNames).default("full").describe("fine-tuning method; attune methods explains each"),
  recipe: z
    .enum(recipeChoices)
    .optional()
    .describe(
      "what sets the options that are not given. tuned: by rules from method, model and number of texts; own: only the defaults named here (default: tuned, or own where a learning rate is given; docs/recipes.md)",
    ),
  trainHead: z.boolean().default(true).describe("train the classifier; false leaves it as it is"),
  trainPooler: z
    .boolean()
    .default(false)
    .describe(
      "train the pooler even where the method leaves it frozen; a randomly initialized pooler is always trained",
    ),
  head: z
    .enum([...headNames, "auto"])
    .optional()
    .describe(
      "how the tokens of a text become one vector; +mlp adds a hidden layer before the classifier; auto tries all of them (default: by the model's files; docs/methods.md)",
    ),
  mlpSize: count().optional().describe("size of the hidden layer of +mlp (default: the hidden size of the model)"),
  headDropout: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("dropout before the classifier (default: as in the model's config.json)"),
  semantics: z
    .enum(semanticsNames)
    .default("attune")
    .describe("whose behaviour to follow where Attune and PEFT differ on purpose (docs/methods.md)"),
  ...dataOptions.shape,
  classWeights: path()
    .optional()
    .describe('weights of the labels in the training loss: "balanced", or a JSON file like {"label": 2}'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("share of each training target that is spread evenly over all labels"),
  balance: z
    .enum(balanceNames)
    .default("none")
    .describe("oversample: draw texts of rare labels as often as those of the most frequent one"),
  limit: limitOption()
    .optional()
    .describe(
      "train on N texts only, drawn by split seed with the labels' shares; first:N takes the first N; validation and test stay whole",
    ),
  epochs: count().default(3).describe("passes over the training data"),
  batchSize: count().default(16).describe("texts per batch"),
  gradientAccumulation: count().default(1).describe("batches per optimizer step"),
  learningRate: z.number().positive().default(5e-5).describe("peak learning rate of AdamW"),
  headLearningRate: z
    .number()
    .positive()
    .optional()
    .describe("learning rate of pooler and classifier (default: the learning rate)"),
  schedule: z.enum(scheduleNames).default("linear").describe("how the learning rate changes after the warm-up"),
  warmup: z.number().min(0).default(0).describe("length of the warm-up in steps; below 1, as a share of all steps"),
  weightDecay: z.number().min(0).default(0).describe("decoupled weight decay; not applied to biases and LayerNorm"),
  maxGradientNorm: z.number().min(0).default(1).describe("clip the gradient to this norm; 0 turns clipping off"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("decay of AdamW's first moment"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of AdamW's second moment"),
  epsilon: z.number().positive().default(1e-8).describe("AdamW's epsilon"),
  maxLength: count()
    .min(2)
    .optional()
    .describe(
      "maximum length of a text in tokens; longer texts are cut (default: as the model's files say, or as many as it has positions)",
    ),
  bestMetric: z.enum(bestMetrics).default("loss").describe("validation metric that chooses the best epoch"),
  earlyStopping: z.number().int().min(0).default(0).describe("stop after N epochs without improvement; 0 means never"),
  precision: z
    .enum(trainPrecisionNames)
    .default("float32")
    .describe(
      "int8: products with weights that are not trained in 8 bits, forward and backward; faster, in less memory, and with results that differ a little; int8-all: those with trained weights too, except for gradients of weights (docs/methods.md)",
    ),
  strict: z
    .boolean()
    .default(false)
    .describe("stop where int8 changes more than it may, instead of training in float32"),
  seed: seed().default(42).describe("seed of all random numbers"),
  splitSeed: seed().optional().describe("seed of splits that Attune makes (default: the seed)"),
  threads: threadCount()
    .default(() => usableThreads())
    .describe("threads of the engine, at most as many as the machine has"),
  bits: z
    .enum(bitsNames)
    .default("any")
    .describe(
      "any: all threads compute, and the last digits may depend on their number; same: results do not depend on it, and programs take no more threads than that allows (4 at hidden size 384)",
    ),
  frozenFeatureMegabytes: z
    .number()
    .min(0)
    .default(2048)
    .describe("memory for frozen features, which are computed once for each text; more goes to a temporary file"),
  checkpointMinutes: z.number().positive().default(10).describe("minutes between checkpoints within an epoch"),
});

type DefaultMethodChoice = Omit<Extract<MethodChoice, { method: "full" }>, "method"> & { readonly method?: "full" };

/** Options as one writes them: the shared ones and those of the chosen method. */
export type TrainOptions = SharedOptions & (MethodChoice | DefaultMethodChoice | OwnMethodChoice);
/** Options after all defaults; those of the method stand among them, and `methodOfRun` says which these are. */
export type ResolvedTrainOptions = Omit<z.output<typeof trainOptions>, "method"> & { readonly method: string };

/** The method of a run, with options that have been checked. */
export const methodOfRun = (options: ResolvedTrainOptions): ChosenMethod => chosenFrom(options.method, options);

/**
 * Checks options and fills in defaults.
 *
 * @throws AttuneError that names the option, what is wrong and what would be right
 */
export function resolveOptions(options: unknown, spell: Spell = (key) => key): ResolvedTrainOptions {
  if (typeof options !== "object" || options === null)
    throw new AttuneError("options/value", "options must be an object like { model, data, out }");
  const given = withAdapter(options, spell);
  const names = knownMethodNames();
  // Registered methods are as good as those that come with Attune.
  const { method: schema } = trainOptions.shape;
  const anyMethod = z.enum(names).default("full").describe(schema.description!);
  const method = anyMethod.safeParse(given.method);
  const own = method.success ? methodOf(method.data).options.shape : {};
  const doubled = Object.keys(own).find((key) => Object.hasOwn(trainOptions.shape, key));
  if (doubled !== undefined)
    throw new AttuneError(
      "methods/option",
      `the method "${method.data}" has an option ${doubled}, which is one of train's own; call it something else`,
    );
  const shape = { ...trainOptions.shape, method: anyMethod, ...own };
  const foreign = (key: string): AttuneError | undefined => {
    const owners = names.filter((name) => Object.hasOwn(methodOf(name).options.shape, key));
    if (owners.length === 0) return undefined;
    const message = `${spell(key)} is an option of ${listOf(owners, "and")}; the method here is "${method.data}"`;
    return new AttuneError("options/foreign", message);
  };
  // A wrong method explains every option that then has no place. The shape is that of the shared options and more.
  return checkOptions(shape, given, spell, { first: "method", foreign }) as ResolvedTrainOptions;
}

/** An adapter decides its method and form, with which what is given besides must agree, and says its base. */
export function withAdapter(asGiven: object, spell: Spell = (key) => key): Readonly<Record<string, unknown>> {
  const given = asGiven as Readonly<Record<string, unknown>>;
  if (typeof given.adapter !== "string") return given;
  const { method, options, semantics, head, base, maxLength } = openAdapter(adapterFolder(given.adapter));
  if (given.model === undefined && !base)
    throw new AttuneError(
      "options/missing",
      `the option ${spell("model")} is missing: the model that the adapter ${given.adapter} is for, which it does not say surely`,
    );
  const own = { method, semantics, ...head, ...options };
  for (const [key, value] of Object.entries(own))
    if (given[key] !== undefined && JSON.stringify(given[key]) !== JSON.stringify(value))
      throw new AttuneError(
        "options/adapter",
        `${spell(key)} cannot be ${JSON.stringify(given[key])}: in the adapter ${given.adapter} it is ${JSON.stringify(value)}`,
      );
  // What is given counts, since the base may have moved.
  return {
    ...own,
    ...(base && maxLength !== undefined && { maxLength }),
    ...(base && { model: base.hub ? pinned(base.hub) : base.path }),
    ...given,
  };
}
