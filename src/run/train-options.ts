/** The options of a training run: described once, for the command line, config files and TypeScript alike. */
import { availableParallelism } from "node:os";
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import { AttuneError, listOf } from "../base/error.ts";
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
import { DATA, dataOptions } from "../tables/table-options.ts";
import { balanceNames, bestMetrics } from "../train/loop-options.ts";
import { scheduleNames } from "../train/schedule.ts";
import { adapterFolder, openAdapter } from "./adapter.ts";

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
      "folder of a pretrained encoder: config.json, model.safetensors, tokenizer.json; or its name on the Hub, org/name; or the small one of Attune",
    ),
  revision: path()
    .optional()
    .describe("branch, tag or commit of a model on the Hub; also org/name@revision (default: main)"),
  data: path().describe(DATA),
  dataRevision: path().optional().describe("the same for data on the Hub"),
  configName: path().optional().describe("configuration of the data, where they have several (default: theirs)"),
  out: path().describe("folder of this run; it must not exist yet"),
  adapter: path()
    .optional()
    .describe("adapter to go on training, of a run or of PEFT; it brings its method and options"),
  method: z.enum(methodNames).default("full").describe("how to fine-tune"),
  trainHead: z.boolean().default(true).describe("whether the classifier is trained, where the method trains anything"),
  trainPooler: z
    .boolean()
    .default(false)
    .describe("train the pooler also where the method would not; one that was drawn fresh is always trained"),
  head: z
    .enum([...headNames, "auto"])
    .optional()
    .describe(
      "how a text becomes one vector, and with +mlp a hidden layer before the classifier; auto tries all (default: the model's)",
    ),
  mlpSize: count().optional().describe("size of that hidden layer (default: the model's hidden size)"),
  headDropout: z.number().min(0).lt(1).optional().describe("dropout before the classifier (default: the model's)"),
  semantics: z.enum(semanticsNames).default("attune").describe("where Attune and PEFT differ on purpose: whose way"),
  ...dataOptions.shape,
  classWeights: path()
    .optional()
    .describe('how much labels count in the training loss: "balanced", or a JSON file like {"label": 2}'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("share of each training target that is spread over all labels"),
  balance: z.enum(balanceNames).default("none").describe("oversample: draw texts of rare labels as often as others"),
  limit: count().optional().describe("train on the first N training rows only; validation and test stay whole"),
  epochs: count().default(3).describe("passes over the training data"),
  batchSize: count().default(16).describe("texts per batch"),
  gradientAccumulation: count().default(1).describe("batches per optimizer step"),
  learningRate: z.number().positive().default(5e-5).describe("highest learning rate of AdamW"),
  headLearningRate: z
    .number()
    .positive()
    .optional()
    .describe("learning rate of pooler and classifier (default: the same)"),
  schedule: z.enum(scheduleNames).default("linear").describe("how the learning rate changes after the warm-up"),
  warmup: z.number().min(0).default(0).describe("warm-up: steps, or a share of all steps if below 1"),
  weightDecay: z.number().min(0).default(0).describe("decoupled weight decay; biases and LayerNorm are left out"),
  maxGradientNorm: z.number().min(0).default(1).describe("clip the gradient to this norm; 0 turns clipping off"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("decay of AdamW's first moment"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of AdamW's second moment"),
  epsilon: z.number().positive().default(1e-8).describe("AdamW's epsilon"),
  maxLength: count()
    .min(2)
    .optional()
    .describe("longest text in tokens; longer ones are cut (default: the model's positions)"),
  bestMetric: z.enum(bestMetrics).default("loss").describe("validation metric that chooses the best epoch"),
  earlyStopping: z.number().int().min(0).default(0).describe("stop after N epochs without a better one; 0 never"),
  seed: seed().default(42).describe("seed of everything that is drawn"),
  splitSeed: seed().optional().describe("seed of splits that have to be made (default: the seed)"),
  threads: count()
    .default(() => availableParallelism())
    .describe("threads of the engine; the result does not depend on it"),
  frozenFeatureMegabytes: z
    .number()
    .min(0)
    .default(2048)
    .describe("memory for frozen features, which are computed once per text; more than that goes to a file"),
  checkpointMinutes: z.number().positive().default(10).describe("minutes between checkpoints within an epoch"),
});

type DefaultMethodChoice = Omit<Extract<MethodChoice, { method: "full" }>, "method"> & { readonly method?: "full" };

/** Options as one writes them: the shared ones and those of the chosen method. */
export type TrainOptions = Omit<z.input<typeof trainOptions>, "method"> &
  (MethodChoice | DefaultMethodChoice | OwnMethodChoice);
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
  const given = withAdapter(options as Readonly<Record<string, unknown>>, spell);
  const names = knownMethodNames();
  // Registered methods are as good as those that come with Attune.
  const { method: schema } = trainOptions.shape;
  const anyMethod = z.enum(names).default("full").describe(schema.description!);
  const method = anyMethod.safeParse(given.method);
  const own = method.success ? methodOf(method.data).options.shape : {};
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
function withAdapter(given: Readonly<Record<string, unknown>>, spell: Spell): Readonly<Record<string, unknown>> {
  if (typeof given.adapter !== "string") return given;
  const { method, options, semantics, head, base } = openAdapter(adapterFolder(given.adapter));
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
  return { ...own, ...(base && { model: base.hub ? pinned(base.hub) : base.path }), ...given };
}
