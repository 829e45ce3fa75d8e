/** What looks wrong while a run trains, said after the epoch in which it is seen. */
import { metric } from "../base/format.ts";
import type { EpochResult } from "../train/trainer.ts";

/** A loss above this share of the one before has not fallen. */
const FLAT = 0.98;
const LEARNED = 0.5;
/** Whether there is little left to fall of the loss before training. */
export const hasLearned = (trainLoss: number, before: number): boolean => trainLoss <= LEARNED * before;

/**
 * Sentences on the epoch that has just ended.
 *
 * @param epochs all so far
 * @param before loss before training
 * @param logits of the validation texts, [texts, labels]
 */
export function epochWarnings(
  epochs: readonly EpochResult[],
  before: number,
  logits: Float32Array,
  labels: readonly string[],
): string[] {
  const { epoch, trainLoss, validation } = epochs.at(-1)!;
  const last = epochs.at(-2);
  const previous = last?.trainLoss ?? before;
  // The training loss is the mean of the whole epoch, with the steps of a warm-up, and higher by label smoothing.
  const isFlat = trainLoss > FLAT * previous && validation.loss > FLAT * (last?.validation.loss ?? before);
  const only = onlyAnswer(logits, labels.length);
  return [
    ...(isFlat && !hasLearned(trainLoss, before)
      ? [
          `Epoch ${epoch}: the training loss does not fall (${metric(trainLoss)} after ${metric(previous)}); the learning rate may be too low, or too high.`,
        ]
      : []),
    ...(only === undefined ? [] : [`Epoch ${epoch}: the answer to every validation text is "${labels[only]}".`]),
  ];
}

/** The label that every text is given, if there is one. */
function onlyAnswer(logits: Float32Array, labelCount: number): number | undefined {
  let found: number | undefined;
  for (let from = 0; from < logits.length; from += labelCount) {
    const row = logits.subarray(from, from + labelCount);
    const answer = row.indexOf(Math.max(...row));
    if (found !== undefined && answer !== found) return undefined;
    found = answer;
  }
  return logits.length > labelCount ? found : undefined;
}
