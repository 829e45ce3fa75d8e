/** Student's t distribution: the interval for a mean of few values. */
import { mean, standardDeviation } from "../../base/spread.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Interval for the mean of at least two values. */
export function tInterval(values: readonly number[], level = 0.95): Interval {
  const middle = mean(values);
  const half = (tBound(level, values.length - 1) * standardDeviation(values)) / Math.sqrt(values.length);
  return { low: middle - half, high: middle + half };
}

/** The t with P(-t < T < t) = `level` at whole `freedom`: the quantile of (1 + level) / 2. */
export function tBound(level: number, freedom: number): number {
  // Halving an angle, since t = √freedom · tan(angle) has no upper end.
  let [low, high] = [0, Math.PI / 2];
  for (;;) {
    const angle = (low + high) / 2;
    if (angle <= low || angle >= high) return Math.sqrt(freedom) * Math.tan(angle);
    if (within(angle, freedom) < level) low = angle;
    else high = angle;
  }
}

/** P(|T| < √freedom · tan(angle)), a finite sum for whole degrees of freedom (Abramowitz & Stegun 26.7.3 and 26.7.4). */
function within(angle: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2 === 1;
  let sum = 0;
  let term = odd ? cosine : 1;
  for (let k = odd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= ((k - 1) / k) * cosine ** 2;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
