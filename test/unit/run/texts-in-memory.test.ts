/** Runs of texts in memory: the bits of runs of the same texts in files, gone on with, and what works without the texts. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import { resume, train } from "../../../src/run/train.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import type { LabelledText } from "../../../src/tables/texts-in-memory.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const model = tinyModel(join(root, "model"));
const folder = tinyData(join(root, "data"), { rows: 24 });
const rowsOf = (split: string): LabelledText[] =>
  readFileSync(join(folder, `${split}.csv`), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => ({ text: line.split(",")[0]!, label: line.split(",")[1]! }));
const data = { train: rowsOf("train"), validation: rowsOf("validation"), test: rowsOf("test") };
const options = { model, method: "lora", epochs: 2, threads: 1, ...tinyTraining } as const;
const at = (name: string): string => join(root, name);

const factsOf = (name: string) => JSON.parse(readFileSync(join(at(name), "run.json"), "utf8"));
const bytesOf = (name: string) =>
  ["adapter/adapter.safetensors", "predictions/test.jsonl", "predictions/validation.jsonl"].map((file) =>
    createHash("sha256")
      .update(readFileSync(join(at(name), file)))
      .digest("hex"),
  );

beforeAll(async () => {
  await train({ ...options, data: folder, out: at("file") });
  await train({ ...options, data, out: at("memory") });
});

test("the same bits and the same hash as from files; the run keeps no text", () => {
  expect(bytesOf("memory")).toEqual(bytesOf("file"));
  const [facts, fromFile] = [factsOf("memory"), factsOf("file")];
  expect(facts.dataSha256).toBe(fromFile.dataSha256);
  expect(facts.options).toEqual({ ...fromFile.options, data: "texts in memory", out: at("memory") });
  expect(JSON.stringify(facts)).not.toContain(data.train[0]!.text);
});

test("resume needs the same texts again, and ends with the same bytes", async () => {
  for await (const event of train({ ...options, data, out: at("broken") }))
    if (event.type === "step" && event.step === 3) break;
  expect(await inputError(() => resume(at("broken")))).toBe(
    `${at("broken")}: this run was given texts in memory and keeps none of them; go on from the program that has them: resume(${JSON.stringify(at("broken"))}, { data })`,
  );
  const [first, ...others] = data.train as [LabelledText, ...LabelledText[]];
  const other = { ...data, train: [{ ...first, text: `${first.text}!` }, ...others] };
  expect(await inputError(() => resume(at("broken"), { data: other }))).toBe(
    `${at("broken")}: these are other texts than those of this run; give the same, or train anew`,
  );
  await resume(at("broken"), { data });
  expect(bytesOf("broken")).toEqual(bytesOf("file"));
});

test("predict, evaluate on a file or on texts in memory, and reports work without those of the run", async () => {
  const classifier = await load(at("memory"), { threads: 1 });
  const [prediction] = await classifier.predict([data.test[0]!.text]);
  const { metrics, examples } = await classifier.evaluate({ data: folder });
  expect((await classifier.evaluate({ data: { train: data.train, test: data.test } })).metrics).toEqual(metrics);
  expect((await classifier.evaluate({ data: data.test })).metrics).toEqual(metrics);
  expect(await inputError(() => classifier.evaluate({ data: [{ text: "a", label: "unheard" }] }))).toContain(
    'data[0]: the label "unheard": the model was not trained on such a label',
  );
  await classifier.dispose();
  const { test: measured } = JSON.parse(readFileSync(join(at("memory"), "result.json"), "utf8"));
  expect(data.test.map(({ label }) => label)).toContain(prediction!.label);
  expect(examples).toBe(data.test.length);
  expect(metrics.loss).toBeCloseTo(measured.loss, 6);
  const comparison = await compareStudy([at("memory")]);
  expect(comparison.data.path).toBe("texts in memory");
  expect(comparison.data.notes).toEqual([
    "The data were texts in memory, which a run does not keep, so the training texts, lengths and duplicates are not known.",
  ]);
});

test("a study does not take them, and says why", async () => {
  expect(await inputError(() => resolvePlan({ data }))).toContain("write the texts to a file, one JSON object a line");
});
