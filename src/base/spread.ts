/** Mean, standard deviation and quantiles of a sample. */

export const mean = (values: ArrayLike<number>): number => sumOf(values, (value) => value) / values.length;

/** With n - 1 in the denominator; NaN for fewer than two values. */
export function standardDeviation(values: ArrayLike<number>): number {
  const middle = mean(values);
  return Math.sqrt(sumOf(values, (value) => (value - middle) ** 2) / (values.length - 1));
}

/** Quantile of values in ascending order, linear between neighbours (NumPy's default). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

function sumOf(values: ArrayLike<number>, term: (value: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += term(values[i]!);
  return sum;
}
