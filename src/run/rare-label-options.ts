/** Options about rare labels, brought to an objective and an order of texts; what is said of them in result.json. */
import { z } from "zod";
import { shown } from "../base/check-json.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import { readJson } from "../base/read-json.ts";
import type { Dataset, Truth } from "../tables/dataset.ts";
import type { Objective } from "../train/classification-objective.ts";
import { balancedWeights, type EpochOrder, eachTextOnce, oversampled } from "../train/rare-labels.ts";
import type { ResolvedTrainOptions } from "./train-options.ts";

type ImbalanceOptions = Pick<ResolvedTrainOptions, "classWeights" | "labelSmoothing" | "balance" | "seed">;

/** What the training loss is; validation and test never have weights or smoothing. */
export function objectiveOf(
  { classWeights, labelSmoothing }: ImbalanceOptions,
  { labels, multiLabel }: Pick<Dataset, "labels" | "multiLabel">,
  truths: readonly Truth[],
): Objective {
  const objective = { labelCount: labels.length, multiLabel, smoothing: labelSmoothing };
  if (classWeights === undefined) return objective;
  const weights =
    classWeights === "balanced"
      ? balancedWeights(truths, labels.length, multiLabel)
      : weightsFromFile(classWeights, labels);
  return { ...objective, weights };
}

export function orderOf(
  { balance, seed }: ImbalanceOptions,
  { labels, multiLabel }: Pick<Dataset, "labels" | "multiLabel">,
  truths: readonly Truth[],
): EpochOrder {
  if (balance === "none") return eachTextOnce(truths.length, seed);
  if (multiLabel)
    throw new AttuneError(
      "options/balance",
      "--balance oversample needs one label for each text; with --multi-label, use --class-weights balanced",
    );
  return oversampled(truths as readonly number[], labels.length, seed);
}

/** What result.json says of it. */
export interface Imbalance {
  /** By label, where there are any. */
  readonly classWeights?: Readonly<Record<string, number>>;
  readonly labelSmoothing: number;
  readonly balance: ResolvedTrainOptions["balance"];
}

export const describeImbalance = (
  { weights, smoothing }: Objective,
  { labels }: Pick<Dataset, "labels">,
  { balance }: ImbalanceOptions,
): Imbalance => ({
  ...(weights && { classWeights: Object.fromEntries(labels.map((label, i) => [label, weights[i]!])) }),
  labelSmoothing: smoothing,
  balance,
});

/** Beyond these, the loss of a batch may be no number in single precision. */
const [LEAST, MOST] = [1e-6, 1e6];

/** A weight for each label, by name; a label that the file does not name counts 1. */
function weightsFromFile(file: string, labels: readonly string[]): number[] {
  const advice = '--class-weights is "balanced" or a JSON file like {"label": 2}';
  const value = readJson(file, z.looseObject({}), { code: "options/class-weights", advice });
  for (const [label, weight] of Object.entries(value)) {
    if (!labels.includes(label)) {
      const hint = didYouMean(label, labels, `they are ${listOf(labels.slice(0, 20), "and")}`);
      throw new AttuneError(
        "options/class-weights",
        `--class-weights ${file}: the data have no label "${label}"; ${hint}`,
      );
    }
    if (typeof weight !== "number" || !(weight === 0 || (weight >= LEAST && weight <= MOST)))
      throw new AttuneError(
        "options/class-weights",
        `--class-weights ${file}: the weight of "${label}" is ${shown(weight)}; it is 0, or a number from ${LEAST} to ${MOST}`,
      );
  }
  const weights = labels.map((label) => (Object.hasOwn(value, label) ? (value[label] as number) : 1));
  if (weights.some((weight) => weight > 0)) return weights;
  throw new AttuneError(
    "options/class-weights",
    `--class-weights ${file}: all weights are 0, so nothing would be learned`,
  );
}
