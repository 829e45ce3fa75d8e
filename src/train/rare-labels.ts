/** What can be done about labels that are rare: weights in the loss, and drawing their texts more often. */

import { permutation, randomKey } from "../base/random.ts";
import { labelCounts, type Truth } from "../tables/dataset.ts";

/** Which texts an epoch has, in order. */
export interface EpochOrder {
  /** Texts in each epoch. */
  readonly count: number;
  /** Texts by index, in the order of epoch `epoch`. */
  of(epoch: number): Uint32Array;
}

/** Every text once. */
export const eachTextOnce = (count: number, seed: number): EpochOrder => ({
  count,
  of: (epoch) => permutation(randomKey(seed, "shuffle", epoch), count),
});

/**
 * Weights that make all labels count alike: texts / (labels · texts of the label), as scikit-learn's "balanced"; with
 * several labels a text, texts without the label / texts with it. A label without texts gets 1.
 */
export function balancedWeights(truths: readonly Truth[], labelCount: number, multiLabel: boolean): number[] {
  return labelCounts(truths, labelCount).map((count) => {
    if (count === 0) return 1;
    return multiLabel ? (truths.length - count) / count : truths.length / (labelCount * count);
  });
}

/**
 * Texts of each label as often as those of the most frequent one: all of them as many times as fit, and for what is left
 * others in each epoch.
 */
export function oversampled(labels: readonly number[], labelCount: number, seed: number): EpochOrder {
  const byLabel: number[][] = Array.from({ length: labelCount }, () => []);
  for (const [text, label] of labels.entries()) byLabel[label]!.push(text);
  const most = Math.max(...byLabel.map(({ length }) => length));
  const present = byLabel.filter(({ length }) => length > 0);
  const count = most * present.length;
  return {
    count,
    of: (epoch) => {
      const drawn = new Uint32Array(count);
      for (const [k, texts] of present.entries()) {
        const order = permutation(randomKey(seed, "shuffle", epoch, "label", k), texts.length);
        for (let i = 0; i < most; i++) drawn[k * most + i] = texts[order[i % texts.length]!]!;
      }
      return permutation(randomKey(seed, "shuffle", epoch), count).map((i) => drawn[i]!);
    },
  };
}
