import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fitBagOfWords } from "../../../src/inspection/bag-of-words.ts";
import { minimise } from "../../../src/inspection/lbfgs.ts";
import type { Truth } from "../../../src/tables/dataset.ts";
import { softmax } from "../../../src/train/metrics.ts";
import { sigmoid } from "../../../src/train/multi-label.ts";
import { fixtures } from "../tables/scratch.ts";

/** See make_bag_of_words.py. */
const expected: Record<"single" | "multi", { texts: string[]; labels: Truth[]; probabilities: number[][] }> =
  JSON.parse(readFileSync(join(fixtures, "bag-of-words.json"), "utf8"));

test.each(["single", "multi"] as const)("%s: probabilities are scikit-learn's", (kind) => {
  const { texts, labels, probabilities } = expected[kind];
  const bow = fitBagOfWords(texts, labels, 3, kind === "multi", 1e-9);
  expect(bow.iterations).toBeLessThan(200);
  const logits = bow.logits(texts);
  for (const [i, wanted] of probabilities.entries()) {
    const row = logits.subarray(3 * i, 3 * i + 3);
    const found = kind === "multi" ? Array.from(row, sigmoid) : softmax(row);
    for (const [k, value] of found.entries()) expect(Math.abs(value - wanted[k]!)).toBeLessThan(2e-6);
  }
});

test("words that were not learned count nothing, and pairs are read together", () => {
  const bow = fitBagOfWords(
    [
      ["good", "dog"],
      ["bad", "dog"],
    ],
    [0, 1],
    2,
    false,
  );
  expect(bow.words).toBe(3);
  const [unknown, known] = [bow.logits(["what else"]), bow.logits(["what good else"])];
  expect(Math.abs(unknown[0]! - unknown[1]!)).toBeLessThan(1e-6);
  expect(known[0]!).toBeGreaterThan(known[1]!);
});

describe("minimise", () => {
  const options = { memory: 5, maxIterations: 500, tolerance: 1e-10 };

  test("finds the minimum of a stretched bowl", () => {
    const scales = [1, 10, 100, 1000];
    const x = new Float64Array(4);
    const iterations = minimise(
      (at, gradient) => {
        let value = 0;
        for (const [i, scale] of scales.entries()) {
          gradient[i] = scale * (at[i]! - i);
          value += (scale * (at[i]! - i) ** 2) / 2;
        }
        return value;
      },
      x,
      options,
    );
    for (const [i, value] of x.entries()) expect(value).toBeCloseTo(i, 9);
    expect(iterations).toBeLessThan(60);
  });

  test("stays where there is nothing to gain", () => {
    const x = Float64Array.of(3);
    const flat = (_: Float64Array, gradient: Float64Array) => gradient.fill(0).length;
    expect(minimise(flat, x, options)).toBe(0);
    expect([...x]).toEqual([3]);
  });
});
