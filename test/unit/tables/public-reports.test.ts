/** What people's tables are like, from public reports: ../shared/cases where it is there, and small ones like it always. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { train } from "../../../src/run/train.ts";
import { type Dataset, labelCounts } from "../../../src/tables/dataset.ts";
import { limitTrain } from "../../../src/tables/limit-train.ts";
import { type DatasetOptions, loadDataset } from "../../../src/tables/load-dataset.ts";
import { tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { file, folder } = scratchFolder();
const shared = fileURLToPath(new URL("../../../../shared/cases/tables/", import.meta.url));
const load = (path: string, options: Partial<DatasetOptions> = {}) => loadDataset({ path, seed: 1, ...options });
const sizes = ({ splits }: Dataset) => [splits.train.length, splits.validation.length, splits.test.length];
const total = (dataset: Dataset) => sizes(dataset).reduce((a, b) => a + b);

describe.skipIf(!existsSync(shared))("../shared/cases (skipped without)", () => {
  const at = (name: string, options: Partial<DatasetOptions> = {}) => load(join(shared, name), options);

  test("empty-header", async () => {
    const data = await at("empty-header/spam.csv", { encoding: "latin1" });
    expect(data).toMatchObject({ columns: { texts: ["v2"], labels: ["v1"] }, labels: ["ham", "spam"] });
    expect(total(data)).toBe(80);
    expect(data.reading).toContain("3 columns without a name left out");
  });

  test("text-without-letters", async () => {
    const two = await at("text-without-letters/two.csv");
    expect(two.columns).toEqual({ texts: ["comment_raw", "reply_raw"], labels: ["flag"] });
    expect(two.reading).toContain('"comment_raw" taken for texts, though 1 of');
    const one = await at("text-without-letters/a.csv");
    expect(one).toMatchObject({ columns: { texts: ["comment_raw"], labels: ["verdict"] }, labels: ["neg", "pos"] });
    const bare = await at("text-without-letters/nohead.csv");
    expect(bare).toMatchObject({ columns: { texts: ["1"], labels: ["2"] }, labels: ["neg", "pos"] });
  });

  test.each(["s.csv", "q.csv"])("excel-sep-line/%s", async (name) => {
    const data = await at(`excel-sep-line/${name}`);
    expect(data.columns).toEqual({ texts: ["text"], labels: ["label"] });
    expect(data.reading).toMatch(/^semicolon-separated/);
    expect(total(data)).toBe(80);
  });

  test("split-names", async () => {
    const corona = await at("split-names/corona");
    expect(sizes(corona)).toEqual([54, 6, 10]);
    expect(corona.notes.join(" ")).toMatch(/There is no validation \(6 texts\): made from train/);
    expect(sizes(await at("split-names/training"))).toEqual([60, 10, 10]);
    const evaluated = await at("split-names/eval");
    expect(sizes(evaluated)).toEqual([60, 10, 10]);
    expect(evaluated.splits.validation.text(0)).toContain("at home");
  });

  test("padded-cells", async () => {
    const quoted = await at("padded-cells/b.csv");
    expect(quoted.labels).toEqual(["neg", "pos"]);
    expect(quoted.splits.train.map(({ text }) => text).every((text) => /^\S.*, well$/.test(text))).toBe(true);
    const padded = await at("padded-cells/c.csv");
    expect(padded.labels).toEqual(["neg", "pos"]);
    expect(padded.notes.join(" ")).toMatch(/Blanks around labels are left out/);
  });

  test("float-labels, backslash-quotes, txt-splits, unlabelled-test", async () => {
    expect((await at("float-labels/f.csv")).labels).toEqual(["0", "1"]);
    const quotes = await at("backslash-quotes/a.csv");
    expect(total(quotes)).toBe(80);
    expect(quotes.reading).toContain("backslashes before quotes");
    expect(quotes.splits.train.map(({ text }) => text).every((text) => /^he said ".*" to me$/.test(text))).toBe(true);
    const txt = await at("txt-splits");
    expect(txt.labels).toEqual(["joy", "sadness"]);
    expect(sizes(txt).slice(1)).toEqual([10, 10]);
    const unlabelled = await at("unlabelled-test");
    expect(unlabelled.notes.join(" ")).toMatch(/test split has no labels .* left out/);
    expect(unlabelled.splits.validation.length).toBe(10);
  });

  test("parquet-bigint", async () => {
    expect(await inputError(() => at("parquet-bigint/seq.parquet"))).toMatch(/--multi-label/);
    const several = await at("parquet-bigint/seq.parquet", { multiLabel: true });
    expect(several.labels.length).toBeGreaterThan(1);
    expect(await inputError(() => at("parquet-bigint/struct-int64-label.parquet"))).toMatch(
      /^[^\n]*label is \{"id":0\}/,
    );
  });

  test("sorted: a sample has both labels, the first texts have one", async () => {
    const data = await at("sorted/one.csv");
    const countsOf = (limit: number | string) => {
      const { splits, labels } = limitTrain(data, limit, 1);
      return labelCounts(splits.train.truths(), labels.length);
    };
    expect(data.labels).toHaveLength(2);
    expect(countsOf(20)).toEqual([10, 10]);
    expect(countsOf("first:20")).toContain(0);
  });

  test("parquet-bigint is trained on", async () => {
    const root = folder({});
    const given = { model: tinyModel(join(root, "model")), data: join(shared, "parquet-bigint/seq.parquet") };
    const { result } = await train({ ...given, multiLabel: true, out: join(root, "run"), epochs: 1, threads: 1 });
    expect(Object.keys(result.thresholds!).length).toBeGreaterThan(1);
  });

  test("no-header-date", async () => {
    expect((await at("no-header-date/sorted.csv", { label: "1" })).columns.texts).toEqual(["6"]);
  });
});

const csv = (header: string, rows: readonly string[]) => [header, ...rows].join("\n");
const words = Array.from({ length: 40 }, (_, i) => `some words of a review ${i}`);
const kinds = ["neg", "pos"];

describe("texts without letters", () => {
  test.each(["10/10", "👍👍", "!!!", "100%", "2009-04-06"])("some of %s change nothing", async (odd) => {
    const rows = words.map((text, i) => `${i % 13 === 5 ? odd : text},${kinds[i % 2]}`);
    const { columns, reading } = await load(file("a.csv", csv("comment_raw,verdict", rows)));
    expect(columns).toEqual({ texts: ["comment_raw"], labels: ["verdict"] });
    expect(reading).toMatch(/"comment_raw" taken for texts, though 3 of 40 looked at have no words/);
  });

  test("where all have none, columns are asked for instead of swapped", async () => {
    const rows = words.map((_, i) => `${"👍".repeat(1 + (i % 30))},${kinds[i % 2]}`);
    expect(await inputError(() => load(file("a.csv", csv("a,b", rows))))).toMatch(/which column is the text\?/);
  });
});

describe("dates are no texts", () => {
  test.each([
    (i: number) => `Mon Apr ${10 + (i % 15)} 22:00:${10 + i} PDT 2009`,
    (i: number) => `2021-03-04 10:${10 + i}:00 UTC`,
    (i: number) => `${1 + (i % 28)} de mayo de 2020 a`.replace(" a", ""),
    (i: number) => `March ${1 + (i % 28)}, 2020 at ${1 + (i % 11)}:30 PM`,
    (i: number) => `Montag, ${1 + (i % 28)}. Januar 2020`,
  ])("%s", async (date) => {
    const rows = words.map((text, i) => `${kinds[i % 2]},"${date(i)}",${text}`);
    const { columns } = await load(file("a.csv", csv("kind,when,what", rows)));
    expect(columns).toEqual({ texts: ["what"], labels: ["kind"] });
  });
});

describe("labels", () => {
  test("blanks around them do not count, case does, and both are said", async () => {
    const labels = ["True", "true", " true", "no", "no\t", "\u00a0no"];
    const rows = Array.from({ length: 60 }, (_, i) => `${words[i % 40]} ${i},${labels[i % 6]}`);
    const data = await load(file("a.csv", csv("text,label", rows)));
    expect(data.labels).toEqual(["True", "no", "true"]);
    const notes = data.notes.join(" ");
    expect(notes).toMatch(/Blanks around labels are left out: "true" and "no" also stand with blanks, in 30 rows/);
    expect(notes).toMatch(/The labels "True" and "true" are 2 labels/);
  });

  test.each([
    [
      ["0.0", "1.0"],
      ["0", "1"],
    ],
    [
      ["1", "1.0", "2.00"],
      ["1", "2"],
    ],
    [
      ["-1.0", "0.0", "10.0"],
      ["-1", "0", "10"],
    ],
  ])("%j are whole numbers", async (given, expected) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${words[i % 40]} ${i},${given[i % given.length]}`);
    expect((await load(file("a.csv", csv("text,label", rows)))).labels).toEqual(expected);
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("%s is a label like others", async (name) => {
    const rows = Array.from({ length: 40 }, (_, i) => `${words[i]},${i % 2 ? name : "a"}`);
    const { labels } = await load(file("a.csv", csv("text,label", rows)));
    expect(labels.toSorted()).toEqual([name, "a"].toSorted());
  });

  test("nested however deep end in one sentence", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const rows = [`{"text":"a b c","label":${deep}}`, '{"text":"d e f","label":"x"}'];
    expect(await inputError(() => load(file("a.jsonl", rows.join("\n"))))).toMatch(
      /^.{0,300}line 1: the label is \[\[\[…\]\]\]; a label is/,
    );
    const named = rows.map((row) => row.replace("label", "kind").replace("text", "what"));
    expect(await inputError(() => load(file("a.jsonl", named.join("\n"))))).toMatch(/^.{0,400}$/);
  });
});

describe("a card that says nonsense", () => {
  const data = {
    "train.csv": csv(
      "text,label",
      words.map((text, i) => `${text},${kinds[i % 2]}`),
    ),
  };
  test.each([
    ["configs: yes", /README\.md: the YAML at its top cannot be read \(configs must be a list/],
    ["configs: 5", /configs must be a list/],
    ["configs:\n- 5", /configs\.0 must be/],
    ["configs:\n- config_name: a\n  data_files:\n  - split: train\n    path: 5", /configs\.0\.data_files/],
    ["configs: &a [*a]", /configs|alias/i],
    ["configs: *none", /cannot be read/],
  ])("%s", async (card, says) => {
    const path = folder({ ...data, "README.md": `---\n${card}\n---\n` });
    const message = await inputError(() => load(path));
    expect(message).toMatch(says);
    expect(message).not.toContain("\n");
  });

  test.each([
    "dataset_info: yes",
    "dataset_info: [1, null]",
    "dataset_info:\n  features: 3",
    "dataset_info: &a [*a]",
    "x: &a [1]\ny: *a",
    "5",
    "[1]",
  ])("%s says nothing of labels", async (card) => {
    const { labels } = await load(folder({ ...data, "README.md": `---\n${card}\n---\n` }));
    expect(labels).toEqual(["neg", "pos"]);
  });

  test("names of labels that YAML takes for something else", async () => {
    const card =
      "dataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': 1\n          '1': true\n";
    const rows = words.map((text, i) => `${text},${i % 2}`);
    const path = folder({ "train.csv": csv("text,label", rows), "README.md": `---\n${card}---\n` });
    expect((await load(path)).labels).toEqual(["1", "true"]);
  });
});
