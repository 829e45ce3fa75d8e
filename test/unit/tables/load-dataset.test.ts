import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { SplitName } from "../../../src/tables/dataset.ts";
import { type DatasetOptions, loadDataset, loadSplit } from "../../../src/tables/load-dataset.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file, folder } = scratchFolder();
const parquet = (name: string): string => join(fixtures, "parquet", name);

const load = (path: string, options: Partial<DatasetOptions> = {}) => loadDataset({ path, seed: 1, ...options });
const failure = (path: string, options: Partial<DatasetOptions> = {}) => inputError(() => load(path, options));

/** CSV with `count` rows of each label, all with texts of their own. */
const csv = (labels: readonly string[], count: number, name = "text"): string =>
  [
    "text,label",
    ...Array.from({ length: count * labels.length }, (_, i) => `${name} ${i},${labels[i % labels.length]}`),
  ].join("\n");

const LINES = {
  train: csv(["b", "a"], 4),
  validation: csv(["a", "b"], 1, "validation"),
  test: csv(["a"], 2, "test"),
};

/** What is said of LINES: "b" is in train and validation alone. */
const UNMEASURED = 'In test there is no text with the label "b"; how well it is recognized is not measured there.';

describe("a folder with one file for each split", () => {
  test("texts, labels by code point, ids by split and row", async () => {
    const path = folder({ "train.csv": LINES.train, "validation.csv": LINES.validation, "test.csv": LINES.test });
    const { labels, splits, notes } = await load(path);
    expect(labels).toEqual(["a", "b"]);
    expect([...splits.train.slice(0, 2)]).toEqual([
      { id: "train-0", text: "text 0", label: 1 },
      { id: "train-1", text: "text 1", label: 0 },
    ]);
    expect(splits.validation.map(({ id }) => id)).toEqual(["validation-0", "validation-1"]);
    expect(splits.test.map(({ label }) => label)).toEqual([0, 0]);
    expect(notes).toEqual([UNMEASURED]);
  });

  test.each(["valid", "val", "dev"])("%s is validation; formats may differ", async (name) => {
    const rows = '{"text":"x","label":"a"}\n{"text":"y","label":"b"}';
    const path = folder({
      "train.tsv": LINES.train.replaceAll(",", "\t"),
      [`${name}.jsonl`]: rows,
      "test.csv": LINES.test,
    });
    expect((await load(path)).splits.validation.map(({ text }) => text)).toEqual(["x", "y"]);
  });

  test("other files are left alone", async () => {
    const files = {
      "train.csv": csv(["a", "b"], 20),
      "training-notes.csv": "",
      "constructor.csv": "",
      "evals.csv": "",
    };
    expect((await load(folder({ ...files, ".cache/test.csv": "" }))).splits.train).toHaveLength(32);
  });

  test.each([
    [["validation", "test"], { "train.csv": csv(["a", "b"], 20) }, [32, 4, 4]],
    [["validation"], { "train.csv": csv(["a", "b"], 20), "test.csv": LINES.test }, [36, 4, 2]],
    [["test"], { "train.csv": csv(["a", "b"], 20), "dev.csv": LINES.validation }, [36, 2, 4]],
  ])("%j missing: made from train, and said so", async (missing, files, sizes) => {
    const { splits, notes } = await load(folder(files));
    expect([splits.train, splits.validation, splits.test].map(({ length }) => length)).toEqual(sizes);
    expect(notes.slice(1)).toEqual(missing.includes("test") ? [] : [UNMEASURED]);
    for (const split of missing) expect(notes[0]).toContain(`${split} (4 texts)`);
    const made = splits[missing[0] as SplitName];
    expect([...made].filter(({ label }) => label === 0)).toHaveLength(2);
    expect([...made].every(({ id }) => id.startsWith("train-"))).toBe(true);
  });

  test.each([
    ["an empty split", { "train.csv": LINES.train, "test.csv": "text,label\n" }, /test\.csv: there are no rows/],
    ["no training split", { "test.csv": LINES.test }, /there is no training split/],
    ["no split at all", { "notes.txt": "" }, /there are no files like train\.csv/],
    [
      "one split twice",
      { "train.csv": LINES.train, "train.tsv": "" },
      /more than one train split, in .*train\.csv.*train\.tsv/,
    ],
    [
      "two names for one split",
      { "train.csv": LINES.train, "val.csv": "", "dev.csv": "" },
      /more than one validation split/,
    ],
    [
      "a split and a shard of it",
      { "train.csv": LINES.train, "train-1.csv": LINES.train },
      /more than one train split, in .*train\.csv/,
    ],
    ["two data sets", { "a/train.csv": LINES.train, "b/train.csv": "" }, /more than one train split/],
    [
      "too few rows for the others",
      { "train.csv": csv(["a", "b"], 3) },
      /too few rows for a validation split; 5 of each/,
    ],
    [
      "a label that training lacks",
      { "train.csv": LINES.train, "validation.csv": `${LINES.validation}\nx,c`, "test.csv": LINES.test },
      /validation\.csv, line 4: the label "c": the training split has no such label/,
    ],
    ["a missing label", { "train.csv": `${LINES.train}\nx,` }, /train\.csv, line 10: the label is missing/],
    ["a fraction", { "train.csv": `${LINES.train}\nx,1.5` }, /train\.csv, line 10: the label is "1\.5"/],
    ["a null", { "train.jsonl": '{"text":"a","label":null}' }, /train\.jsonl, line 1: the label is missing/],
    [
      "a text that is a number",
      { "train.jsonl": '{"text":5,"label":"a"}' },
      /line 1: the text is of type number; it must be a text/,
    ],
    [
      "a text that is not there",
      { "train.jsonl": '{"text":"a","label":1}\n{"label":1}' },
      /line 2: the text is missing/,
    ],
  ])("%s is an error", async (_, files, expected) => {
    expect(await failure(folder(files))).toMatch(expected);
  });
});

