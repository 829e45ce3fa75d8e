/** Exact McNemar test: whether two classifiers are right equally often on the same texts. */

/**
 * Two-sided p of `first` texts that only the first has right, against `second` that only the second has right:
 * min(1, 2 · P(X ≤ min(first, second))) with X ~ Binomial(first + second, 1/2).
 */
export function exactMcNemar(first: number, second: number): number {
  const count = first + second;
  const fewer = Math.min(first, second);
  if (2 * fewer === count) return 1;
  // The largest term C(count, fewer) / 2^count in logarithms, then downwards by C(n, k-1) = C(n, k) · k / (n - k + 1).
  let logarithm = -count * Math.LN2;
  for (let k = 1; k <= fewer; k++) logarithm += Math.log((count - fewer + k) / k);
  let sum = 0;
  let term = 1;
  for (let k = fewer; k >= 0; k--) {
    sum += term;
    term *= k / (count - k + 1);
  }
  return Math.min(1, 2 * Math.exp(logarithm) * sum);
}
