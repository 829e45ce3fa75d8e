import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstOfEqual, TextSet } from "../../../src/tables/equal-texts.ts";
import { allOf, LabelledRows } from "../../../src/tables/labelled-rows.ts";
import { makeSplits } from "../../../src/tables/made-splits.ts";
import { stratifiedSplit } from "../../../src/tables/split.ts";

const SHARES = { validation: 0.1, test: 0.1 };

interface Row {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  readonly group?: string;
}

function rowsOf(rows: readonly Row[], multiLabel = false): LabelledRows {
  const made = new LabelledRows("row", rows[0]?.texts.length ?? 1, multiLabel);
  for (const [place, { group, ...row }] of rows.entries()) made.add({ ...row, place, id: undefined, group });
  return made;
}

/** The split of each row. */
function splitOf(rows: LabelledRows, seed = 1, joinsTexts = true): string[] {
  const { rows: made } = makeSplits(rows, allOf(rows), SHARES, seed, joinsTexts);
  const splits = new Array<string>(rows.count);
  for (const [split, own] of Object.entries(made)) for (const row of own) splits[row] = split;
  return splits;
}

const numbered = (count: number, group?: (i: number) => string): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    texts: [`text ${i}`],
    labels: [i % 3 === 0 ? "a" : "b"],
    ...(group && { group: group(i) }),
  }));

test("where every text stands once, rows are split by label alone", () => {
  const rows = numbered(60);
  const alone = stratifiedSplit(
    rows.map(({ labels }) => labels[0]!),
    SHARES,
    1,
  );
  expect(splitOf(rowsOf(rows))).toEqual(alone);
});

const text = fc.constantFrom("a", "b", "c", "d", "e", "é", "🙂", "");

test("equal texts get into one split, whatever their labels; both of a pair count", () => {
  const row = fc.record({ texts: fc.tuple(text, text), labels: fc.tuple(fc.constantFrom("x", "y")) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.nat(), (rows, seed) => {
      const made = rowsOf(rows);
      const splits = splitOf(made, seed);
      const byText = new Map<string, string>();
      for (const [i, { texts }] of rows.entries()) {
        const key = JSON.stringify(texts);
        expect(splits[i]).toBe(byText.get(key) ?? splits[i]);
        byText.set(key, splits[i]!);
      }
      expect(makeSplits(made, allOf(made), SHARES, seed, true).repeated).toBe(rows.length - byText.size);
    }),
  );
});

test("with groups, rows that share a group or a text stay together, over however many others", () => {
  const row = fc.record({
    texts: fc.tuple(text),
    labels: fc.tuple(fc.constantFrom("x", "y")),
    group: fc.constantFrom("1", "2", "3", "4", "5", "6"),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.nat(), (rows, seed) => {
      const splits = splitOf(rowsOf(rows), seed);
      for (const [i, a] of rows.entries())
        for (const [j, b] of rows.entries())
          if (a.group === b.group || a.texts[0] === b.texts[0]) expect(splits[i]).toBe(splits[j]);
    }),
  );
});

test("groups of a hundred texts: shares and labels come out about right, and by seed", () => {
  const rows = rowsOf(numbered(3000, (i) => `user ${(i * 7919) % 300}`));
  const splits = splitOf(rows);
  for (const split of ["validation", "test"]) {
    const own = splits.flatMap((name, row) => (name === split ? [row] : []));
    expect(own.length).toBeGreaterThanOrEqual(290);
    expect(own.length).toBeLessThanOrEqual(310);
    const share = own.filter((row) => rows.names[rows.labelsOf(row)[0]!] === "a").length / own.length;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.02);
  }
  expect(splitOf(rows)).toEqual(splits);
  expect(splitOf(rows, 2)).not.toEqual(splits);
});

test("texts that may have several labels are stratified by their rarest", () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({
    texts: [`text ${i}`],
    labels: i < 20 ? ["common", "rare"] : i < 90 ? ["common"] : [],
  }));
  const splits = splitOf(rowsOf(rows, true));
  const tested = (from: number, to: number) => splits.slice(from, to).filter((split) => split === "test").length;
  expect([tested(0, 20), tested(20, 90), tested(90, 100)]).toEqual([2, 7, 1]);
});

test("without regard to equal texts, each row goes its own way", () => {
  const rows = rowsOf(Array.from({ length: 40 }, () => ({ texts: ["same"], labels: ["a"] })));
  expect(new Set(splitOf(rows)).size).toBe(1);
  expect(new Set(splitOf(rows, 1, false)).size).toBe(3);
});

describe("equal texts", () => {
  test("are found by all their bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 60 }), (pairs) => {
        const rows = rowsOf(pairs.map((texts) => ({ texts, labels: ["x"] })));
        const keys = pairs.map((pair) => JSON.stringify(pair));
        expect([...firstOfEqual(rows)]).toEqual(keys.map((key) => keys.indexOf(key)));
      }),
    );
  });

  test("also in other rows", () => {
    const [one, other] = [rowsOf(numbered(5)), rowsOf(numbered(8))];
    const set = new TextSet(13);
    for (let row = 0; row < 5; row++) expect(set.add({ rows: one, row })).toBe(row);
    expect(set.at(set.add({ rows: other, row: 3 }))).toEqual({ rows: one, row: 3 });
    expect([4, 5].map((row) => set.has({ rows: other, row }))).toEqual([true, false]);
  });
});