describe("columns", () => {
  test("chosen by name; an id column names the examples, and where it is empty, the row does", async () => {
    const path = folder({
      "train.csv": "id,sentence,mood\n,so,2\nx7,hello,2\n,bye,10",
      "dev.csv": "sentence,mood\na,2",
      "test.csv": "sentence,mood\nb,10",
    });
    const { labels, splits } = await load(path, { text: "sentence", label: "mood" });
    expect(labels).toEqual(["2", "10"]);
    expect(splits.train.map(({ id, text }) => [id, text])).toEqual([
      ["train-0", "so"],
      ["x7", "hello"],
      ["train-2", "bye"],
    ]);
  });

  test("a missing one lists those there are and the nearest", async () => {
    const path = file("a.csv", "Text,lable\na,b");
    expect(await failure(path, { text: "text" })).toBe(
      `${path}: there is no column "text"; it has "Text" and "lable". Choose one with --text, perhaps --text Text`,
    );
    expect(await failure(path, { label: "label" })).toMatch(/no column "label"; .*--label, perhaps --label lable/);
  });

  test("empty texts are counted, not refused", async () => {
    const path = file(
      "a.jsonl",
      `{"text":"","label":0}\n{"text":null,"label":1}\n${Array.from({ length: 20 }, (_, i) => `{"text":"x${i}","label":${i % 2}}\n`).join("")}`,
    );
    const { notes } = await load(path);
    expect(notes.slice(1)).toEqual([
      "1 text repeats another; both are in the same split.",
      "2 texts are empty; they are used as they are.",
    ]);
  });
});

describe("one file", () => {
  const path = () => file("all.csv", csv(["x", "y", "z"], 20));

  test("is split 80/10/10 by label and seed, in the order of the file", async () => {
    const { splits, notes } = await load(path());
    for (const [split, count] of [
      ["train", 16],
      ["validation", 2],
      ["test", 2],
    ] as const) {
      for (const label of [0, 1, 2]) expect([...splits[split]].filter((e) => e.label === label)).toHaveLength(count);
      const rows = splits[split].map(({ id }) => Number(id.replace("row-", "")));
      expect(rows).toEqual(rows.toSorted((a, b) => a - b));
      expect(splits[split].map(({ text }) => text)).toEqual(rows.map((row) => `text ${row}`));
    }
    expect(new Set(Object.values(splits).flatMap((s) => s.map(({ id }) => id))).size).toBe(60);
    expect(notes).toEqual([
      "One file without splits: 80/10/10, stratified by label, seed 1: 48 train, 6 validation, 6 test.",
    ]);
  });

  test("the same seed gives the same split, another seed another", async () => {
    const [once, again, other] = [await load(path()), await load(path()), await load(path(), { seed: 2 })];
    for (const split of ["train", "validation", "test"] as const)
      expect([...again.splits[split]]).toEqual([...once.splits[split]]);
    expect(again.sha256).toBe(once.sha256);
    expect([...other.splits.test]).not.toEqual([...once.splits.test]);
    expect(other.sha256).not.toBe(once.sha256);
  });

  test("a rare label is trained on", async () => {
    const { labels, splits, notes } = await load(file("a.csv", `${csv(["x", "y"], 20)}\nonly,rare`));
    expect([...splits.train].filter(({ label }) => labels[label] === "rare")).toHaveLength(1);
    expect(notes.slice(1)).toEqual([
      'In train there is one text only with the label "rare"; more would be learned from.',
      'In validation and test there is no text with the label "rare"; how well it is recognized is not measured there.',
    ]);
  });

  test("too small", async () => {
    expect(await failure(file("a.csv", csv(["x", "y"], 2)))).toMatch(/too few rows for a validation split/);
  });

  test("empty, unknown, not there", async () => {
    expect(await failure(file("a.csv", "text,label"))).toMatch(/a\.csv: there are no rows/);
    expect(await failure(file("a.doc", ""))).toMatch(/can be read, also gzipped, not "a\.doc"/);
    expect(await failure("/nowhere/data")).toBe("/nowhere/data: there is no such file or folder");
  });
});

