/** Folds: labels have about the same shares in each, and equal texts are in one. */
import { expect, test } from "vitest";
import { foldsOf } from "../../../src/audit/folds.ts";
import { Examples } from "../../../src/tables/dataset.ts";
import { allOf, LabelledRows } from "../../../src/tables/labelled-rows.ts";

function examplesOf(rows: readonly { readonly text: string; readonly labels: readonly string[] }[], several = false) {
  const all = new LabelledRows("row", 1, several);
  all.beginFile((place) => `line ${place}`);
  for (const [place, { text, labels }] of rows.entries())
    all.add({ texts: [text], labels, place, id: undefined, group: undefined });
  return new Examples(
    all,
    allOf(all),
    Int32Array.from(all.names, (_, i) => i),
  );
}

test("each label is spread evenly, by seed", () => {
  const rows = Array.from({ length: 103 }, (_, i) => ({ text: `text ${i}`, labels: [i % 10 === 0 ? "a" : "b"] }));
  const folds = foldsOf(examplesOf(rows), 2, 5, 1);
  for (const label of ["a", "b"]) {
    const own = [...folds].filter((_, i) => rows[i]!.labels[0] === label);
    const sizes = [0, 1, 2, 3, 4].map((fold) => own.filter((one) => one === fold).length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
  expect(foldsOf(examplesOf(rows), 2, 5, 1)).toEqual(folds);
  expect(foldsOf(examplesOf(rows), 2, 5, 2)).not.toEqual(folds);
});

test("equal texts are in one fold, whatever their labels are", () => {
  const rows = Array.from({ length: 90 }, (_, i) => ({ text: `text ${i % 30}`, labels: [i % 4 === 0 ? "a" : "b"] }));
  const folds = foldsOf(examplesOf(rows), 2, 5, 1);
  for (const [i, fold] of folds.entries()) expect(fold).toBe(folds[i % 30]);
  expect(new Set(folds).size).toBe(5);
});

test("of several labels the rarest counts, and texts without any are spread, too", () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({
    text: `text ${i}`,
    labels: i % 12 === 0 ? ["often", "rare"] : i % 2 === 0 ? ["often"] : [],
  }));
  const folds = foldsOf(examplesOf(rows, true), 2, 5, 1);
  const rare = [...folds].filter((_, i) => i % 12 === 0);
  expect(rare.sort()).toEqual([0, 1, 2, 3, 4]);
  expect([0, 1, 2, 3, 4].map((fold) => folds.filter((one) => one === fold).length)).toEqual([12, 12, 12, 12, 12]);
});
