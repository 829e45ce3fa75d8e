/** The options of a training run: described once, for the command line, config files and TypeScript alike. */
import { availableParallelism } from "node:os";
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";
import { nearest } from "../base/nearest.ts";
import { methodNames } from "../methods/registry.ts";
import { bestMetrics } from "../train/options.ts";
import { scheduleNames } from "../train/schedule.ts";

const count = () => z.number().int().positive();
const path = () => z.string().min(1);

/** Every option of `train`; keys without a default must be given. */
export const trainOptions = z.strictObject({
  model: path().describe("folder of a pretrained encoder: config.json, model.safetensors, tokenizer.json"),
  data: path().describe("labelled texts: a folder with splits, or one CSV, TSV, JSONL or Parquet file"),
  out: path().describe("folder of this run; it must not exist yet"),
  method: z.enum(methodNames).default("full").describe("how to fine-tune"),
  text: z.string().default("text").describe("column that holds the text"),
  label: z.string().default("label").describe("column that holds the label"),
  limit: count().optional().describe("train on the first N training rows only; validation and test stay whole"),
  epochs: count().default(3).describe("passes over the training data"),
  batchSize: count().default(16).describe("texts per batch"),
  gradientAccumulation: count().default(1).describe("batches per optimizer step"),
  learningRate: z.number().positive().default(5e-5).describe("highest learning rate of AdamW"),
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
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42)
    .describe("seed of everything that is drawn"),
  threads: count()
    .default(() => availableParallelism())
    .describe("threads of the engine; the result does not depend on it"),
  checkpointMinutes: z.number().positive().default(10).describe("minutes between checkpoints within an epoch"),
});

/** Options as one writes them. */
export type TrainOptions = z.input<typeof trainOptions>;
/** Options after all defaults. */
export type ResolvedTrainOptions = z.output<typeof trainOptions>;

/** How an option is spelled where it was given: `--batch-size`, or `batchSize in train.yaml`. */
export type Spell = (key: string) => string;

/**
 * Checks options and fills in defaults.
 *
 * @throws AttuneError that names the option, what is wrong and what would be right
 */
export function resolveOptions(options: unknown, spell: Spell = (key) => key): ResolvedTrainOptions {
  const result = trainOptions.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const known = Object.keys(trainOptions.shape);
  if (issue.code === "unrecognized_keys") {
    const [key] = issue.keys as [string];
    const guess = nearest(key, known);
    const hint = guess ? `did you mean ${spell(guess)}?` : `there are ${known.map(spell).join(", ")}`;
    throw new AttuneError("options/unknown", `there is no option ${spell(key)}; ${hint}`);
  }
  const key = String(issue.path[0] ?? "");
  const value = (options as Record<string, unknown>)[key];
  if (value === undefined)
    throw new AttuneError("options/missing", `the option ${spell(key)} is missing: ${describe(key)}`);
  throw new AttuneError(
    "options/value",
    `${spell(key)} cannot be ${JSON.stringify(value)}: it must be ${right(issue, key)}`,
  );
}

const describe = (key: string): string => trainOptions.shape[key as keyof typeof trainOptions.shape]?.description ?? "";

/** The end of the sentence "it must be …". */
function right(issue: z.core.$ZodIssue, key: string): string {
  switch (issue.code) {
    case "invalid_type":
      return isWhole(key) ? "a whole number" : `a ${issue.expected}`;
    case "too_small":
      if (issue.origin === "string") return "given";
      return `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_value":
      return listOf(issue.values.map(String));
    default:
      return `something else (${issue.message})`;
  }
}

const isWhole = (key: string): boolean =>
  z.toJSONSchema(trainOptions.shape[key as keyof typeof trainOptions.shape], { io: "input" }).type === "integer";
