/** ONNX folders in transformers.js: every method and head, one text or a padded batch, in float32 and int8. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, pipeline } from "@huggingface/transformers";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { loadModel } from "../../../src/classifier/load-model.ts";
import { quantizeRows } from "../../../src/interop/int8.ts";
import { fillOnnxFolder } from "../../../src/interop/transformers-js.ts";
import { methodNames } from "../../../src/methods/registry.ts";
import { headNames } from "../../../src/models/head-choice.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { evaluationProgram } from "../../../src/train/program.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { inputError } from "../tables/scratch.ts";

env.allowRemoteModels = false;
const root = mkdtempSync(join(tmpdir(), "attune-onnx-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);
const PRECISION = 1e-5;
/** Lengths differ, so that a batch of them is padded; the last is longer than the model's positions. */
const TEXTS = [
  "the good cat",
  "a bad dog is running very unhappy",
  "was happy",
  "the very happy cat is a very happy dog is a very good cat is running is the bad dog was very unhappy",
];

const rows: readonly Partial<TrainOptions>[] = [
  ...methodNames.map((method) => ({ method })),
  ...headNames.map((head) => ({ method: "probe" as const, head })),
  { method: "lora", targets: ["all-linear"], bias: "all" },
  { method: "lora", head: "attention+mlp" },
  { method: "prompt", virtualTokens: 3, semantics: "peft" },
  { method: "prompt", virtualTokens: 3, head: "mean" },
  { method: "prompt", virtualTokens: 3, head: "max" },
  { method: "prompt", virtualTokens: 3, head: "attention" },
  { method: "prompt", virtualTokens: 3, head: "mean", semantics: "peft" },
  { method: "prefix", virtualTokens: 3, projection: true, head: "attention" },
  { method: "full", maxLength: 8 },
];

async function trained(name: string, options: object): Promise<string> {
  const out = join(root, name);
  const trains = !("method" in options && options.method === "none");
  const small = { batchSize: 16, threads: 1, ...(trains && { epochs: 2, learningRate: 1e-2 }) };
  const virtual =
    "method" in options && ["prompt", "prefix"].includes(String(options.method)) ? { virtualTokens: 4 } : {};
  for await (const _ of train({ model, data, out, ...small, ...virtual, ...options } as TrainOptions));
  return out;
}

interface Label {
  readonly label: string;
  readonly score: number;
}

/** What transformers.js says of each text: all labels, with their probabilities. */
async function classify(folder: string, texts: string | string[], dtype: "fp32" | "q8"): Promise<Label[][]> {
  const classifier = await pipeline("text-classification", folder, { dtype });
  const found = await classifier(texts, { top_k: null } as never);
  await classifier.dispose();
  return (typeof texts === "string" ? [found] : found) as Label[][];
}

describe.each(rows)("%o", (options) => {
  test("the same labels and probabilities", async () => {
    const name = JSON.stringify(options).replace(/\W/g, "");
    const run = await trained(name, options);
    const out = join(root, `${name}-onnx`);
    const [note] = await exportRun(run, { format: "onnx", out, int8: true });
    expect(note).toMatch(/^int8: accuracy \d\.\d{4} → \d\.\d{4} on the 6 test texts, \d of which/);
    const ours = await load(run, { threads: 1 });
    const expected = await ours.predict(TEXTS);
    await ours.dispose();
    for (const texts of [TEXTS, TEXTS[1]!]) {
      const found = await classify(out, texts, "fp32");
      for (const [i, scores] of found.entries()) {
        const { label, probabilities } = expected[typeof texts === "string" ? 1 : i]!;
        expect(scores[0]!.label).toBe(label);
        for (const { label: each, score } of scores)
          expect(Math.abs(score - probabilities[each]!), each).toBeLessThan(PRECISION);
      }
    }
    for (const [i, scores] of (await classify(out, TEXTS, "q8")).entries())
      for (const { label, score } of scores)
        expect(Math.abs(score - expected[i]!.probabilities[label]!), label).toBeLessThan(0.1);
  });
});

test("past the size that protobuf allows, weights stand in a file of their own", async () => {
  const run = await trained("external", { method: "prefix" });
  const { path, model: base, adapted, memory } = await loadModel({ folder: run });
  const { encoder } = adapted;
  const out = join(root, "external-onnx");
  mkdirSync(out);
  fillOnnxFolder(out, {
    ...{ program: evaluationProgram(encoder), encoder, config: base.config, labels: base.labels },
    ...{ weights: memory.host, tokenizer: loadTokenizer(path), maxLength: encoder.maxPositions, int8: false },
    externalBytes: 1000,
  });
  const [file, data] = ["model.onnx", "model.onnx_data"].map((name) => statSync(join(out, "onnx", name)).size);
  expect(data).toBe(encoder.parameters.reduce((bytes, { shape }) => bytes + 4 * shape.reduce((a, b) => a * b, 1), 0));
  expect(file).toBeLessThan(40_000);
  const ours = await load(run, { threads: 1 });
  const [expected] = await ours.predict([TEXTS[0]!]);
  const [[found]] = (await classify(out, [TEXTS[0]!], "fp32")) as [[Label]];
  expect(Math.abs(found.score - expected!.probabilities[found.label]!)).toBeLessThan(PRECISION);
});

test("int8 weights lie in ±64 and are at most half a step away", () => {
  const data = Float32Array.from({ length: 200 }, (_, i) => Math.sin(7 * i) * (1 + Math.floor(i / 50)));
  const { values, scales } = quantizeRows(data, 4, 50, 64);
  for (const [i, value] of values.entries()) {
    expect(Math.abs(value)).toBeLessThanOrEqual(64);
    expect(Math.abs(value * scales[Math.floor(i / 50)]! - data[i]!)).toBeLessThanOrEqual(
      scales[Math.floor(i / 50)]! / 2 + 1e-7,
    );
  }
  expect(quantizeRows(new Float32Array(2), 1, 2, 64).values).toEqual(Int8Array.of(0, 0));
});

test("the folder holds what is needed and nothing of a half", async () => {
  const run = await trained("plain", { method: "probe" });
  const out = join(root, "plain-onnx");
  expect(await exportRun(run, { format: "onnx", out })).toEqual([expect.stringContaining("names no license")]);
  const files = readdirSync(out, { recursive: true }).map(String).sort();
  expect(files).toEqual([
    "README.md",
    "config.json",
    "onnx",
    join("onnx", "model.onnx"),
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  const config = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
  expect(config).toMatchObject({
    model_type: "bert",
    id2label: { 0: "down", 1: "up" },
    "transformers.js_config": { dtype: "fp32" },
  });
  expect(await inputError(() => exportRun(run, { format: "peft", out: join(root, "x"), int8: true }))).toContain(
    "--int8 goes with --format onnx",
  );
});
