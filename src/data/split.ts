/** Splits that have to be made: stratified by label, by seed. */
import { permutation, randomKey } from "../base/random.ts";
import type { SplitName } from "./dataset.ts";

/**
 * Which split each row goes to, given the share of every label's rows for `validation` and `test`; the rest, and at
 * least one row of each label, is `train`.
 */
export function stratifiedSplit(
  labels: readonly string[],
  shares: { readonly validation: number; readonly test: number },
  seed: number,
): SplitName[] {
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
