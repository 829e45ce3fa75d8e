/** Splits made from labelled rows: what must stay together, and what to stratify by. */

import type { SplitName } from "./dataset.ts";
import { firstOfEqual } from "./equal-texts.ts";
import { allOf, type LabelledRows } from "./labelled-rows.ts";
import { groupedSplit, type Shares, stratifiedSplit } from "./split.ts";

export interface MadeSplits {
  /** Row numbers in order. */
  readonly rows: Readonly<Record<SplitName, Int32Array>>;
  /** Rows whose text stands in an earlier row as well, and so are in its split. */
  readonly repeated: number;
}

/** Splits some rows. Equal groups stay together, and with `joinsTexts` equal texts, too. */
export function makeSplits(
  rows: LabelledRows,
  chosen: Int32Array,
  shares: Shares,
  seed: number,
  joinsTexts: boolean,
): MadeSplits {
  const first = joinsTexts ? firstOfEqual(rows) : allOf(rows);
  const keys = stratumOf(rows, chosen);
  const isChosen = new Uint8Array(rows.count);
  for (const row of chosen) isChosen[row] = 1;
  // The first of equal rows may have been taken out before; then the first that is left stands for them.
  const leader = new Int32Array(rows.count).fill(-1);
  for (const row of chosen) if (leader[first[row]!] === -1) leader[first[row]!] = row;
  const leaderOf = (row: number) => leader[first[row]!]!;
  const repeated = chosen.reduce((count, row) => count + (leaderOf(row) === row ? 0 : 1), 0);
  const splits =
    rows.groupOf(0) === undefined
      ? byLeaders(chosen, leaderOf, keys, shares, seed)
      : groupedSplit(keys, joinedGroups(rows, chosen, leaderOf), shares, seed);
  const of = (split: SplitName) => chosen.filter((_, i) => splits[i] === split);
  return { rows: { train: of("train"), validation: of("validation"), test: of("test") }, repeated };
}

/** What rows are stratified by: their label, or the rarest of several. */
function stratumOf(rows: LabelledRows, chosen: Int32Array): string[] {
  const counts = new Float64Array(rows.names.length);
  for (const row of chosen) for (const name of rows.labelsOf(row)) counts[name]!++;
  return Array.from(chosen, (row) => {
    const labels = rows.labelsOf(row);
    if (labels.length === 0) return "";
    return rows.names[labels.reduce((rarest, name) => (counts[name]! < counts[rarest]! ? name : rarest))]!;
  });
}

function byLeaders(
  chosen: Int32Array,
  leaderOf: (row: number) => number,
  keys: readonly string[],
  shares: Shares,
  seed: number,
): SplitName[] {
  const leaders: number[] = [];
  const placeOf = new Map<number, number>();
  for (const [i, row] of chosen.entries()) {
    if (leaderOf(row) !== row) continue;
    placeOf.set(row, leaders.length);
    leaders.push(i);
  }
  const splits = stratifiedSplit(
    leaders.map((i) => keys[i]!),
    shares,
    seed,
  );
  return Array.from(chosen, (row) => splits[placeOf.get(leaderOf(row))!]!);
}

/** A number for each row, equal where rows share a group or a text, over however many others. */
function joinedGroups(rows: LabelledRows, chosen: Int32Array, leaderOf: (row: number) => number): Int32Array {
  const parent = new Int32Array(rows.count).map((_, row) => row);
  const rootOf = (row: number): number => {
    while (parent[row] !== row) {
      parent[row] = parent[parent[row]!]!;
      row = parent[row]!;
    }
    return row;
  };
  const firstOfGroup = new Map<number, number>();
  for (const row of chosen) {
    const group = rows.groupOf(row)!;
    if (!firstOfGroup.has(group)) firstOfGroup.set(group, row);
    for (const other of [firstOfGroup.get(group)!, leaderOf(row)]) parent[rootOf(row)] = rootOf(other);
  }
  return chosen.map(rootOf);
}
