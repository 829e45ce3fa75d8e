/** Fewer training texts than there are: a sample that has the labels' shares, or the first ones. */
import { z } from "zod";
import { listOf } from "../base/error.ts";
import { permutation, randomKey } from "../base/random.ts";
import { type Dataset, type Examples, labelCounts } from "./dataset.ts";

const FIRST = /^first:([1-9]\d*)$/;

const WHAT = { error: "a whole number from 1 on, or first:N" };

/** How many training texts are used: a number, or `first:N`. */
export const limitOption = () => z.union([z.string().regex(FIRST, WHAT), z.number().int(WHAT).positive(WHAT)], WHAT);

/** `N` for a sample stratified by label, `first:N` for the first texts of the training split. */
export type Limit = z.output<ReturnType<typeof limitOption>>;

/** How many texts a limit leaves of so many. */
export function limitedCount(limit: Limit | undefined, count: number): number {
  if (limit === undefined) return count;
  return Math.min(count, typeof limit === "number" ? limit : Number(FIRST.exec(limit)![1]));
}

/**
 * Data whose training split is limited; validation and test stay whole. A sample is drawn by seed, keeps the order of the
 * texts and, where `limit` is no less than the number of labels, has at least one text of each.
 */
export function limitTrain(dataset: Dataset, limit: Limit | undefined, seed: number): Dataset {
  const { splits, labels, notes } = dataset;
  const count = limitedCount(limit, splits.train.length);
  if (count === splits.train.length) return dataset;
  const train = typeof limit === "string" ? splits.train.slice(0, count) : sampleOf(splits.train, labels, count, seed);
  const counts = labelCounts(train.truths(), labels.length);
  const without = labels.filter((_, label) => counts[label] === 0);
  return {
    ...dataset,
    splits: { ...splits, train },
    notes: [...notes, ...(without.length > 0 ? [lackingNote(without, limit!)] : [])],
  };
}

function lackingNote(labels: readonly string[], limit: Limit): string {
  const shown = labels.length > 5 ? `${listOf(labels.slice(0, 4), "and")} and others` : listOf(labels, "and");
  const advice = typeof limit === "string" ? "without first: a sample of all labels is drawn" : "give more texts";
  return `With --limit ${limit}, train has no text with ${labels.length === 1 ? "the label" : `${labels.length} labels,`} ${shown}; ${advice}.`;
}

function sampleOf(train: Examples, labels: readonly string[], count: number, seed: number): Examples {
  const rowsOf = strataOf(train, labels.length);
  const sizes = rowsOf.map(({ length }) => length);
  const chosen: number[] = [];
  for (const [stratum, quota] of quotas(sizes, count).entries()) {
    const order = permutation(randomKey(seed, "limit", labels[stratum] ?? ""), sizes[stratum]!);
    for (let i = 0; i < quota; i++) chosen.push(rowsOf[stratum]![order[i]!]!);
  }
  return train.pick(Int32Array.from(chosen).sort());
}

/** Texts of each label, of several the rarest; those without any come last. */
function strataOf(train: Examples, labelCount: number): number[][] {
  const truths = train.truths();
  const counts = labelCounts(truths, labelCount);
  const rowsOf: number[][] = Array.from({ length: labelCount + 1 }, () => []);
  for (const [i, truth] of truths.entries()) {
    const own = typeof truth === "number" ? [truth] : truth;
    const rarest = own.reduce(
      (best, label) => (counts[label]! < (counts[best] ?? Infinity) ? label : best),
      labelCount,
    );
    rowsOf[rarest]!.push(i);
  }
  return rowsOf;
}

/** How many of each, in proportion by largest remainders, and one at least where there are enough for that. */
function quotas(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((a, b) => a + b, 0);
  const present = sizes.filter((size) => size > 0).length;
  const exact = sizes.map((size) => (size * count) / total);
  const found = exact.map((share, i) => Math.max(Math.floor(share), count >= present && sizes[i]! > 0 ? 1 : 0));
  let left = count - found.reduce((a, b) => a + b, 0);
  for (; left !== 0; left -= Math.sign(left)) {
    const step = Math.sign(left);
    const able = [...found.keys()].filter((i) => (step > 0 ? found[i]! < sizes[i]! : found[i]! > 1));
    const need = (i: number) => step * (exact[i]! - found[i]!);
    found[able.reduce((best, i) => (need(i) > need(best) ? i : best))]! += step;
  }
  return found;
}
