import { describe, expect, test } from "vitest";
import { openTable } from "../../../src/tables/open-table.ts";
import { describeRoles, findRoles, type RoleOptions } from "../../../src/tables/roles.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();

const SENTENCES = [
  "the cat sat down",
  "a dog ran away",
  "no one was there",
  "it rains a lot",
  "so it goes again",
  "what a day",
];
/** Values of a column for six rows. */
const column = {
  text: SENTENCES,
  other: SENTENCES.map((text) => `${text} again`),
  few: ["x", "y", "x", "y", "x", "y"],
  kinds: ["p", "q", "r", "p", "q", "r"],
  names: ["u1", "u2", "u3", "u4", "u5", "u6"],
  fractions: ["0.5", "1.25", "3.5", "0.1", "2.2", "9.9"],
  flags: ["1", "0", "0", "1", "1", "0"],
};

async function roles(columns: Readonly<Record<string, keyof typeof column>>, options: RoleOptions = {}) {
  const names = Object.keys(columns);
  const lines = SENTENCES.map((_, i) => names.map((name) => column[columns[name]!][i]).join("\t"));
  const path = file("a.tsv", [names.join("\t"), ...lines].join("\n"));
  return findRoles(await openTable(path), options);
}

describe("by name", () => {
  test.each([
    [{ label: "few", text: "text" }, ["text"], ["label"]],
    [{ Review: "text", Sentiment: "few" }, ["Review"], ["Sentiment"]],
    [{ title: "other", review: "text", Category: "kinds" }, ["review"], ["Category"]],
    [{ "Review Text": "text", stars: "few" }, ["Review Text"], ["stars"]],
    [{ premise: "text", hypothesis: "other", label: "few" }, ["premise", "hypothesis"], ["label"]],
    [{ question1: "text", question2: "other", class: "few" }, ["question1", "question2"], ["class"]],
    [{ text: "text", premise: "other", hypothesis: "other", label: "few" }, ["text"], ["label"]],
    [{ tweet: "text", emotion: "few", target: "kinds" }, ["tweet"], ["target"]],
  ] as const)("%j", async (columns, texts, labels) => {
    expect(await roles(columns)).toEqual({ texts, labels });
  });

  test("an id", async () => {
    expect(await roles({ ID: "names", text: "text", label: "few" })).toEqual({
      texts: ["text"],
      labels: ["label"],
      id: "ID",
    });
  });
});

describe("by content", () => {
  test.each([
    ["the text has words, the label few values", { a: "few", b: "text" }, ["b"], ["a"]],
    ["numbers with fractions are no labels", { a: "fractions", b: "text", c: "few" }, ["b"], ["c"]],
    ["names of rows are no labels", { a: "names", b: "text", c: "kinds" }, ["b"], ["c"]],
    ["two columns of texts are a pair", { a: "text", b: "other", c: "few" }, ["a", "b"], ["c"]],
    ["the label by name, the text by content", { a: "text", label: "few" }, ["a"], ["label"]],
    ["the text by name, the label because nothing else is left", { text: "text", z: "names" }, ["text"], ["z"]],
  ] as const)("%s", async (_, columns, texts, labels) => {
    expect(await roles(columns)).toEqual({ texts, labels });
  });

  test("one column for each label, where several labels are asked for", async () => {
    const found = await roles({ text: "text", p: "flags", q: "flags", n: "names" }, { multiLabel: true });
    expect(found).toEqual({ texts: ["text"], labels: ["p", "q"] });
  });

  test.each([
    [
      "three columns of texts",
      { a: "text", b: "other", c: "other", label: "few" },
      /a\.tsv: which column is the text\? It has "a", "b", "c" and "label"; choose one with --text/,
    ],
    [
      "two that could be labels",
      { text: "text", a: "few", b: "kinds" },
      /which column is the label\? .*choose one with --label/,
    ],
    [
      "one column for each label, and not said",
      { text: "text", p: "flags", q: "flags" },
      /choose one with --label, or say --multi-label if a text may have several labels, for which "p" and "q" would be read$/,
    ],
    [
      "fastText's lines",
      { "__label__joy what a day": "text", b: "text" },
      /fastText's format, which is not read; write a CSV/,
    ],
    ["none that could be", { text: "text", a: "names", b: "fractions" }, /which column is the label\?/],
  ] as const)("%s: it asks", async (_, columns, expected) => {
    expect(await inputError(() => roles(columns))).toMatch(expected);
  });
});

describe("as asked for", () => {
  const columns = { a: "text", b: "few", c: "other", d: "flags", e: "flags" } as const;

  test.each([
    [{ text: "c", label: "b" }, ["c"], ["b"]],
    [{ text: "a,c", label: "b" }, ["a", "c"], ["b"]],
    [{ text: "c, a", label: "b" }, ["c", "a"], ["b"]],
    [{ text: "a", label: "d,e", multiLabel: true }, ["a"], ["d", "e"]],
  ] as const)("%j", async (options, texts, labels) => {
    expect(await roles(columns, options)).toEqual({ texts, labels });
  });

  test("a name with a comma in it is one name", async () => {
    expect((await roles({ "a,b": "text", label: "few" }, { text: "a,b" })).texts).toEqual(["a,b"]);
  });

  test("ids and groups", async () => {
    const found = await roles({ ...columns, n: "names" }, { text: "a", label: "b", id: "n", group: "c" });
    expect(found).toEqual({ texts: ["a"], labels: ["b"], id: "n", group: "c" });
    expect(describeRoles(found)).toBe('text from "a", label from "b", ids from "n", groups from "c"');
  });

  test.each([
    [{ text: "x" }, /there is no column "x"; it has "a", "b", "c", "d" and "e"\. Choose one with --text/],
    [{ text: "a,x" }, /there is no column "x"/],
    [{ text: "a,b,c" }, /--text names 3 columns; one text, or a pair of two/],
    [{ label: "d,e" }, /--label names 2 columns; .*say --multi-label as well/],
    [{ id: "x" }, /Choose one with --id/],
    [{ group: "x" }, /Choose one with --group/],
  ])("%j is refused", async (options, expected) => {
    expect(await inputError(() => roles(columns, options))).toMatch(expected);
  });

  test("of many columns some are named", async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`c${i}`, "few" as const]));
    expect(await inputError(() => roles(many, { text: "x" }))).toMatch(/"c18", "c19" and 10 more\. Choose/);
    const flags = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, "flags" as const]));
    const found = await roles({ text: "text", ...flags }, { multiLabel: true });
    expect(describeRoles(found)).toBe('text from "text", labels from 9 columns, "f0" to "f8"');
  });
});
