/** Data as people have them: each is looked at and trained on at the first try. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Inspection } from "../../src/inspection/inspect-texts.ts";
import type { RunFacts } from "../../src/run/run-facts.ts";
import type { RunResult } from "../../src/run/run-result.ts";
import { tinyModel } from "../tiny.ts";
import { fixtures, scratchFolder } from "../unit/tables/scratch.ts";
import { attune, LEARNING, readJson, readLines, succeed } from "./attune.ts";

const { folder } = scratchFolder();
const cwd = folder({});
tinyModel(join(cwd, "model"));

const WORDS = ["the", "a", "cat", "dog", "running", "was", "very", "café"];
/** Sixty different texts, of which every second one is good. */
const TEXTS = Array.from({ length: 60 }, (_, i) => {
  const [one, two, three] = [i, i >> 1, i >> 3].map((k) => WORDS[k % WORDS.length]);
  return { text: `${one} ${i % 2 === 0 ? "good" : "bad"} ${two} ${three} ${i}`, mood: i % 2 === 0 ? "good" : "bad", i };
});

const lines = (rows: readonly string[]): string => `${rows.join("\n")}\n`;
const jsonl = (rows: readonly object[]): string => lines(rows.map((row) => JSON.stringify(row)));

function put(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  }
}

interface Shape {
  readonly what: string;
  readonly data: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly options?: readonly string[];
  readonly reading: string;
  readonly labels: readonly string[];
  readonly examples: readonly [train: number, validation: number, test: number];
}

const shapes: readonly Shape[] = [
  {
    what: "a spreadsheet's CSV: UTF-16, semicolons, columns in another language",
    data: "Tabelle.csv",
    files: {
      "Tabelle.csv": Buffer.from(
        `\ufeff${["Nummer;Satz;Art", ...TEXTS.map(({ text, mood, i }) => `${i};"${text}; so";${mood}`)].join("\r\n")}`,
        "utf16le",
      ),
    },
    reading: 'semicolon-separated, UTF-16LE, text from "Satz", label from "Art"',
    labels: ["bad", "good"],
    examples: [48, 6, 6],
  },
  {
    what: "tabs, no header, and quotes that are part of the texts",
    data: "messages.tsv",
    files: { "messages.tsv": lines(TEXTS.map(({ text, mood }) => `${mood}\t"${text}`)) },
    reading:
      'tab-separated, quotes are part of the text, no header, so columns are called by their numbers, text from "2", label from "1"',
    labels: ["bad", "good"],
    examples: [48, 6, 6],
  },
  {
    what: "a JSON list, gzipped, with numbers as labels",
    data: "reviews.json.gz",
    files: {
      "reviews.json.gz": gzipSync(
        JSON.stringify(
          TEXTS.map(({ text, i }) => ({ id: i, review: text, stars: 1 + (i % 5) })),
          null,
          1,
        ),
      ),
    },
    reading: 'text from "review", label from "stars", ids from "id"',
    labels: ["1", "2", "3", "4", "5"],
    examples: [50, 5, 5],
  },
  {
    what: "JSON Lines with true and false, in folders called like splits, gzipped shards",
    data: "shards",
    files: Object.fromEntries(
      [0, 1, 2].map((k) => [
        `shards/${k === 2 ? "test" : "train"}/part-${k}.jsonl.gz`,
        gzipSync(jsonl(TEXTS.slice(20 * k, 20 * k + 20).map(({ text, i }) => ({ text, label: i % 2 === 0 })))),
      ]),
    ),
    reading: 'text from "text", label from "label"',
    labels: ["false", "true"],
    examples: [36, 4, 20],
  },
  {
    what: "several CSV files without splits, with groups that stay together",
    data: "folder",
    files: Object.fromEntries(
      [0, 1].map((k) => [
        `folder/export ${k}.csv`,
        lines([
          "user,tweet,sentiment",
          ...TEXTS.slice(30 * k, 30 * k + 30).map(({ text, mood, i }) => `u${i % 20},${text},${mood}`),
        ]),
      ]),
    ),
    options: ["--group", "user"],
    reading: 'comma-separated, text from "tweet", label from "sentiment", groups from "user"',
    labels: ["bad", "good"],
    examples: [48, 6, 6],
  },
  {
    what: "sentence pairs",
    data: "pairs.csv",
    files: {
      "pairs.csv": lines([
        "premise,hypothesis,label",
        ...TEXTS.map(({ text, mood, i }) => `${text},the dog was ${i % 4},${mood}`),
      ]),
    },
    reading: 'comma-separated, texts from "premise" and "hypothesis", label from "label"',
    labels: ["bad", "good"],
    examples: [48, 6, 6],
  },
  {
    what: "lists of labels",
    data: "lists.jsonl",
    files: {
      "lists.jsonl": jsonl(
        TEXTS.map(({ text, mood, i }) => ({
          text,
          labels: i % 10 === 9 ? [] : [mood, ...(i % 3 === 0 ? ["third"] : [])],
        })),
      ),
    },
    options: ["--multi-label"],
    reading: 'text from "text", label from "labels"',
    labels: ["bad", "good", "third"],
    examples: [46, 7, 7],
  },
  {
    what: "one column for each label",
    data: "flags.csv",
    files: {
      "flags.csv": lines([
        "comment_text,toxic,kind,odd",
        ...TEXTS.map(({ text, i }) => `${text},${i % 2},${1 - (i % 2)},${i % 3 === 0 ? 1 : 0}`),
      ]),
    },
    options: ["--multi-label"],
    reading: 'comma-separated, text from "comment_text", labels from "toxic", "kind" and "odd"',
    labels: ["toxic", "kind", "odd"],
    examples: [48, 6, 6],
  },
  {
    what: "files by name, with commas between",
    data: "b-train.csv,b-more.csv",
    files: {
      "b-train.csv": lines(["text|category", ...TEXTS.slice(0, 30).map(({ text, mood }) => `${text}|${mood}`)]),
      "b-more.csv": lines(["text|category", ...TEXTS.slice(30).map(({ text, mood }) => `${text}|${mood}`)]),
    },
    reading: 'bar-separated, text from "text", label from "category"',
    labels: ["bad", "good"],
    examples: [48, 6, 6],
  },
  {
    what: "a folder of the Hub with Parquet and class names",
    data: "hub",
    reading: 'text from "text", label from "label"',
    labels: ["weather", "sports", "cooking"],
    examples: [12, 3, 3],
  },
];

