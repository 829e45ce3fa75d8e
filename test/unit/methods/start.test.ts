/** What added parameters begin as. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { adaptModel, startAdded } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { fixtures } from "../tables/scratch.ts";

const root = join(fixtures, "methods");

async function started(method: MethodName, options: object, seed = 1) {
  const model = await openModel(join(root, "base"));
  const setting = { semantics: "attune", trainHead: true, trainPooler: false, fresh: model.fresh } as const;
  const adapted = adaptModel(model.encoder, chooseMethod(method, options), setting);
  const { weights } = new CpuStore(adapted.encoder.parameters);
  const valuesOf = (name: string) => weights[name]!.data as Float32Array;
  model.readInto(valuesOf, seed);
  model.close();
  const tokenizer = loadTokenizer(join(fixtures, "tokenizer", "uncased"));
  startAdded(adapted, {
    seed,
    weights: valuesOf,
    tokenize: (text) => tokenizer.encode(text, Number.POSITIVE_INFINITY).ids,
  });
  return valuesOf;
}

const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: Float32Array) => Math.sqrt(mean(values.map((x) => x * x)) - mean(values) ** 2);

test("a prompt from a text has PEFT's values", async () => {
  const found = await started("prompt", { virtualTokens: 8, initText: "The quick brown fox" });
  const stored = openSafetensors(join(root, "prompt-text", "start.safetensors"));
  const expected = new Float32Array(8 * 32);
  stored.readFloat32("prompt_embeddings", expected);
  stored.close();
  expect(found("prompt_embeddings")).toEqual(expected);
});

test("a prompt from the vocabulary has rows of the word table", async () => {
  const found = await started("prompt", { virtualTokens: 6, init: "vocabulary" });
  const table = found("bert.embeddings.word_embeddings.weight");
  const rowsOf = (values: Float32Array) =>
    Array.from({ length: values.length / 32 }, (_, i) => values.subarray(i * 32, (i + 1) * 32).join());
  const words = new Set(rowsOf(table));
  const rows = rowsOf(found("prompt_embeddings"));
  expect(rows.every((row) => words.has(row))).toBe(true);
  expect(new Set(rows).size).toBeGreaterThan(3);
});

test("random prompts and prefixes are standard normal, and zero is zero", async () => {
  for (const method of ["prompt", "prefix"] as const) {
    const values = (await started(method, { init: "random" }))("prompt_embeddings");
    expect(Math.abs(mean(values))).toBeLessThan(0.1);
    expect(Math.abs(deviation(values) - 1)).toBeLessThan(0.1);
  }
  const narrow = (await started("prefix", { initStd: 0.25 }))("prompt_embeddings");
  expect(Math.abs(deviation(narrow) - 0.25)).toBeLessThan(0.025);
  expect((await started("prefix", { init: "zero" }))("prompt_embeddings").every((x) => x === 0)).toBe(true);
});

test("LoRA's A is uniform within ±1/√in, its B zero", async () => {
  const found = await started("lora", { targets: ["output"], rank: 16 });
  const a = found("bert.encoder.layer.1.output.dense.lora_A.weight");
  const bound = 1 / Math.sqrt(40);
  expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.abs(mean(a))).toBeLessThan(0.1 * bound);
  expect(Math.abs(deviation(a) - bound / Math.sqrt(3))).toBeLessThan(0.1 * bound);
  expect(found("bert.encoder.layer.1.output.dense.lora_B.weight").every((x) => x === 0)).toBe(true);
});

test("the seed decides", async () => {
  const a = async (seed: number) =>
    (await started("lora", {}, seed))("bert.encoder.layer.0.attention.self.query.lora_A.weight");
  expect(await a(1)).toEqual(await a(1));
  expect(await a(1)).not.toEqual(await a(2));
});
