/** Answers that are only given where they are sure: how many are left, and how many of those are right. */
import { stepsByScore } from "./by-score.ts";

export interface Covered {
  /** The least confidence of an answer that is given. */
  readonly threshold: number;
  /** Share of texts that get an answer. */
  readonly coverage: number;
  /** Share of the answers that are right. */
  readonly accuracy: number;
}

/** For coverages from 1 % to all, those of which equal confidence allows. */
export function accuracyByCoverage(confidence: ArrayLike<number>, right: ArrayLike<number>): Covered[] {
  const found: Covered[] = [];
  for (const { score, count, positives } of stepsByScore(confidence, right)) {
    const coverage = count / confidence.length;
    if (Math.floor(100 * coverage) > Math.floor(100 * (found.at(-1)?.coverage ?? 0)))
      found.push({ threshold: score, coverage, accuracy: positives / count });
  }
  return found;
}

/** The lowest threshold with which answers are at least so accurate; undefined where there is none. */
export function thresholdFor(
  accuracy: number,
  confidence: ArrayLike<number>,
  right: ArrayLike<number>,
): number | undefined {
  let threshold: number | undefined;
  for (const { score, count, positives } of stepsByScore(confidence, right))
    if (positives >= accuracy * count) threshold = score;
  return threshold;
}

/** What a threshold comes to; accuracy is NaN where no answer reaches it. */
export function coverageOf(threshold: number, confidence: ArrayLike<number>, right: ArrayLike<number>): Covered {
  let [count, correct] = [0, 0];
  for (let i = 0; i < confidence.length; i++)
    if (confidence[i]! >= threshold) {
      count++;
      correct += right[i]!;
    }
  return { threshold, coverage: count / confidence.length, accuracy: correct / count };
}
