/** Reliability: how often answers are right that were given with some probability. */
import { CALIBRATION_BINS, calibrationBin } from "../../train/metrics.ts";

export interface ReliabilityBin {
  /** Mean probability of the answers in it. */
  readonly probability: number;
  /** Share of them that are right. */
  readonly right: number;
  readonly count: number;
}

/** Bins of equal width, those of the calibration error; empty ones are left out. scikit-learn: `calibration_curve`. */
export function reliability(probabilities: ArrayLike<number>, right: ArrayLike<number>): ReliabilityBin[] {
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ probability: 0, right: 0, count: 0 }));
  for (let i = 0; i < probabilities.length; i++) {
    const bin = bins[calibrationBin(probabilities[i]!)]!;
    bin.probability += probabilities[i]!;
    bin.right += right[i]!;
    bin.count++;
  }
  return bins
    .filter(({ count }) => count > 0)
    .map((bin) => ({ probability: bin.probability / bin.count, right: bin.right / bin.count, count: bin.count }));
}
