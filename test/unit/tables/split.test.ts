import fc from "fast-check";
import { expect, test } from "vitest";
import { stratifiedSplit } from "../../../src/tables/split.ts";

const SHARES = { validation: 0.1, test: 0.1 };
const count = <T>(values: readonly T[], wanted: T): number => values.filter((value) => value === wanted).length;

test("each label gives a tenth of its rows to either split, and keeps at least one", () => {
  const rows = fc.array(fc.constantFrom("a", "b", "c", "rare"), { maxLength: 120 });
  fc.assert(
    fc.property(rows, fc.nat(), (labels, seed) => {
      const splits = stratifiedSplit(labels, SHARES, seed);
      for (const label of new Set(labels)) {
        const own = splits.filter((_, row) => labels[row] === label);
        const tenth = Math.round(own.length / 10);
        expect(count(own, "validation")).toBe(tenth);
        expect(count(own, "test")).toBe(tenth);
        expect(count(own, "train")).toBeGreaterThan(0);
      }
    }),
  );
});

test("a label's rows are drawn without regard to other labels", () => {
  const alone = stratifiedSplit(new Array(30).fill("a"), SHARES, 3);
  const mixed = stratifiedSplit([...new Array(30).fill("a"), "b", "b"], SHARES, 3);
  expect(mixed.slice(0, 30)).toEqual(alone);
});

test("labels do not share their draws, and large shares leave a row to train on", () => {
  const labels = [...new Array(30).fill("a"), ...new Array(30).fill("b")];
  const splits = stratifiedSplit(labels, SHARES, 3);
  expect(splits.slice(30)).not.toEqual(splits.slice(0, 30));
  expect(count(stratifiedSplit(["a", "a"], { validation: 0.5, test: 0.5 }, 3), "train")).toBe(1);
});

test("every row can be drawn", () => {
  const drawn = new Set<number>();
  for (let seed = 0; seed < 200; seed++)
    for (const [row, split] of stratifiedSplit(new Array(10).fill("a"), SHARES, seed).entries())
      if (split === "test") drawn.add(row);
  expect(drawn.size).toBe(10);
});
