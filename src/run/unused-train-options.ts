/**
 * Which options of `train` need what. Options that only set a bound (threads, memory, minutes, early stopping) are never
 * without effect.
 */
import { isDeepStrictEqual } from "node:util";
import type { Spell } from "../base/check-options.ts";
import { AttuneError } from "../base/error.ts";
import { type Need, requireEffect, withoutEffect } from "../base/unused-options.ts";
import { methodOf } from "../methods/registry.ts";
import { isOfHead } from "../models/encoder.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { type ResolvedTrainOptions, resolveOptions, trainOptions } from "./train-options.ts";

type Key = keyof ResolvedTrainOptions;

/** What only training steps read. */
const OF_TRAINING = [
  "epochs",
  "batchSize",
  "gradientAccumulation",
  "learningRate",
  "headLearningRate",
  "schedule",
  "warmup",
  "weightDecay",
  "maxGradientNorm",
  "beta1",
  "beta2",
  "epsilon",
  "bestMetric",
  "earlyStopping",
  "classWeights",
  "labelSmoothing",
  "balance",
  "headDropout",
  "trainHead",
  "trainPooler",
  "semantics",
] as const satisfies Key[];

export const trainNeeds: readonly Need<ResolvedTrainOptions>[] = [
  {
    options: OF_TRAINING,
    lacks: ({ method }) =>
      methodOf(method).trainsNothing ? `with the method "${method}", which trains nothing` : undefined,
  },
  {
    options: ["mlpSize"] satisfies Key[],
    lacks: ({ head }) => (head === "auto" || head?.endsWith("+mlp") ? undefined : "without a head with +mlp"),
  },
  {
    options: ["labelSeparator"] satisfies Key[],
    lacks: ({ multiLabel }) => (multiLabel ? undefined : "where a text has one label"),
  },
];

/** Whether an option is given and is not what would be taken anyway. */
export const isOwn = (given: Readonly<Record<string, unknown>>, key: string): boolean =>
  given[key] !== undefined && !isDeepStrictEqual(given[key], defaultOf(key));

function defaultOf(key: string): unknown {
  const schema = (trainOptions.shape as Readonly<Record<string, (typeof trainOptions.shape)[Key]>>)[key];
  return schema?.safeParse(undefined).data;
}

/**
 * Checks the options of a run that begins, and fills in defaults.
 *
 * @throws AttuneError as `resolveOptions` does, and where an option would have no effect
 */
export function resolveNewOptions(given: unknown, spell: Spell = (key) => key): ResolvedTrainOptions {
  const resolved = resolveOptions(given, spell);
  requireEffect(trainNeeds, resolved, (key) => isOwn(given as Readonly<Record<string, unknown>>, key), spell);
  return resolved;
}

/** The same for what shows in data and model only. */
export function requireUsed(
  options: ResolvedTrainOptions,
  { adapted, dataset }: PreparedRun,
  spell: Spell = (key) => key,
): void {
  const { encoder, trained } = adapted;
  const { trainPooler, headLearningRate, splitSeed, limit, method } = options;
  if (trained.length === 0 && !methodOf(method).trainsNothing)
    throw new AttuneError(
      "options/nothing-trained",
      `with the method "${method}" and without ${spell("trainHead")}, nothing is trained`,
    );
  if (trainPooler && !encoder.parameters.some(({ part }) => part === "pooler"))
    throw withoutEffect(spell("trainPooler"), "with this model and head, which have no pooler");
  if (headLearningRate !== undefined && !trained.some(isOfHead))
    throw withoutEffect(spell("headLearningRate"), "where neither pooler nor classifier is trained");
  if (splitSeed !== undefined && !dataset.madeSplits && typeof limit !== "number")
    throw withoutEffect(spell("splitSeed"), "where no split is made, and no sample is drawn");
}
