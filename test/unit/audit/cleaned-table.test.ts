/** Rows as lines: values as they were, and labels in the way in which the cell had them. */
import { expect, test } from "vitest";
import { type Ending, tableWriter } from "../../../src/audit/cleaned-table.ts";

const written = (
  ending: Ending,
  row: Readonly<Record<string, unknown>>,
  labels: readonly string[],
  columns = ["label"],
) => tableWriter(ending, Object.keys(row), columns, true).line(row, labels);

test("CSV and TSV: quotes where a field needs them, and nothing else is changed", () => {
  const row = { id: 7, text: '=SUM(1), "two"\nlines', label: "old", when: new Date(0), none: null };
  expect(written(".csv", row, ["new"])).toBe('7,"=SUM(1), ""two""\nlines",new,1970-01-01T00:00:00.000Z,\n');
  expect(written(".tsv", { text: "a\tb, c", label: "x" }, ["x"])).toBe('"a\tb"\tx\n'.replace('"a\tb"', '"a\tb, c"'));
  expect(tableWriter(".csv", ["a,b", "label"], ["label"], true).header).toBe('"a,b",label\n');
  expect(tableWriter(".csv", ["1", "2"], ["2"], false).header).toBe("");
});

test.each([
  [{ label: 0 }, ["1"], '{"label":1}'],
  [{ label: 0 }, ["0"], '{"label":0}'],
  // The data's metadata called 0 so; in the new file there are none.
  [{ label: 0 }, ["sadness"], '{"label":"sadness"}'],
  [{ label: true }, ["false"], '{"label":false}'],
  [{ label: 3n, big: 2n ** 60n }, ["3"], '{"label":3,"big":"1152921504606846976"}'],
  [{ label: ["a", "b"] }, ["a", "b"], '{"label":["a","b"]}'],
  [{ label: ["a"] }, ["a", "c"], '{"label":["a","c"]}'],
  [{ label: "b; a" }, ["a", "b"], '{"label":"b; a"}'],
  [{ label: "b; a" }, ["a", "c"], '{"label":"[\\"a\\",\\"c\\"]"}'],
  [{ label: "" }, [], '{"label":""}'],
])("JSON Lines: %o with labels %o", (row, labels, line) => {
  expect(written(".jsonl", row, labels)).toBe(`${line}\n`);
});

test("one column for each label", () => {
  const row = { text: "t", a: "1", b: "0", c: false };
  expect(written(".csv", row, ["b", "c"], ["a", "b", "c"])).toBe("t,0,1,true\n");
  expect(written(".csv", row, ["a"], ["a", "b", "c"])).toBe("t,1,0,false\n");
});
