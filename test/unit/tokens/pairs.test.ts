import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packBatch } from "../../../src/models/batch.ts";
import { cutLengths, loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { loadModel, logitsOf } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

interface Made {
  readonly ids: number[];
  readonly types: number[];
}

interface Case {
  readonly first: string;
  readonly second: string;
  readonly whole: Made;
  readonly cut: Readonly<Record<string, Made>>;
}

/** See make_pairs.py. */
const expected: {
  readonly cases: Readonly<Record<string, Case[]>>;
  readonly logits: (Made & { readonly logits: number[] })[];
} = JSON.parse(readFileSync(join(fixtures, "pairs.json"), "utf8"));

test.each(Object.keys(expected.cases))("%s: ids, types and cuts as transformers makes them", (name) => {
  const tokenizer = loadTokenizer(join(fixtures, "tokenizer", name));
  const made = (first: string, second: string, length: number): Made => {
    const { ids, firstTokens } = tokenizer.encode([first, second], length);
    return { ids: [...ids], types: Array.from(ids, (_, i) => (i < firstTokens ? 0 : 1)) };
  };
  for (const { first, second, whole, cut } of expected.cases[name]!) {
    expect([first, second, made(first, second, 10_000)]).toEqual([first, second, whole]);
    for (const [length, shorter] of Object.entries(cut)) {
      expect([first, second, length, made(first, second, Number(length))]).toEqual([first, second, length, shorter]);
      const { truncated } = tokenizer.encode([first, second], Number(length));
      expect(truncated).toBe(shorter.ids.length < whole.ids.length);
    }
  }
});

test("logits of pairs are those of transformers", async () => {
  const model = await loadModel(join(fixtures, "bert/hidden48-heads3"));
  const texts = expected.logits.map(({ ids }) => Int32Array.from(ids));
  const logits = await logitsOf(model, {
    count: texts.length,
    ids: (i) => texts[i]!,
    firstTokens: (i) => expected.logits[i]!.types.indexOf(1),
  });
  const wanted = expected.logits.flatMap((row) => row.logits);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - logits[i]!)));
  expect(worst).toBeLessThan(2e-6);
  // Types matter at all.
  const untyped = await logitsOf(model, { count: texts.length, ids: (i) => texts[i]! });
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - untyped[i]!)))).toBeGreaterThan(1e-2);
});

test("types of a packed batch, behind virtual tokens", () => {
  const texts = [Int32Array.of(2, 7, 3, 8, 3), Int32Array.of(2, 3)];
  expect([...packBatch(texts, { heads: 1 }, [3, 2]).tokenTypes]).toEqual([0, 0, 0, 1, 1, 0, 0]);
  const virtual = { tokens: 2, keys: 0, pooled: "cls" } as const;
  expect([...packBatch(texts, { heads: 1, virtual }, [3, 1]).tokenTypes]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1]);
});

test("the longer text is cut first, and both to halves", () => {
  expect(cutLengths([3, 4], 7)).toEqual([3, 4]);
  expect(cutLengths([2, 9], 7)).toEqual([2, 5]);
  expect(cutLengths([9, 2], 7)).toEqual([5, 2]);
  expect(cutLengths([9, 9], 7)).toEqual([3, 4]);
  expect(cutLengths([9, 8], 7)).toEqual([4, 3]);
  expect(cutLengths([9], 7)).toEqual([7, 0]);
});
