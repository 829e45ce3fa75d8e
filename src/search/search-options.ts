/** What `search` can be told: described once, for the command line and for programs. */
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import { threadCount } from "../base/thread-count.ts";
import { type MethodName, methodNames } from "../methods/registry.ts";
import type { SharedOptions } from "../run/shared-options.generated.ts";
import { trainOptions } from "../run/train-options.ts";
import { sharedValues } from "../study/plan-schema.ts";
import { bestMetrics } from "../train/loop-options.ts";
import type { Space } from "./search-file.ts";
import type { AskedSpaces } from "./spaces.ts";

const count = () => z.number().int().positive();
const value = z.union([z.string(), z.number(), z.boolean()]);
const ends = { from: z.number(), to: z.number() };
const space = z.union([
  z.strictObject({ kind: z.enum(["uniform", "log-uniform", "integer", "log-integer"]), ...ends }),
  z.strictObject({ kind: z.literal("choice"), values: z.array(value).min(1) }),
]);

const { model, revision, data, dataRevision, configName, seed } = trainOptions.shape;
const { epochs: _epochs, bestMetric: _metric, earlyStopping: _early, ...shared } = sharedValues.shape;
/** Options of `train` that hold for all trials where they are given, and are not searched then. */
export const sharedTrainOptions = z.strictObject(shared);

/** What a search itself can be told. */
export const ownOptions = z.strictObject({
  model,
  revision,
  data,
  dataRevision,
  configName,
  method: z
    .array(z.enum(methodNames))
    .min(1)
    .default(["full"])
    .describe("fine-tuning method; of several, separated by commas, the method is searched as well"),
  trials: count().optional().describe("end after so many trials (default: 27, where no budget is given)"),
  budgetEpochs: count().optional().describe("end after so many epochs of all trials together"),
  budgetHours: z.number().positive().optional().describe("end after so many hours"),
  epochs: count().optional().describe("epochs of a trial that is trained to its end (default: as the recipe tuned)"),
  leastEpochs: count().default(1).describe("epochs behind which a trial is judged first, at least"),
  eta: z.number().int().min(2).default(3).describe("of the trials at a rung, one of so many goes on to the next"),
  bestMetric: z.enum(bestMetrics).default("f1").describe("validation metric that is sought"),
  sampler: z
    .enum(["tpe", "random"])
    .default("tpe")
    .describe("how values are chosen past 20 results: by what these say, or by chance as before"),
  pruner: z
    .enum(["asha", "none"])
    .default("asha")
    .describe("asha: trials that do badly stop early; none: every trial is trained to its end"),
  jobs: count().default(1).describe("number of trials at the same time"),
  seed,
  threads: threadCount().optional().describe("threads for all trials together (default: all)"),
});

const schema = ownOptions.extend({
  search: z
    .record(z.string(), z.union([z.string().min(1), z.literal(true), space]))
    .default({})
    .describe("spaces of options, by name"),
  searchOnly: z.boolean().default(false).describe("search nothing but the options that have a space here"),
  ...shared,
});

/** What to search, where, and for how long. Options of `train` that are given hold for all trials, and are not searched. */
export interface SearchOptions
  extends Omit<SharedOptions, "data" | "out" | "adapter" | "recipe" | "bestMetric" | "earlyStopping"> {
  /** A folder with splits, one file, or a name on the Hub. */
  readonly data: string;
  /** A method, or several: then the method is searched as well. @default "full" */
  readonly method?: MethodName | readonly MethodName[];
  /**
   * Spaces of options, by name: `"1e-5..1e-2"`, `"4,8,16"`, a `Space`, or `true` for the one around the recipe. `topLayers`
   * stands for `layers: "top:N"`. @default learningRate, headLearningRate, rank, alpha, virtualTokens, batchSize, dropout, headDropout and head, as far as the method has them, around the recipe
   */
  readonly search?: Readonly<Record<string, string | true | Space>>;
  /** Search nothing but what `search` names. @default false */
  readonly searchOnly?: boolean;
  /** End after so many trials. @default 27, where no budget is given */
  readonly trials?: number;
  /** End after so many epochs of all trials together. @default no limit */
  readonly budgetEpochs?: number;
  /** End after so many hours. @default no limit */
  readonly budgetHours?: number;
  /** Epochs of a trial that is trained to its end. @default as the recipe tuned */
  readonly epochs?: number;
  /** Epochs behind which a trial is judged first, at least. @default 1 */
  readonly leastEpochs?: number;
  /** Of the trials at a rung, one of so many goes on to the next; at least 2. @default 3 */
  readonly eta?: number;
  /** Validation metric that is sought. @default "f1" */
  readonly bestMetric?: "loss" | "accuracy" | "f1";
  /** How values are chosen past 20 results: by what these say (Bergstra et al. 2011), or by chance. @default "tpe" */
  readonly sampler?: "tpe" | "random";
  /** Whether trials that do badly stop early (Li et al. 2020). @default "asha" */
  readonly pruner?: "asha" | "none";
  /** Trials at the same time. @default 1 */
  readonly jobs?: number;
}

/** After all defaults. */
export interface ResolvedSearchOptions extends Omit<z.output<typeof ownOptions>, "method"> {
  readonly methods: readonly MethodName[];
  readonly spaces: AskedSpaces;
  readonly searchOnly: boolean;
  /** Options of `train` that all trials have. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** @throws AttuneError that names the option, what is wrong and what would be right */
export function resolveSearchOptions(asked: object, spell: Spell): ResolvedSearchOptions {
  const { method: named, ...others } = asked as Readonly<Record<string, unknown>>;
  const given = { ...others, ...(named !== undefined && { method: typeof named === "string" ? [named] : named }) };
  const checked = checkOptions(schema.shape, given, spell) as z.output<typeof schema>;
  const { method, search: spaces, searchOnly, ...rest } = checked;
  const own = Object.keys(ownOptions.shape);
  const split = (isOwn: boolean) =>
    Object.fromEntries(Object.entries(rest).filter(([key]) => own.includes(key) === isOwn));
  return {
    ...(split(true) as Omit<z.output<typeof ownOptions>, "method">),
    methods: [...new Set(method)],
    spaces,
    searchOnly,
    given: split(false),
  };
}
