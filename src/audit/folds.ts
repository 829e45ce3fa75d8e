/** Folds for cross-validation: stratified by label, by seed, with equal texts in the same one. */
import { permutation, randomKey } from "../base/random.ts";
import { type Examples, labelCounts, type Truth } from "../tables/dataset.ts";
import { TextSet } from "../tables/equal-texts.ts";

/**
 * The fold of each text. Equal texts go together, or a model would have learned the very label that it is to judge. Where a
 * text may have any number of labels, the rarest of them counts.
 */
export function foldsOf(examples: Examples, labelCount: number, folds: number, seed: number): Uint8Array {
  const truths = examples.truths();
  const counts = labelCounts(truths, labelCount);
  const set = new TextSet(examples.length);
  const equal: number[][] = [];
  for (let i = 0; i < examples.length; i++) {
    const number = set.add(examples.place(i));
    if (number === equal.length) equal.push([]);
    equal[number]!.push(i);
  }
  const byLabel: number[][][] = Array.from({ length: labelCount + 1 }, () => []);
  for (const texts of equal) byLabel[rarest(truths[texts[0]!]!, counts)]!.push(texts);
  const foldOf = new Uint8Array(examples.length);
  let next = 0;
  for (const [label, groups] of byLabel.entries())
    for (const place of permutation(randomKey(seed, "fold", label), groups.length)) {
      for (const text of groups[place]!) foldOf[text] = next % folds;
      next++;
    }
  return foldOf;
}

/** The label of a text, of several the rarest, and for none the number of labels. */
const rarest = (truth: Truth, counts: readonly number[]): number =>
  typeof truth === "number"
    ? truth
    : truth.reduce((best, label) => (counts[label]! < (counts[best] ?? Infinity) ? label : best), counts.length);
