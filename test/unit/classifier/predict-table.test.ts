/** Predictions for tables without labels, such as the test split of a competition. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Classifier, load, type TablePrediction } from "../../../src/classifier/classifier.ts";
import { lineWriter } from "../../../src/classifier/write-predictions.ts";
import { tableKind } from "../../../src/cli/piped-table.ts";
import { train } from "../../../src/run/train.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-fill-"));
afterAll(() => rmSync(root, { recursive: true }));
const { file, folder } = scratchFolder();
const TEXTS = ["a good cat", 'bad, "very" bad', "10/10", ""];
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = (header: string, row: (text: string, i: number) => string) => [header, ...TEXTS.map(row)].join("\n");

let classifier: Classifier;
let expected: readonly string[];
beforeAll(async () => {
  const data = join(root, "data");
  tinyData(data, { rows: 12 });
  for (const split of ["train", "validation", "test"]) {
    const path = join(data, `${split}.csv`);
    const rows: string[][] = parse(readFileSync(path));
    const lines = rows.map(([text, label], i) => (i === 0 ? "review,target" : `${text},${label}`));
    writeFileSync(path, lines.join("\n"));
  }
  const model = tinyModel(join(root, "model"));
  await train({ model, data, label: "target", out: join(root, "run"), epochs: 1, threads: 1 });
  classifier = await load(join(root, "run"), { threads: 1 });
  expected = (await classifier.predict(TEXTS)).map(({ label }) => label);
});
afterAll(() => classifier.dispose());

async function filled(data: string, options: object = {}) {
  const found = await classifier.predictTable({ data, ...options });
  const { notes, labelColumn, idColumn } = found;
  const rows: { id: string; label: string; text: unknown }[] = [];
  for await (const { id, label, text } of found.rows) rows.push({ id, label, text });
  return { notes, labelColumn, idColumn, rows };
}

describe("every row of a table, in its order, by the columns of the run", () => {
  test.each<[string, string, string]>([
    ["without labels", "test.csv", csv("id,review", (text, i) => `${i + 9},${cell(text)}`)],
    ["with a label of -1", "test.csv", csv("review,id,target", (text, i) => `${cell(text)},${i + 9},-1`)],
    ["with empty labels", "test.tsv", csv("review\tid\ttarget", (text, i) => `${cell(text)}\t${i + 9}\t`)],
    ["in JSON lines", "test.jsonl", TEXTS.map((review, i) => JSON.stringify({ id: i + 9, review })).join("\n")],
    [
      "with other columns",
      "x.csv",
      csv("id,when,review,why", (text, i) => `${i + 9},2020,${cell(text)},some more words here`),
    ],
  ])("%s", async (_, name, content) => {
    const { rows, idColumn, labelColumn } = await filled(file(name, content));
    expect(rows).toEqual(TEXTS.map((text, i) => ({ id: String(i + 9), text, label: expected[i]! })));
    expect([idColumn, labelColumn]).toEqual(["id", "target"]);
  });

  test("of a folder the test split, or the one that is asked for", async () => {
    const train = `review,target\n${Array.from({ length: 20 }, (_, i) => `cat ${i},${i % 2}`).join("\n")}`;
    const path = folder({
      "train.csv": train,
      "test.csv": csv("review", cell),
      "sample_submission.csv": "id,target\n1,0",
    });
    expect((await filled(path)).rows.map(({ id, label }) => [id, label])).toEqual(
      expected.map((label, i) => [`test-${i}`, label]),
    );
    expect((await filled(path, { split: "train" })).rows).toHaveLength(20);
    expect(await inputError(() => filled(path, { split: "validation" }))).toMatch(
      /there is no validation split in it; choose --split train or test$/,
    );
  });

  test("as a table of ids and labels that reads back", async () => {
    const data = file(
      "t.csv",
      csv("name,review", (text, i) => `"a ""${i}"", =1",${cell(text)}`),
    );
    const found = await classifier.predictTable({ data, id: "name" });
    expect(await found.count()).toBe(expected.length);
    const rows: TablePrediction[] = [];
    for await (const row of found.rows) rows.push(row);
    const written = (ending: string, top?: number) => {
      const line = lineWriter(found, ending, top);
      return [line.header, ...rows.map((row) => line.of(row))].join("");
    };
    const names = expected.map((_, i) => `a "${i}", =1`);
    expect(parse(written(".csv"))).toEqual([["name", "target"], ...expected.map((label, i) => [names[i], label])]);
    const [header, ...best] = parse(written(".tsv", 2), { delimiter: "\t" }) as string[][];
    expect(header).toEqual(["name", "target", "probability", "label_2", "probability_2"]);
    expect(best).toEqual(
      rows.map(({ scores: [a, b] }, i) => [
        names[i],
        a!.label,
        String(a!.probability),
        b!.label,
        String(b!.probability),
      ]),
    );
    const lines = written(".jsonl", 1).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      rows.map(({ id, text, label, probabilities, scores }) => ({
        id,
        text,
        label,
        probabilities,
        scores: scores.slice(0, 1),
      })),
    );
  });
});

test.each<[string, Record<string, string>, object, RegExp]>([
  ["no rows", { "a.csv": "review\n" }, {}, /there are no rows/],
  ["no such column", { "a.csv": "review\nx" }, { text: "nope" }, /there is no column "nope"/],
  ["no column of texts", { "a.csv": "n,m\n1,2\n3,4" }, {}, /which column is the text\?/],
  [
    "splits that are not there",
    { "a.csv": "review\nx" },
    { split: "test" },
    /there are no splits in it; leave --split out/,
  ],
])("%s", async (_, files, options, message) => {
  const path = folder(files);
  expect(await inputError(() => filled(join(path, "a.csv"), options))).toMatch(message);
});

test.each([
  ["id,text", ".csv"],
  ['"id";"review"\r', ".csv"],
  ["id\ttext\tlabel", ".tsv"],
  ["text", undefined],
  ["good, bad", undefined],
  ["the text, the label", undefined],
  ["hello,world", undefined],
  ["", undefined],
])("standard input that begins with %j is %s", (line, kind) => {
  expect(tableKind(line)).toBe(kind);
});