beforeAll(() => {
  cpSync(join(fixtures, "parquet/hub"), join(cwd, "hub"), { recursive: true });
  for (const { files = {} } of shapes) put(files);
});

const train = (data: string, out: string, ...options: readonly string[]) =>
  succeed(["train", "--model", "model", "--data", data, "--out", out, "--epochs", "1", ...LEARNING, ...options], {
    cwd,
  });

describe.concurrent("looked at and trained on", () => {
  test.each(shapes.map((shape, i) => ({ ...shape, out: `run-${i}` })))(
    "$what",
    async ({ data, options = [], reading, labels, examples, out }) => {
      const inspected = await succeed(["inspect", data, "--model", "model", "--json", ...options], { cwd });
      const found = JSON.parse(inspected.stdout) as Inspection;
      expect(found).toMatchObject({ reading, labels, maxLength: 16 });
      expect(Object.values(found.texts)).toEqual(examples);
      expect(found.bagOfWords?.accuracy).toBeGreaterThanOrEqual(0);

      const { stderr } = await train(data, out, ...options);
      expect(stderr.split("\n")[0]).toBe(`Read as ${reading}.`);
      const run = readJson<{ labels: string[]; reading: string }>(cwd, out, "run.json");
      expect([run.labels, run.reading]).toEqual([labels, reading]);
      const [start] = readLines<{ examples: object }>(cwd, out, "events.jsonl");
      expect(Object.values(start!.examples)).toEqual(examples);
    },
  );
});

