/** Splits that have to be made: stratified by label, by seed, with rows that belong together in one of them. */
import { permutation, randomKey } from "../base/random.ts";
import type { SplitName } from "./dataset.ts";

export interface Shares {
  readonly validation: number;
  readonly test: number;
}

/**
 * Which split each row goes to, given the share of every label's rows for `validation` and `test`; the rest, and at
 * least one row of each label, is `train`.
 */
export function stratifiedSplit(labels: readonly string[], shares: Shares, seed: number): SplitName[] {
  const splits = new Array<SplitName>(labels.length).fill("train");
  const rowsOf = new Map<string, number[]>();
  for (const [row, label] of labels.entries()) {
    if (!rowsOf.has(label)) rowsOf.set(label, []);
    rowsOf.get(label)!.push(row);
  }
  for (const [label, rows] of rowsOf) {
    const order = permutation(randomKey(seed, "split", label), rows.length);
    const validation = Math.round(rows.length * shares.validation);
    const test = Math.round(rows.length * shares.test);
    const taken = Math.min(validation + test, rows.length - 1);
    for (let i = 0; i < taken; i++) splits[rows[order[i]!]!] = i < validation ? "validation" : "test";
  }
  return splits;
}

/**
 * Which split each row goes to, where whole groups go together. The largest groups choose first; each takes the split that
 * lacks its labels most, so that the labels have about the same shares everywhere.
 */
export function groupedSplit(
  labels: readonly string[],
  groups: ArrayLike<number>,
  shares: Shares,
  seed: number,
): SplitName[] {
  const members = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    if (!members.has(groups[row]!)) members.set(groups[row]!, []);
    members.get(groups[row]!)!.push(row);
  }
  const totals = countsOf(labels);
  const all = [...members.values()];
  const order = permutation(randomKey(seed, "split", "groups"), all.length);
  const bySize = Array.from(order, (i) => all[i]!).sort((a, b) => b.length - a.length);
  const wanted = { train: 1 - shares.validation - shares.test, ...shares };
  const names = (Object.keys(wanted) as SplitName[]).filter((split) => wanted[split] > 0);
  const have = new Map(names.map((split) => [split, new Map<string, number>()]));
  const splits = new Array<SplitName>(labels.length).fill("train");
  for (const rows of bySize) {
    const added = countsOf(rows.map((row) => labels[row]!));
    // How much further from its share of each label a split would be, relative to how many there are.
    const cost = (split: SplitName): number => {
      let sum = 0;
      for (const [label, count] of added) {
        const total = totals.get(label)!;
        const excess = (have.get(split)!.get(label) ?? 0) - wanted[split] * total;
        sum += (count * (2 * excess + count)) / total;
      }
      return sum;
    };
    const costs = names.map(cost);
    const chosen = names[costs.indexOf(Math.min(...costs))]!;
    for (const [label, count] of added) have.get(chosen)!.set(label, (have.get(chosen)!.get(label) ?? 0) + count);
    for (const row of rows) splits[row] = chosen;
  }
  return splits;
}

function countsOf(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