describe("the Hub's layout", () => {
  const NAMES = ["weather", "sports", "cooking"];

  test("shards in order, label names from the files, in their order", async () => {
    const { labels, splits } = await load(parquet("hub"));
    expect(labels).toEqual(NAMES);
    expect(splits.train.map(({ text }) => text.match(/\d+/)?.[0])).toEqual(
      Array.from({ length: 12 }, (_, i) => `${i}`),
    );
    expect(splits.train.map(({ label }) => label)).toEqual(Array.from({ length: 12 }, (_, i) => i % 3));
    expect([splits.validation.length, splits.test.length]).toEqual([3, 3]);
  });

  test("the Hub's cache, where files are links", async () => {
    const path = folder({});
    mkdirSync(join(path, "data"));
    for (const split of [
      "train-00000-of-00002",
      "train-00001-of-00002",
      "validation-00000-of-00001",
      "test-00000-of-00001",
    ])
      symlinkSync(parquet(`hub/data/${split}.parquet`), join(path, `data/${split}.parquet`));
    expect((await load(path)).sha256).toBe((await load(parquet("hub"))).sha256);
  });

  const shard = readFileSync(parquet("integers.parquet"));
  const card = (yaml: string): string => `---\n${yaml}\n---\n# Data\n`;
  const features = (name: string, names: string): string =>
    `- config_name: ${name}\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n${names}`;
  const german = "          '0': Wetter\n          '1': Sport\n          '2': Kochen\n";
  const english = "          '0': weather\n          '1': sports\n          '2': cooking\n";

  test("README: the default configuration's files and its label names", async () => {
    const configs = ["en", "de"].map(
      (name) =>
        `- config_name: ${name}\n  default: ${name === "de"}\n  data_files:\n  - split: train\n    path: ${name}/*.parquet`,
    );
    const yaml = `configs:\n${configs.join("\n")}\ndataset_info:\n${features("en", english)}${features("de", german)}`;
    const path = folder({ "README.md": card(yaml), "en/x.parquet": "", "de/y.parquet": shard });
    const { labels, splits } = await load(path);
    expect(labels).toEqual(["Wetter", "Sport", "Kochen"]);
    expect(splits.train.length).toBe(24);
  });

  test("README: one configuration, one pattern, one dataset_info that is no list", async () => {
    const yaml = `configs:\n- config_name: default\n  data_files: "**/*.parquet"\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n${english}`;
    const path = folder({ "README.md": card(yaml), "some/where/y.parquet": shard });
    expect((await load(path)).labels).toEqual(NAMES);
  });

  test("README without data files: found by name, named by the only dataset_info", async () => {
    const path = folder({
      "README.md": card(`dataset_info:\n${features("default", english)}`),
      "data/train-00000-of-00001.parquet": shard,
    });
    expect((await load(path)).labels).toEqual(NAMES);
  });

  test("README without data files: of several dataset_infos, the default one", async () => {
    const yaml = `dataset_info:\n${features("de", german)}${features("default", english)}`;
    expect((await load(folder({ "README.md": card(yaml), "train.parquet": shard }))).labels).toEqual(NAMES);
  });

  test("names that no row has are labels all the same, and validation may have them alone", async () => {
    const yaml = card(`dataset_info:\n${features("default", english)}`);
    const rows = csv(["0", "1"], 3);
    const { labels, splits } = await load(
      folder({
        "README.md": yaml,
        "train.csv": rows,
        "dev.csv": csv(["2"], 1, "dev"),
        "test.csv": csv(["0", "1"], 3, "test"),
      }),
    );
    expect(labels).toEqual(NAMES);
    expect(splits.validation.map(({ label }) => label)).toEqual([2]);
  });

  test.each([
    [
      "several configurations, no default",
      { "README.md": card("configs:\n- config_name: en\n  data_files: en/*\n- config_name: de\n  data_files: de/*") },
      /README\.md describes several configurations \(en, de\) and no default/,
    ],
    [
      "files that are not there",
      { "README.md": card("configs:\n- config_name: a\n  data_files:\n  - split: train\n    path: data/train-*") },
      /README\.md names "data\/train-\*" for train, and there is no such file/,
    ],
    ["YAML that is none", { "README.md": card("configs: [") }, /README\.md: the YAML at its top cannot be read/],
    [
      "a missing shard",
      { "data/train-00001-of-00002.parquet": shard },
      /the train split has 2 shards, and only 1 of them is here/,
    ],
    [
      "a number without a name",
      {
        "README.md": card(`dataset_info:\n${features("default", "          '0': a\n          '1': b\n")}`),
        "train.parquet": shard,
      },
      /train\.parquet, row 3: the label is 2, and the labels are "a" and "b"/,
    ],
  ])("%s", async (_, files, expected) => {
    expect(await failure(folder(files))).toMatch(expected);
  });
});

