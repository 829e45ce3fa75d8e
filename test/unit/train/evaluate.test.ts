import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Executable } from "../../../src/engine/engine.ts";
import type { HostTensors } from "../../../src/engine/engine-tensors.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { TokenizedSplit, textsOf as textsFrom } from "../../../src/tokens/tokenized.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { computeLogits, type TokenSource } from "../../../src/train/evaluate.ts";
import { LOGITS } from "../../../src/train/program.ts";
import { loadModel, logitsOf, textsOf } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

const BUDGET = 1024;
const encoder = buildEncoder({ model_type: "bert" }, 2, "config.json");

/** Lengths from 1 to `longest`, in no order. */
const mixedLengths = (count: number, longest: number) =>
  Array.from({ length: count }, (_, i) => 1 + ((i * 7919) % longest));

/** Text i has ids i, i + 1, …: its first id tells which it is. */
const numberedTexts = (lengths: readonly number[]): TokenSource => ({
  count: lengths.length,
  ids: (i) => Int32Array.from({ length: lengths[i]! }, (_, k) => i + k),
});

/** Logits of a program that only tells which text it sees and how long it is, and the batches it was given. */
async function observe(texts: TokenSource, signal?: AbortSignal, onBatch = () => {}) {
  const batches: number[][] = [];
  const executable: Executable = {
    run: async (inputs, results) => {
      const { tokenIds, firstToken, attentionBias } = inputs as HostTensors;
      const outputs = results as HostTensors;
      const rows = [...(firstToken!.data as Int32Array)].map((at) => tokenIds!.data[at] as number);
      const length = attentionBias!.dims[3]!;
      batches.push(rows);
      expect(outputs[LOGITS]!.dims).toEqual([rows.length, 2]);
      for (const [row, text] of rows.entries()) {
        const bias = attentionBias!.data.subarray(row * length, (row + 1) * length) as Float32Array;
        (outputs[LOGITS]!.data as Float32Array).set([text, bias.filter((value) => value === 0).length], 2 * row);
      }
      onBatch();
    },
    dispose: async () => {},
  };
  const logits = await computeLogits({ executable, encoder, weights: {}, labelCount: 2 }, texts, signal);
  return { logits, batches };
}

describe("batches", () => {
  test("logits come back in the order of the texts", async () => {
    const lengths = mixedLengths(300, 97);
    const { logits, batches } = await observe(numberedTexts(lengths));
    expect([...logits]).toEqual(lengths.flatMap((length, i) => [i, length]));
    expect(batches.flat()).not.toEqual(lengths.map((_, i) => i));
  });

  test("texts of like length go together, as many as the tokens allow", async () => {
    const lengths = mixedLengths(300, 97);
    const { batches } = await observe(numberedTexts(lengths));
    expect(batches.length).toBeGreaterThan(5);
    const tokens = batches.map((batch) => batch.reduce((sum, i) => sum + lengths[i]!, 0));
    expect(Math.max(...tokens)).toBeLessThanOrEqual(BUDGET);
    for (const [k, next] of batches.slice(1).entries()) expect(tokens[k]! + lengths[next[0]!]!).toBeGreaterThan(BUDGET);
    const sorted = batches.flat();
    expect(sorted.map((i) => lengths[i]!)).toEqual([...lengths].sort((a, b) => a - b));
    expect([...sorted].sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
  });

  test("the budget is met to the token, and a longer text goes alone", async () => {
    expect((await observe(numberedTexts([512, 512]))).batches).toEqual([[0, 1]]);
    expect((await observe(numberedTexts([513, 512]))).batches).toEqual([[1], [0]]);
    const { batches, logits } = await observe(numberedTexts([BUDGET + 1, 1, BUDGET + 5]));
    expect(batches).toEqual([[1], [0], [2]]);
    expect([...logits]).toEqual([0, BUDGET + 1, 1, 1, 2, BUDGET + 5]);
  });

  test("no texts, no logits", async () => {
    const { logits, batches } = await observe(numberedTexts([]));
    expect([logits.length, batches]).toEqual([0, []]);
  });

  test("an empty text is [CLS] and [SEP]", async () => {
    const tokenizer = loadTokenizer(join(fixtures, "tokenizer/uncased"));
    const texts = textsFrom(["", "the cat sat", "  "]);
    const { logits } = await observe(new TokenizedSplit(texts, tokenizer, 16));
    const [cls, lengths] = [
      [0, 2, 4],
      [1, 3, 5],
    ].map((at) => at.map((i) => logits[i]!));
    expect(cls).toEqual([2, 2, 2]);
    expect(lengths).toEqual([2, 5, 2]);
  });

  test("a signal stops between two batches", async () => {
    const stop = new AbortController();
    let count = 0;
    const evaluation = observe(numberedTexts(Array(10).fill(600)), stop.signal, () => {
      if (++count === 3) stop.abort();
    });
    await expect(evaluation).rejects.toMatchObject({ name: "AttuneError", kind: "interrupted" });
    expect(count).toBe(3);
  });
});

describe("logits do not depend on the batch", () => {
  const VOCABULARY = 60;
  const POSITIONS = 64;
  const LABELS = 7;
  const ids = [...mixedLengths(120, POSITIONS), 2, 2].map((length, i) =>
    Array.from({ length }, (_, k) => (length === 2 ? 2 + k : 1 + ((31 * i + 17 * k * k) % (VOCABULARY - 1)))),
  );

  test("but for float32's rounding: alone, in any order, among all", async () => {
    const model = await loadModel(join(fixtures, "bert/hidden48-heads3"));
    const together = await logitsOf(model, textsOf(ids));
    const row = (logits: Float32Array, i: number) => logits.slice(i * LABELS, (i + 1) * LABELS);
    const backwards = await logitsOf(model, textsOf([...ids].reverse()));
    let worst = 0;
    const compare = (a: Float32Array, b: Float32Array) => {
      for (const [k, value] of a.entries()) worst = Math.max(worst, Math.abs(value - b[k]!));
    };
    for (const [i, text] of ids.entries()) {
      compare(row(together, i), row(backwards, ids.length - 1 - i));
      if (i % 10 === 0 || text.length === 2) compare(row(together, i), await logitsOf(model, textsOf([text])));
    }
    expect(worst).toBeLessThan(4e-6);
    // Two texts without words say the same, and other texts say other things.
    expect([...row(together, 120)]).toEqual([...row(together, 121)]);
    expect(
      new Set(ids.map((_, i) => String([...row(together, i)].map((value) => value.toFixed(4))))).size,
    ).toBeGreaterThan(110);
  });
});
