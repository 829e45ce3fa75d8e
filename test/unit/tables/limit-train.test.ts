/** Fewer training texts: shares by hand, and properties that hold for any data. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../../src/run/train-options.ts";
import { labelCounts } from "../../../src/tables/dataset.ts";
import { limitTrain } from "../../../src/tables/limit-train.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { folder } = scratchFolder();
const rows = (name: string, sizes: Readonly<Record<string, number>>) =>
  Object.entries(sizes).flatMap(([label, size]) =>
    Array.from({ length: size }, (_, i) => `${name} ${label} ${i},${label}`),
  );
const sorted = (sizes: Readonly<Record<string, number>>, options = {}) => {
  const others = ["text,label", ...rows("other", { a: 2 })].join("\n");
  const path = folder({
    "train.csv": ["text,label", ...rows("own", sizes)].join("\n"),
    "dev.csv": others.replaceAll("other", "dev"),
    "test.csv": others,
  });
  return loadDataset({ path, seed: 1, ...options });
};
const countsOf = ({ splits, labels }: Awaited<ReturnType<typeof sorted>>) =>
  labelCounts(splits.train.truths(), labels.length);

describe("a sample", () => {
  test.each([
    [{ a: 30, b: 30 }, 20, [10, 10]],
    [{ a: 60, b: 30, c: 10 }, 10, [6, 3, 1]],
    [{ a: 97, b: 2, c: 1 }, 10, [8, 1, 1]],
    [{ a: 50, b: 30, c: 20 }, 7, [4, 2, 1]],
    [{ a: 5, b: 5, c: 5 }, 2, [1, 1, 0]],
    [{ a: 3, b: 3 }, 1, [1, 0]],
  ] as const)("of %j, %i texts: %j", async (sizes, limit, expected) => {
    const data = limitTrain(await sorted(sizes), limit, 1);
    expect(countsOf(data)).toEqual(expected);
    expect(data.splits.test.length).toBe(2);
  });

  test("keeps the order, differs by seed, and holds the smaller sample of the same seed", async () => {
    const data = await sorted({ a: 40, b: 20 });
    const ids = (limit: number, seed: number) => limitTrain(data, limit, seed).splits.train.map(({ id }) => id);
    const own = ids(12, 1);
    expect(own).toEqual(own.toSorted((a, b) => Number(a.slice(6)) - Number(b.slice(6))));
    expect(ids(12, 1)).toEqual(own);
    expect(ids(12, 2)).not.toEqual(own);
    expect(ids(24, 1)).toEqual(expect.arrayContaining(own));
  });

  test("has as many texts as were asked for, of each label as many as there are at most", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (sizes, limit) => {
          const named = Object.fromEntries(sizes.map((size, i) => ["abcde"[i]!, size]));
          const counts = countsOf(limitTrain(await sorted(named), limit, 3));
          const total = sizes.reduce((a, b) => a + b);
          expect(counts.reduce((a, b) => a + b)).toBe(Math.min(limit, total));
          for (const [i, size] of sizes.entries()) {
            expect(counts[i]).toBeLessThanOrEqual(size);
            if (limit >= sizes.length) expect(counts[i]).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test("of several labels, the rarest decides", async () => {
    const data = await sorted({ "a|b": 10, a: 30, "": 10 }, { multiLabel: true });
    expect(countsOf(limitTrain(data, 10, 1))).toEqual([8, 2]);
  });
});

test("first:N takes the first texts, and says what they lack", async () => {
  const data = limitTrain(await sorted({ a: 30, b: 30 }), "first:20", 1);
  expect(countsOf(data)).toEqual([20, 0]);
  expect(data.splits.train.text(19)).toBe("own a 19");
  expect(data.notes.at(-1)).toBe(
    'With --limit first:20, train has no text with the label "b"; without first: a sample of all labels is drawn.',
  );
});

test("more than there are changes nothing", async () => {
  const data = await sorted({ a: 30, b: 30 });
  expect(limitTrain(data, 60, 1)).toBe(data);
  expect(limitTrain(data, "first:99", 1)).toBe(data);
});

test.each(["first:0", "last:3", "first:", 0, 1.5, "20"])("%j is no limit", async (limit) => {
  const given = { model: "attune:mini", data: "attune:emotions", out: "out", limit };
  expect(await inputError(() => resolveOptions(given))).toMatch(
    /limit cannot be .*: it must be (a whole number from 1 on, or first:N|more than 0)/,
  );
});
