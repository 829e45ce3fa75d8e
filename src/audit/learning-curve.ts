/** How the error falls with more texts: heads trained on parts of the data, and a power law through their errors. */
import { normal, permutation, randomKey } from "../base/random.ts";
import type { LearningCurve } from "./audit-result.ts";

/** Shares of the texts that a fold learns from; the whole is known already. */
const SIZES = 5;
const SMALLEST = 1 / 16;
/** The smallest part has at least so many texts for each label, or there is no curve. */
const LEAST_FOR_EACH_LABEL = 2;
const RESAMPLES = 500;

type Points = LearningCurve["points"];
type Fit = LearningCurve["fit"];

/** Sizes in equal ratios up to `most`; undefined where there are too few texts for a curve. */
export function curveSizes(most: number, labelCount: number): number[] | undefined {
  const least = Math.max(most * SMALLEST, LEAST_FOR_EACH_LABEL * labelCount, 16);
  if (most < 4 * least) return undefined;
  return Array.from({ length: SIZES }, (_, i) => Math.round(least * (most / least) ** (i / (SIZES - 1))));
}

/** A part of the texts by seed; larger ones of the same fold have all of a smaller one. */
export function partOf(texts: Int32Array, size: number, seed: number, fold: number): Int32Array {
  const order = permutation(randomKey(seed, "sample", fold), texts.length);
  return Int32Array.from(order.subarray(0, size), (place) => texts[place]!);
}

/** The curve through the mean errors of folds, with what twice the texts would bring. */
export function learningCurve(points: Points, seed: number): LearningCurve {
  const texts = points.map((point) => point.texts);
  const means = points.map(({ errors }) => mean(errors));
  const fit = fitPowerLaw(texts, means);
  // A parametric bootstrap: five folds are too few to draw from, so all sizes lend their scatter to each other.
  const variance = mean(points.map(({ errors }, i) => sampleVariance(errors, means[i]!)));
  const deviation = Math.sqrt(variance / points[0]!.errors.length);
  const key = randomKey(seed, "bootstrap", "curve");
  const gains = Array.from({ length: RESAMPLES }, (_, draw) => {
    const drawn = means.map((error, i) => Math.max(0, error + deviation * normal(key, draw * means.length + i)));
    return gainOf(fitPowerLaw(texts, drawn), texts.at(-1)!);
  }).sort((a, b) => a - b);
  const quantile = (q: number) => gains[Math.round(q * (RESAMPLES - 1))]!;
  return { points, fit, gain: { estimate: gainOf(fit, texts.at(-1)!), low: quantile(0.025), high: quantile(0.975) } };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const sampleVariance = (values: readonly number[], center: number): number =>
  values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);

export const errorAt = ({ a, b, c }: Fit, texts: number): number => a * texts ** -b + c;

const gainOf = (fit: Fit, texts: number): number => errorAt(fit, texts) - errorAt(fit, 2 * texts);

/** Exponents that are tried: a curve is flatter than the first or steeper than the last only by chance. */
const EXPONENTS = Array.from({ length: 100 }, (_, i) => 0.02 * (i + 1));

/** Least squares of a·n^-b + c over errors, with a and c at least 0. */
export function fitPowerLaw(texts: readonly number[], errors: readonly number[]): Fit {
  let best: Fit = { a: 0, b: 0, c: 0 };
  let least = Number.POSITIVE_INFINITY;
  const consider = (b: number): void => {
    const fit = fitWithExponent(b, texts, errors);
    const square = texts.reduce((sum, n, i) => sum + (errorAt(fit, n) - errors[i]!) ** 2, 0);
    if (square < least) [best, least] = [fit, square];
  };
  for (const b of EXPONENTS) consider(b);
  for (let step = 0.01; step > 1e-6; step /= 2) for (const b of [best.b - step, best.b + step]) if (b > 0) consider(b);
  return best;
}

function fitWithExponent(b: number, texts: readonly number[], errors: readonly number[]): Fit {
  const x = texts.map((n) => n ** -b);
  const [mx, my] = [mean(x), mean(errors)];
  const slope = mean(x.map((v, i) => (v - mx) * (errors[i]! - my))) / mean(x.map((v) => (v - mx) ** 2));
  if (slope <= 0) return { a: 0, b, c: my };
  if (my - slope * mx >= 0) return { a: slope, b, c: my - slope * mx };
  return { a: mean(x.map((v, i) => v * errors[i]!)) / mean(x.map((v) => v * v)), b, c: 0 };
}
