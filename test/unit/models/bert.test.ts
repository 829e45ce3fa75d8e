import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { packBatch } from "../../../src/models/batch.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { headInputs, type LoadedModel, loadModel, logitsOf, textsOf, valuesOf } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

const models = join(fixtures, "bert");
const miniLm = fileURLToPath(new URL("../../../../shared/models/all-MiniLM-L6-v2", import.meta.url));

interface Expected {
  readonly texts: number[][];
  readonly logits?: number[][];
  readonly pooled?: number[][];
  readonly clsHidden: number[][];
  readonly roundingError: number;
}

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"));

/** Two float32 computations, each about `roundingError` from the truth. It must stay far below what is promised. */
function expectEqual(actual: Float32Array, expected: readonly (readonly number[])[], roundingError: number): void {
  const values = expected.flat();
  expect(actual.length).toBe(values.length);
  const worst = Math.max(...values.map((value, i) => Math.abs(value - actual[i]!)));
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  expect(worst).toBeLessThan(1e-5);
  expect(worst / size).toBeLessThan(1e-5);
  expect(worst).toBeLessThan(4 * roundingError);
}

describe.each(readdirSync(models))("%s equals PyTorch", (name) => {
  const expected: Expected = read(models, name, "expected.json");
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadModel(join(models, name));
  });

  if (expected.logits)
    test("logits", async () => {
      expect(model.notes).toEqual([]);
      const logits = await logitsOf(model, textsOf(expected.texts));
      expectEqual(logits, expected.logits!, expected.roundingError);
    });

  test("[CLS] and what the pooler makes of it", async () => {
    const texts = expected.texts.map((ids) => Int32Array.from(ids));
    const { clsHidden, pooled } = await headInputs(model, packBatch(texts, model.encoder));
    expectEqual(clsHidden, expected.clsHidden, expected.roundingError);
    if (expected.pooled) expectEqual(pooled, expected.pooled, expected.roundingError);
  });
});

test("the fixtures are all there", () => {
  const names = readdirSync(models);
  expect(names.length).toBe(12);
  expect(names.filter((name) => read(models, name, "expected.json").logits).length).toBe(10);
});

test.skipIf(!existsSync(miniLm))(
  "all-MiniLM-L6-v2 equals PyTorch, from 2 to 512 tokens (needs ../shared/models; skipped without)",
  async () => {
    // Made by test/fixtures/make_minilm.py, which has the formula of the head.
    const expected: {
      readonly labels: number;
      readonly roundingError: number;
      readonly cases: { readonly text: string; readonly tokens: number; readonly logits: number[] }[];
    } = read(fixtures, "minilm.json");
    const model = await loadModel(miniLm, { labels: Array.from({ length: expected.labels }, (_, k) => `label ${k}`) });
    expect(model.notes).toEqual(["The classifier is drawn fresh: the file has none."]);
    const { weights } = model;
    valuesOf(weights, "classifier.weight").forEach((_, i, head) => {
      head[i] = (((37 * i) % 101) - 50) / 50;
    });
    valuesOf(weights, "classifier.bias").forEach((_, k, bias) => {
      bias[k] = k / 10;
    });
    const tokenizer = loadTokenizer(miniLm);
    const ids = expected.cases.map(({ text }) => [...tokenizer.encode(text, 512).ids]);
    expect(ids.map(({ length }) => length)).toEqual(expected.cases.map(({ tokens }) => tokens));
    const logits = await logitsOf(model, textsOf(ids));
    expectEqual(
      logits,
      expected.cases.map((c) => c.logits),
      expected.roundingError,
    );
  },
);