describe("sentence pairs", () => {
  test("are predicted, evaluated and exported as pairs", async () => {
    await train("pairs.csv", "pairs", "--epochs", "3");
    const [first] = readLines<{ text: string; pair: string }>(cwd, "pairs/predictions/test.jsonl");
    const { stdout } = await succeed(["predict", "pairs", "--json"], {
      cwd,
      input: `${first!.text}\t${first!.pair}\n`,
    });
    expect(JSON.parse(stdout)).toMatchObject({ text: first!.text, pair: first!.pair });
    const evaluated = await succeed(["evaluate", "pairs", "--data", "pairs.csv", "--split", "test", "--json"], { cwd });
    const { loss } = readJson<RunResult>(cwd, "pairs/result.json").test;
    expect(JSON.parse(evaluated.stdout).loss).toBeCloseTo(loss, 6);
    const exported = await succeed(["export", "pairs", "--format", "onnx", "--int8", "--out", "pairs-onnx"], { cwd });
    expect(exported.stderr).toMatch(/int8: accuracy .* on the 6 test texts/);
  });

  test("need two texts", async () => {
    const { code, stderr } = await attune(["predict", "run-5", "only one"], { cwd });
    expect([code, stderr]).toEqual([
      2,
      'attune: there is no tab in "only one": this model reads two texts, with a tab between\n',
    ]);
  });

  test("need a model that tells them apart", async () => {
    cpSync(join(cwd, "model"), join(cwd, "one-type"), { recursive: true });
    const config = readJson<object>(cwd, "model/config.json");
    writeFileSync(join(cwd, "one-type/config.json"), JSON.stringify({ ...config, type_vocab_size: 1 }));
    const { code, stderr } = await attune(["train", "--model", "one-type", "--data", "pairs.csv", "--out", "none"], {
      cwd,
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/one-type.*(one token type|token_type)/)]);
  });
});

describe("a run's columns", () => {
  test("are those that evaluate reads, with the groups and texts of its splits, unless others are named", async () => {
    const rows = TEXTS.map(({ text, mood, i }) => `${text},${mood},u${i % 20},x ${i % 3} so it is,${i % 3}`);
    put({ "columns.csv": lines(["said,mood,user,text,label", ...rows]) });
    await train("columns.csv", "columns", "--text", "said", "--label", "mood", "--group", "user");
    expect(readJson<RunFacts>(cwd, "columns/run.json").columns).toEqual({
      texts: ["said"],
      labels: ["mood"],
      group: "user",
    });
    const evaluate = (data: string, ...options: string[]) =>
      succeed(["evaluate", "columns", "--data", data, "--json", ...options], { cwd });
    const { stdout, stderr } = await evaluate("columns.csv", "--split", "test");
    expect(stderr).toContain('text from "said", label from "mood", groups from "user".');
    const { loss } = readJson<RunResult>(cwd, "columns/result.json").test;
    expect(JSON.parse(stdout).loss).toBeCloseTo(loss, 6);

    put({
      "other.csv": lines(["said,text,label,id", ...TEXTS.map(({ text, mood, i }) => `${text},no ${i},${mood},${i}`)]),
    });
    expect((await evaluate("other.csv")).stderr).toContain(
      'Read as comma-separated, text from "said", label from "label" (the run had "mood"), ids from "id".',
    );
    expect((await evaluate("other.csv", "--text", "text", "--label", "label")).stderr).toContain(
      'Read as comma-separated, text from "text", label from "label", ids from "id".',
    );
  });
});

