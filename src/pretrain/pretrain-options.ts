/** The options of pre-training: described once, for the command line, config files and TypeScript alike. */
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import { AttuneError } from "../base/error.ts";
import { threadCount, usableThreads } from "../base/thread-count.ts";
import { type Need, requireEffect } from "../base/unused-options.ts";
import { bitsNames } from "../engine/reproducible-threads.ts";
import { scheduleNames } from "../train/schedule.ts";
import { DEFAULT_COLUMN } from "./corpus.ts";
import { newFamilies } from "./new-config.ts";
import type { PretrainOptions } from "./pretrain-options.generated.ts";

const count = () => z.number().int().positive();
const path = () => z.string().min(1);

/** The options of `pretrain`; keys without a default must be given. */
export const pretrainOptions = z.strictObject({
  data: path().describe(
    "text: .txt or .md files or their folder, or a table or a data set (its training split), or its name on the Hub, org/name",
  ),
  configName: path()
    .optional()
    .describe("configuration of a data set that has several (default: the one that the data set names)"),
  out: path().describe("folder to write this run to; it must not exist yet"),
  from: path()
    .optional()
    .describe("pretrained encoder to continue from: a folder, or a name on the Hub, org/name@revision"),
  new: z.boolean().default(false).describe("start with a new model, and a vocabulary learned from the text"),
  family: z.enum(newFamilies).default("bert").describe("family of a new model"),
  layers: count().default(4).describe("number of transformer layers of a new model"),
  hidden: count().default(256).describe("hidden size of a new model"),
  heads: count().default(4).describe("number of attention heads of a new model"),
  intermediate: count()
    .optional()
    .describe("feed-forward size of a new model (default: 4 times the hidden size, of ModernBERT 1.5 times)"),
  positions: count().min(8).default(512).describe("number of positions of a new model: its longest text in tokens"),
  vocab: count().min(32).default(8192).describe("size of the vocabulary of a new model, in word pieces"),
  text: z.string().default(DEFAULT_COLUMN).describe("column of the text, in tables"),
  maxLength: count()
    .min(8)
    .optional()
    .describe("length of a training passage in tokens (default: 128, or as the model takes, if that is less)"),
  maskShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.15)
    .describe("share of the tokens that are masked and have to be predicted"),
  wholeWords: z.boolean().default(false).describe("mask all pieces of a word together"),
  teacher: path()
    .optional()
    .describe(
      "folder of a sentence encoder, or its name on the Hub, whose text embeddings (mean over tokens) the new model learns as well",
    ),
  teacherWeight: z.number().positive().default(1).describe("weight of the distance from the teacher's embeddings"),
  heldOut: z.number().gt(0).lt(1).default(0.02).describe("share of the text that is held out to measure the loss on"),
  evaluations: count().default(10).describe("number of measurements on the held-out text, evenly spaced"),
  epochs: z.number().positive().default(10).describe("passes over the text; fractions work"),
  batchSize: count().default(32).describe("passages per step"),
  learningRate: z.number().positive().default(5e-4).describe("peak learning rate of AdamW"),
  schedule: z.enum(scheduleNames).default("linear").describe("how the learning rate changes after the warm-up"),
  warmup: z.number().min(0).default(0.06).describe("length of the warm-up in steps; below 1, as a share of all steps"),
  weightDecay: z.number().min(0).default(0.01).describe("decoupled weight decay; not applied to biases and LayerNorm"),
  maxGradientNorm: z.number().min(0).default(1).describe("clip the gradient to this norm; 0 turns clipping off"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("decay of AdamW's first moment"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of AdamW's second moment"),
  epsilon: z.number().positive().default(1e-8).describe("AdamW's epsilon"),
  float16: z.boolean().default(false).describe("write the model's weights in half precision"),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42)
    .describe("seed of all random numbers"),
  threads: threadCount()
    .default(() => usableThreads())
    .describe("threads of the engine, at most as many as the machine has"),
  bits: z
    .enum(bitsNames)
    .default("any")
    .describe("any: the last digits may depend on the number of threads; same: they do not (docs/performance.md)"),
  checkpointMinutes: z.number().positive().default(10).describe("minutes between checkpoints"),
});

export type { PretrainOptions };
/** Options after all defaults. */
export type ResolvedPretrainOptions = z.output<typeof pretrainOptions>;

const OF_NEW_MODELS = ["family", "layers", "hidden", "heads", "intermediate", "positions", "vocab"] as const;

const needs: readonly Need<ResolvedPretrainOptions>[] = [
  {
    options: ["teacherWeight"] satisfies (keyof ResolvedPretrainOptions)[],
    lacks: ({ teacher }) => (teacher === undefined ? "without a teacher" : undefined),
  },
];

const defaults: Readonly<Record<string, unknown>> = pretrainOptions.partial({ data: true, out: true }).parse({});

/**
 * Checks options and fills in defaults.
 *
 * @throws AttuneError that names the option, what is wrong and what would be right
 */
export function resolvePretrainOptions(options: unknown, spell: Spell = (key) => key): ResolvedPretrainOptions {
  if (typeof options !== "object" || options === null)
    throw new AttuneError("options/value", "options must be an object like { data, out, new: true }");
  const given = options as Readonly<Record<string, unknown>>;
  const resolved = checkOptions(pretrainOptions.shape, given, spell) as ResolvedPretrainOptions;
  if (resolved.new === (resolved.from !== undefined))
    throw new AttuneError(
      "options/begin",
      `give either ${spell("from")}, a pretrained encoder to go on from, or ${spell("new")} for a new model`,
    );
  requireEffect(needs, resolved, (key) => given[key] !== undefined && given[key] !== defaults[key], spell);
  const foreign = resolved.new ? undefined : OF_NEW_MODELS.find((key) => given[key] !== undefined);
  if (foreign)
    throw new AttuneError(
      "options/foreign",
      `${spell(foreign)} is an option of a new model; with ${spell("from")} the model has its own`,
    );
  // ModernBERT turns the numbers of a head in pairs.
  const [unit, twice] = resolved.family === "modernbert" ? [2 * resolved.heads, "twice "] : [resolved.heads, ""];
  if (resolved.new && resolved.hidden % unit !== 0)
    throw new AttuneError(
      "options/value",
      `${spell("hidden")} cannot be ${resolved.hidden}: it must be a multiple of ${twice}${spell("heads")} ${resolved.heads}`,
    );
  if (resolved.new) return resolved;
  // So that what is resolved can be resolved again.
  const own = Object.entries(resolved).filter(([key]) => !(OF_NEW_MODELS as readonly string[]).includes(key));
  return Object.fromEntries(own) as ResolvedPretrainOptions;
}
