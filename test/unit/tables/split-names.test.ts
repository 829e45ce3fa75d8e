/** Which file is which split; expected values are those of Hugging Face datasets, see make_split_names.py. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { matchesPattern } from "../../../src/tables/file-pattern.ts";
import { findSource } from "../../../src/tables/find-splits.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { folder } = scratchFolder();

interface Case {
  readonly files: readonly string[];
  readonly splits: Readonly<Record<string, readonly string[]>>;
}
const cases = JSON.parse(readFileSync(join(fixtures, "split-names.json"), "utf8")) as readonly Case[];

const csv = (name: string, count = 40) =>
  `text,label\n${Array.from({ length: count }, (_, i) => `${name} ${i},${"ab"[i % 2]}`).join("\n")}\n`;
const made = (files: readonly string[]) => folder(Object.fromEntries(files.map((file) => [file, csv(file)])));

describe("as datasets.load_dataset", () => {
  test.each(cases.map((one) => [one.files.join(", "), one] as const))("%s", (_, { files, splits }) => {
    const path = made(files);
    const found = findSource(path).files;
    // What datasets takes for train since no name says a split is data without splits here.
    const hasSplits = Object.keys(splits).length > 1;
    const expected = hasSplits ? splits : { all: splits.train };
    expect(
      Object.fromEntries(
        Object.entries(found).map(([key, own]) => [key, own.map((one: string) => one.slice(path.length + 1))]),
      ),
    ).toEqual(expected);
  });
});

describe("where datasets would mix splits", () => {
  const named = (path: string) => {
    const { files, unused } = findSource(path);
    return {
      ...Object.fromEntries(
        Object.entries(files).map(([key, own]) => [key, own.map((one: string) => one.slice(path.length + 1))]),
      ),
      unused,
    };
  };

  test("eval is validation beside a test, and stays out beside both", () => {
    expect(named(made(["train.csv", "eval.csv", "test.csv"]))).toMatchObject({
      validation: ["eval.csv"],
      test: ["test.csv"],
      unused: [],
    });
    expect(named(made(["train.csv", "dev.csv", "eval.csv", "test.csv"]))).toMatchObject({
      validation: ["dev.csv"],
      test: ["test.csv"],
      unused: ["eval.csv"],
    });
  });

  test("the name of a split alone comes first, then what is matched", () => {
    expect(named(made(["train.csv", "extra_train.csv", "test.csv"]))).toMatchObject({
      train: ["train.csv"],
      unused: ["extra_train.csv"],
    });
    expect(named(made(["train.csv", "validation_matched.csv", "validation_mismatched.csv"]))).toMatchObject({
      validation: ["validation_matched.csv"],
      unused: ["validation_mismatched.csv"],
    });
  });

  test("two data sets in one folder are an error", async () => {
    expect(await inputError(() => findSource(made(["a_train.csv", "a_test.csv", "b_train.csv"])))).toMatch(
      /more than one train split/,
    );
  });

  test("a name with the words of two splits is none", () => {
    expect(named(made(["train.csv", "test.csv", "train_test_overlap.csv"]))).toMatchObject({
      unused: ["train_test_overlap.csv"],
    });
  });

  test("names that only hold such a word, without train, are no splits", () => {
    expect(findSource(made(["test_reviews.csv"])).files).toHaveProperty("all");
  });

  test("files in a list are joined", () => {
    const path = made(["a_train.csv", "b_train.csv", "a_test.csv"]);
    const list = ["a_train.csv", "b_train.csv", "a_test.csv"].map((file) => join(path, file)).join(",");
    expect(findSource(list).files).toMatchObject({ train: { length: 2 }, test: { length: 1 } });
  });
});

test("tables that are not used are named", async () => {
  const { notes } = await loadDataset({ path: made(["train.csv", "test.csv", "other.csv", "more.jsonl"]), seed: 1 });
  expect(notes[0]).toMatch(/^Tables that are not used, .*"more\.jsonl" and "other\.csv"/);
});

describe("a test split without labels", () => {
  const train = { "train.csv": csv("train"), "dev.csv": csv("dev") };
  test.each([
    ["no column", "id,text\n1,x y z\n2,p q r\n"],
    ["-1 everywhere", "text,label\nx y z,-1\np q r,-1\n"],
    ["nothing", "text,label\nx y z,\np q r,\n"],
  ])("%s: it is left out, and test comes from the rest", async (_, content) => {
    const { splits, notes, labels } = await loadDataset({ path: folder({ ...train, "test.csv": content }), seed: 1 });
    expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([36, 40, 4]);
    expect(labels).toEqual(["a", "b"]);
    expect(notes.join(" ")).toMatch(
      /The test split has no labels \(".*test\.csv"\), so it is left out; attune predict RUN --data … fills it\. There is no test \(4 texts\)/,
    );
  });

  test("one that has some is used", async () => {
    const content = "text,label\nx y z,-1\np q r,a\n";
    const path = folder({ ...train, "test.csv": content });
    expect(await inputError(() => loadDataset({ path, seed: 1 }))).toMatch(/test\.csv, line 2: the label "-1"/);
  });
});

test("a short file has no header where train has none", async () => {
  const bare = (name: string, count: number) => csv(name, count).replace("text,label\n", "");
  const path = folder({
    "train.txt": bare("words of train", 40),
    "test.txt": bare("words of test", 3),
    "val.txt": bare("words of val", 3),
  });
  const { splits } = await loadDataset({ path, seed: 1 });
  expect(splits.test.map(({ text }) => text)).toEqual(["words of test 0", "words of test 1", "words of test 2"]);
});

describe("file patterns", () => {
  test.each([
    ["data/train-*.csv", "data/train-1.csv", true],
    ["*.csv", "data/a.csv", false],
    ["**/*.csv", "data/x/a.csv", true],
    ["**/*.csv", "a.csv", true],
    ["data/**", "data/x/a.csv", true],
    ["train-[0-9][0-9].csv", "train-07.csv", true],
    ["train-[!0-9].csv", "train-7.csv", false],
    ["a?.csv", "ab.csv", true],
    ["a.csv", "abcsv", false],
    ["a+(b).csv", "a+(b).csv", true],
  ])("%s and %s: %s", (pattern, path, fits) => {
    expect(matchesPattern(path, pattern)).toBe(fits);
  });

  test("no pattern takes long", () => {
    const started = performance.now();
    for (const star of ["*a", "**a", "**/a", "?*"])
      expect(matchesPattern(`${"a".repeat(200)}b`, star.repeat(40))).toBe(star === "?*");
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
