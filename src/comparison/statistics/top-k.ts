/** How far down the list of labels the right one stands. */

/**
 * Share of texts whose label is among the `k` with the largest logits, for each k; of equal logits the first label counts
 * more, as for the answer itself. scikit-learn: `top_k_accuracy_score`, but for its order of equals. `logits` are
 * [texts, labels].
 */
export function topKAccuracy(logits: Float32Array, truth: ArrayLike<number>, ks: readonly number[]): number[] {
  const labelCount = logits.length / truth.length;
  const texts = new Array<number>(labelCount).fill(0);
  for (let row = 0; row < truth.length; row++) {
    const values = logits.subarray(row * labelCount, (row + 1) * labelCount);
    const label = truth[row]!;
    let before = 0;
    for (let k = 0; k < labelCount; k++)
      if (values[k]! > values[label]! || (k < label && values[k] === values[label])) before++;
    texts[before]!++;
  }
  return ks.map((k) => texts.slice(0, k).reduce((a, b) => a + b, 0) / truth.length);
}
