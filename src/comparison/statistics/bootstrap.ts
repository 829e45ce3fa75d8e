/** The bootstrap: seeded resamples, and what their figures say of an estimate. */
import { randomKey, uint32 } from "../../base/random.ts";
import { quantile } from "../../base/spread.ts";
import type { Interval } from "./student-t.ts";

export const RESAMPLES = 10_000;
const SEED = 42;

/**
 * Draws `count` things with replacement, `resamples` times, and says how often each was drawn. The array is the same each
 * time. Equal arguments give equal draws, so that figures of several classifiers on the same texts are paired.
 */
export function* resample(count: number, resamples: number, of: "texts" | "seeds"): Generator<Float64Array> {
  const weights = new Float64Array(count);
  for (let r = 0; r < resamples; r++) {
    const key = randomKey(SEED, "bootstrap", of, r);
    weights.fill(0);
    for (let i = 0; i < count; i++) weights[Math.floor((uint32(key, i) / 2 ** 32) * count)]!++;
    yield weights;
  }
}

/** The middle 95 % of the resamples' figures. */
export function percentileInterval(figures: Float64Array, level = 0.95): Interval {
  const sorted = figures.toSorted();
  return { low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2) };
}

/**
 * Two-sided p of a difference being zero: the level at which the percentile interval of its resamples begins to leave out
 * zero. The estimate itself counts as one resample, so that no p is 0.
 */
export function percentileP(differences: Float64Array): number {
  let [below, above] = [0, 0];
  for (const difference of differences) {
    if (difference <= 0) below++;
    if (difference >= 0) above++;
  }
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (differences.length + 1));
}
