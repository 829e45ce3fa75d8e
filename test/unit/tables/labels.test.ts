import { describe, expect, test } from "vitest";
import { labelReader, orderLabels } from "../../../src/tables/labels.ts";
import { inputError } from "./scratch.ts";

describe("orderLabels", () => {
  test.each([
    ["whole numbers by value", ["10", "9", "-1", "2"], ["-1", "2", "9", "10"]],
    ["very large ones too", ["90071992547409931", "90071992547409930"], ["90071992547409930", "90071992547409931"]],
    ["words by code point, not by language", ["b", "É", "a", "Z", "é"], ["Z", "a", "b", "É", "é"]],
    ["a number among words is a word", ["10", "9", "a"], ["10", "9", "a"]],
    ["code points, not UTF-16 units", ["🙂", "ﬁ", "a"], ["a", "ﬁ", "🙂"]],
    ["a prefix comes first", ["ab", "a"], ["a", "ab"]],
    ["false before true", ["true", "false", "true"], ["false", "true"]],
    ["the same number written twice", ["01", "1", "0"], ["0", "01", "1"]],
  ])("%s", (_, names, expected) => {
    expect(orderLabels(names)).toEqual(expected);
  });
});

describe("labelReader", () => {
  const typed = { textOnly: false };
  const text = { textOnly: true };
  const names = ["1", "2", "three"];

  test.each([
    ["a word", "joy", "joy"],
    ["a number", 3, "3"],
    ["a big integer", 3n, "3"],
    ["a whole number stored as a float", 3.0, "3"],
    ["a boolean", false, "false"],
    ["a number as a word", "1.5", "1.5"],
  ])("%s", (_, value, expected) => {
    expect(labelReader("label", undefined, typed)(value, "x.jsonl, line 1")).toBe(expected);
  });

  test("with class names, a number is a place in the list and a word a name", () => {
    const read = labelReader("label", names, typed);
    expect([read(1, ""), read(0n, ""), read("1", ""), read("three", ""), read("0", "")]).toEqual([
      "2",
      "1",
      "1",
      "three",
      "1",
    ]);
  });

  test.each([
    ["missing", undefined, typed, undefined, "missing"],
    ["null", null, typed, undefined, "missing"],
    ["an empty cell", " ", text, undefined, "missing"],
    ["a fraction", 1.5, typed, undefined, "1.5"],
    ["a fraction as text", "1.5", text, undefined, '"1.5"'],
    ["not a number", Number.NaN, typed, undefined, "NaN"],
    ["an object", { a: 1 }, typed, undefined, '{"a":1}'],
    ["a list", ["a"], typed, undefined, '["a"]'],
    ["a place beyond the names", 3n, typed, names, "3, and the labels are"],
    ["a negative place", -1, typed, names, "-1, and the labels are"],
    ["another word", "four", typed, names, '"four", and the labels are "1", "2" and "three"'],
  ])("refused: %s", async (_, value, table, classNames, said) => {
    const message = await inputError(() => labelReader("mood", classNames, table)(value, "x.csv, line 7"));
    expect(message).toContain(`x.csv, line 7: the mood is ${said}`);
  });
});
