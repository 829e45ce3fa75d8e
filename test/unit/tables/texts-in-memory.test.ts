/** Texts that a program has in memory: the data set that the same rows make as a file, and what is said of wrong ones. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspect } from "../../../src/inspection/inspect-texts.ts";
import { type DatasetOptions, loadDataset } from "../../../src/tables/load-dataset.ts";
import { sourceOf } from "../../../src/tables/texts-in-memory.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { folder } = scratchFolder();
const inMemory = (data: object, options: Partial<DatasetOptions> = {}) =>
  loadDataset({ path: "texts in memory", source: sourceOf(data), seed: 1, ...options });

const rows = (count: number, what = "text") =>
  Array.from({ length: count }, (_, i) => ({ text: `${what} ${i}`, label: ["b", "a", "c"][i % 3]!, extra: i }));
const lines = (list: readonly object[]): string => list.map((row) => JSON.stringify(row)).join("\n");
/** A folder with the lists as files. */
const asFiles = (lists: Readonly<Record<string, readonly object[]>>): string =>
  folder(Object.fromEntries(Object.entries(lists).map(([name, list]) => [`${name}.jsonl`, lines(list)])));

describe("the same data set as from a file", () => {
  const train = rows(60);
  const [validation, test_] = [rows(9, "validation"), rows(9, "test")];
  test.each([
    ["all splits", { train, validation, test: test_ }, {}],
    ["no validation", { train, test: test_ }, {}],
    ["train only", { train, test: undefined }, {}],
    [
      "other columns",
      { train: train.map(({ text, label }) => ({ said: text, mood: label, nr: 1 })) },
      { text: "said", label: "mood" },
    ],
    ["ids", { train: train.map((row, i) => ({ ...row, id: 100 + i })) }, {}],
    ["whole numbers and truth", { train: train.map((row, i) => ({ ...row, label: i % 2 === 0 ? true : 7 })) }, {}],
    [
      "several labels",
      { train: train.map(({ text }, i) => ({ text, labels: i % 3 === 0 ? ["x", "y"] : ["y"] })) },
      { multiLabel: true },
    ],
    ["pairs", { train: train.map(({ text, label }) => ({ text, textPair: `not ${text}`, label })) }, {}],
    ["2,500 rows", { train: rows(2500) }, {}],
  ] as const)("%s", async (_, lists, options) => {
    const given = Object.entries(lists).filter(
      (entry): entry is [string, { text: string }[]] => entry[1] !== undefined,
    );
    const fromFiles = await loadDataset({ path: asFiles(Object.fromEntries(given)), seed: 1, ...options });
    const found = await inMemory(lists, options);
    expect(found.sha256).toBe(fromFiles.sha256);
    expect({ ...found, splits: 0 }).toEqual({ ...fromFiles, splits: 0 });
    expect(found.splits.train.isPair).toBe(_ === "pairs");
  });

  test("one list as one file", async () => {
    const fromFile = await loadDataset({ path: join(asFiles({ rows: rows(40) }), "rows.jsonl"), seed: 1 });
    const found = await inMemory(rows(40));
    expect(found.sha256).toBe(fromFile.sha256);
    expect(found.notes).toEqual(fromFile.notes);
  });

  test("inspect", async () => {
    expect(await inspect({ data: { train, test: test_ } })).toEqual(
      await inspect({ data: asFiles({ train, test: test_ }) }),
    );
  });
});

describe("what is wrong is named by its place", () => {
  const changed = (row: unknown) => ({ train: rows(20).map((own, i) => (i === 17 ? row : own)) });
  test.each<[object, string]>([
    [changed({ text: "x" }), "data.train[17].label is missing; a label is a word, a whole number or true/false"],
    [changed({ text: "x", label: " " }), "data.train[17].label is missing;"],
    [changed({ text: "x", label: 0.5 }), "data.train[17].label is 0.5; a label is a word"],
    [changed({ text: "x", label: ["a", "b"] }), 'data.train[17].label is ["a","b"]; a label is a word'],
    [changed({ text: 5, label: "a" }), "data.train[17].text is of type number; it must be a text"],
    [changed({ label: "a" }), "data.train[17].text is missing; it must be a text"],
    [changed("a text"), 'data.train[17] is "a text"; a row is an object like { text: "…", label: "…" }'],
    [changed(null), "data.train[17] is null; a row is"],
    [changed(undefined), "data.train[17] is undefined; a row is"],
    [
      { train: rows(20), test: [{ text: "x", label: "d" }] },
      'data.test[0]: the label "d": the training split has no such label',
    ],
    [[...rows(5), { text: "x" }], "data[5].label is missing"],
    [{ train: [] }, "data.train: there are no rows"],
    [{ test: rows(5) }, "texts in memory: there is no training split"],
    [{ train: "a.csv" }, 'data.train is "a.csv"; it must be a list of rows'],
    [{ training: rows(5) }, 'data has no split "training"; did you mean train?'],
    [rows(3), "texts in memory: there are too few rows for a "],
    [{ train: rows(20).map(({ extra }) => ({ extra })) }, "data.train: which column is the text?"],
  ])("%#", async (data, message) => {
    expect(await inputError(() => inMemory(data))).toContain(message);
  });

  test("options about files", async () => {
    const data = rows(20);
    expect(await inputError(() => inspect({ data, delimiter: ";" }))).toContain("--delimiter has no effect");
    expect(await inputError(() => inspect({ data, configName: "x" }))).toContain("leave configName out");
    expect(await inputError(() => inspect({ data, dataRevision: "x" }))).toContain("leave --data-revision out");
    expect(await inputError(() => inspect({ data, label: "mood" }))).toContain('data: there is no column "mood"');
  });
});
