/** Precision against recall, for every threshold on a score. */
import { stepsByScore } from "./by-score.ts";

export interface PrecisionRecall {
  /** Of what reaches a threshold, from the highest threshold, which least reaches, to the lowest. */
  readonly points: readonly (readonly [recall: number, precision: number])[];
  /** Σ (Rₙ - Rₙ₋₁) Pₙ, as scikit-learn's `average_precision_score`. */
  readonly averagePrecision: number;
}

/** Undefined where nothing is 1. scikit-learn: `precision_recall_curve`, whose last point, (0, 1), is of no threshold. */
export function precisionRecall(scores: ArrayLike<number>, outcomes: ArrayLike<number>): PrecisionRecall | undefined {
  let all = 0;
  for (let i = 0; i < outcomes.length; i++) all += outcomes[i]!;
  if (all === 0) return undefined;
  const points: [number, number][] = [];
  let averagePrecision = 0;
  for (const { count, positives } of stepsByScore(scores, outcomes)) {
    const [recall, precision] = [positives / all, positives / count];
    averagePrecision += (recall - (points.at(-1)?.[0] ?? 0)) * precision;
    points.push([recall, precision]);
  }
  return { points, averagePrecision };
}

/** At most so many points and one: those with which recall first reaches 1/most, 2/most and so on. */
export function thinned({ points, averagePrecision }: PrecisionRecall, most: number): PrecisionRecall {
  let next = 0;
  const kept = points.filter(([recall], i) => {
    if (i > 0 && i < points.length - 1 && recall * most < next) return false;
    next = Math.floor(recall * most + 1);
    return true;
  });
  return { points: kept, averagePrecision };
}