describe("label columns of Parquet", () => {
  const label = async (column: string) =>
    (
      await loadSplit({
        path: parquet("types.parquet"),
        label: column,
        labels: ["false", "true", "1", "2", "3", "10"],
        seed: 0,
      })
    ).examples.map((e) => e.label);

  test("booleans, small integers and whole floats", async () => {
    expect(await label("yes")).toEqual([1, 0, 1]);
    expect(await label("small")).toEqual([3, 5, 2]);
    expect(await label("whole")).toEqual([2, 3, 4]);
  });

  test.each([
    ["fraction", /types\.parquet, row 2: the fraction is 1\.5; a label is/],
    ["gap", /types\.parquet, row 2: the gap is missing/],
    ["list", /types\.parquet, row 1: the list is \["a"\]/],
    ["struct", /types\.parquet, row 1: the struct is \{"inner":"a"\}/],
  ])("%s", async (column, expected) => {
    expect(await failure(parquet("types.parquet"), { label: column })).toMatch(expected);
  });
});

describe("sha256", () => {
  const hash = async (train: string, options: Partial<DatasetOptions> = {}) =>
    (await load(folder({ "train.csv": train, "dev.csv": LINES.validation, "test.csv": LINES.test }), options)).sha256;

  test("is of the content, whatever holds it", async () => {
    const same = folder({
      "train.tsv": LINES.train.replaceAll(",", "\t"),
      "val.csv": LINES.validation,
      "test.csv": LINES.test,
    });
    expect((await load(same)).sha256).toBe(await hash(LINES.train));
    expect(await hash(LINES.train, { seed: 5 })).toBe(await hash(LINES.train));
  });

  test("changes with texts, labels, order and the borders between texts", async () => {
    const variants = [
      "text,label\nab,a\nc,b",
      "text,label\na,a\nbc,b",
      "text,label\nab,b\nc,a",
      "text,label\nc,b\nab,a",
      "text,label\nab,a\nc,b\n,a",
    ];
    expect(new Set(await Promise.all(variants.map((text) => hash(text)))).size).toBe(variants.length);
  });
});

const emotion = fileURLToPath(new URL("../../../../shared/data/dair-ai/emotion", import.meta.url));

test.skipIf(!existsSync(emotion))("dair-ai/emotion (needs ../shared; skipped without)", async () => {
  const { labels, splits, notes } = await load(emotion);
  expect(labels).toEqual(["sadness", "joy", "love", "anger", "fear", "surprise"]);
  expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([15984, 1997, 2000]);
  expect(notes).toEqual([
    "Texts that stand in a later split too were taken out: 3 from validation and 16 from train (--shared-texts keep leaves them).",
  ]);
  const whole = await load(emotion, { sharedTexts: "keep" });
  expect(Object.values(whole.splits).map(({ length }) => length)).toEqual([16000, 2000, 2000]);
  expect(whole.notes).toEqual([]);
});
