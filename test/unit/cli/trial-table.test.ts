/** The live table of a search: what is under way, the best, and no more than a terminal holds. */
import { expect, test } from "vitest";
import { trialTable } from "../../../src/cli/trial-table.ts";
import { replay } from "../../../src/search/replay.ts";
import type { SearchEntry } from "../../../src/search/search-file.ts";
import { aSearch } from "../search/searches.ts";

const search = aSearch();
const began = (trial: string, rank: number): SearchEntry[] => [
  { type: "trial", trial, values: { rank }, from: "random" },
  { type: "start", trial, rung: 0, epochs: 1 },
];
const result = (trial: string, score: number): SearchEntry => ({
  ...{ type: "result", trial, rung: 0, epochs: 1, seconds: 1, elapsed: 1 },
  ...{ score, scores: [score] },
});
const state = replay(search, [
  ...began("t001", 8),
  result("t001", 0.5),
  ...began("t002", 4),
  result("t002", 0.75),
  ...began("t003", 2),
  { type: "failed", trial: "t003", rung: 0, reason: "the loss became NaN", elapsed: 2 },
  { type: "start", trial: "t002", rung: 1, epochs: 3 },
  ...began("t004", 16),
]);
const lines = (columns: number, rows: number) =>
  trialTable(search, state, new Map([["t004", "epoch 1, step 3/12"]]), "4 trials", { columns, rows, colour: false });

test("shows what is under way first, then by score", () => {
  expect(`\n${lines(80, 24).join("\n")}`).toBe(`
trial  epochs  macro F1                               values
t002   1 → 3   0.7500    begins                       rank 4
t004   0 → 1             epoch 1, step 3/12           rank 16
t001   1       0.5000                                 rank 8
t003   0                 failed: the loss became NaN  rank 2
4 trials`);
});

test("stays within the terminal", () => {
  const small = lines(30, 7);
  expect(small.every((line) => line.length <= 30)).toBe(true);
  expect(small).toHaveLength(6);
  expect(small.at(-2)).toBe("… 1 more, with lower scores");
});