describe("any number of labels", () => {
  test("thresholds are chosen on validation, kept with the model, and used by everything", async () => {
    await train("lists.jsonl", "multi", "--multi-label", "--epochs", "4", "--class-weights", "balanced");
    const result = readJson<RunResult>(cwd, "multi/result.json");
    expect(Object.keys(result.thresholds!)).toEqual(["bad", "good", "third"]);
    expect(result.imbalance.classWeights).toEqual({
      bad: expect.any(Number),
      good: expect.any(Number),
      third: expect.any(Number),
    });
    expect(result.test).toMatchObject({ microF1: expect.any(Number), confusion: [] });
    const config = readJson<Record<string, unknown>>(cwd, "multi/model/config.json");
    expect(config).toMatchObject({
      problem_type: "multi_label_classification",
      attune_thresholds: Object.values(result.thresholds!),
    });
    const stored = readLines<{ text: string; predicted: string[]; label: string[] }>(
      cwd,
      "multi/predictions/test.jsonl",
    );
    expect(stored.every(({ label, predicted }) => Array.isArray(label) && Array.isArray(predicted))).toBe(true);
    const { stdout } = await succeed(["predict", "multi/model", "--json"], {
      cwd,
      input: lines(stored.map(({ text }) => text)),
    });
    const said = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { labels: string[] });
    expect(said.map(({ labels }) => labels)).toEqual(stored.map(({ predicted }) => predicted));
    const evaluated = await succeed(["evaluate", "multi", "--data", "lists.jsonl", "--split", "test", "--json"], {
      cwd,
    });
    expect(JSON.parse(evaluated.stdout).microF1).toBeCloseTo(result.test.microF1!, 12);
    const text = await succeed(["evaluate", "multi", "--data", "lists.jsonl"], { cwd });
    expect(text.stdout).toMatch(/subset accuracy +0\.\d{4}\nmicro F1 +0\.\d{4}\n/);
  });

  test("an adapter keeps them, for itself and for PEFT", async () => {
    const likePeft = ["--semantics", "peft", "--head", "pooler", "--targets", "query,value"];
    await train("flags.csv", "lora", "--multi-label", "--method", "lora", ...likePeft);
    const { thresholds } = readJson<RunResult>(cwd, "lora/result.json");
    await succeed(["export", "lora", "--format", "peft", "--out", "lora-peft"], { cwd });
    expect(readJson(cwd, "lora-peft/labels.json")).toEqual({
      labels: ["toxic", "kind", "odd"],
      thresholds: Object.values(thresholds!),
    });
    const own = await succeed(["predict", "lora", "a good cat", "--json"], { cwd });
    const theirs = await succeed(["predict", "model", "--adapter", "lora-peft", "a good cat", "--json"], { cwd });
    expect(JSON.parse(theirs.stdout).labels).toEqual(JSON.parse(own.stdout).labels);
  });

  test("lists without the switch are refused", async () => {
    const { code, stderr } = await attune(["train", "--model", "model", "--data", "lists.jsonl", "--out", "none"], {
      cwd,
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/lists\.jsonl, line 1: the labels is .*need --multi-label\n$/),
    ]);
  });
});

describe("rare labels", () => {
  test("weights, smoothing and oversampling change the run and are said in result.json", async () => {
    put({ "weights.json": '{"good": 3}' });
    await train(
      "messages.tsv",
      "weighted",
      "--class-weights",
      "weights.json",
      "--label-smoothing",
      "0.1",
      "--balance",
      "oversample",
    );
    expect(readJson<RunResult>(cwd, "weighted/result.json").imbalance).toEqual({
      classWeights: { bad: 1, good: 3 },
      labelSmoothing: 0.1,
      balance: "oversample",
    });
  });

  test.each([
    ["no such label", '{"goood": 3}', /weights-bad\.json: the data have no label "goood"; did you mean "good"\?/],
    ["no number", '{"good": "x"}', /the weight of "good" is "x"; it is 0, or a number from 0.000001 to 1000000/],
    ["nothing left", '{"good": 0, "bad": 0}', /all weights are 0/],
    ["a list", "[1]", /this is not a JSON object; --class-weights is "balanced" or a JSON file like/],
    ["no JSON", "x", /this is not JSON .*; --class-weights is "balanced" or a JSON file like/],
  ])("weights: %s", async (_, content, expected) => {
    put({ "weights-bad.json": content });
    const args = [
      "train",
      "--model",
      "model",
      "--data",
      "messages.tsv",
      "--out",
      "none",
      "--class-weights",
      "weights-bad.json",
    ];
    const { code, stderr } = await attune(args, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
  });
});

test("inspect prints what there is to see", async () => {
  const { stdout } = await succeed(["inspect", "messages.tsv", "--seed", "1"], { cwd });
  for (const part of [
    /^Read as tab-separated/,
    /One file without splits/,
    /Label +train +validation +test +of train/,
    /█+/,
    /words +\d/,
    /Empty texts: none/,
    /Languages: /,
    /Bag of words +[01]\.\d{4}/,
  ])
    expect(stdout).toMatch(part);
  const wrong = await attune(["inspect", "messages.tsv", "--shared-texts", "twice"], { cwd });
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    'attune: --shared-texts cannot be "twice": it must be "once" or "keep"\n',
  ]);
});
