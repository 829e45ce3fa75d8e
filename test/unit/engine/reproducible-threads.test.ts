import { expect, test } from "vitest";
import { reproducibleThreads } from "../../../src/engine/reproducible-threads.ts";
import type { Dim } from "../../../src/graph/dim.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { product } from "../../../src/graph/ops/linalg.ts";
import { trainingProgram } from "../../../src/train/program.ts";
import { tinyBert } from "../../tiny-bert.ts";

const threadsFor = (a: readonly Dim[], b: readonly Dim[], transA = false): number =>
  reproducibleThreads({ y: product(input("a", "float32", a), input("b", "float32", b), { transA }) });

test.each([
  [128, 1],
  [256, 3],
  [384, 4],
  [768, 9],
  [1024, 12],
])("an encoder of hidden size %i: %i", (hidden, threads) => {
  const encoder = tinyBert({ hidden_size: hidden, num_attention_heads: 4, intermediate_size: 4 * hidden });
  expect(reproducibleThreads(trainingProgram(encoder, encoder.parameters).outputs)).toBe(threads);
});

test("what is not split by columns, or is summed in one stretch, sets no limit", () => {
  expect(threadsFor(["tokens", 384], [384, 384])).toBe(4);
  expect(threadsFor([384, 384], [384, 384])).toBe(Number.POSITIVE_INFINITY); // as many rows as columns
  expect(threadsFor(["tokens", 128], [128, 384])).toBe(Number.POSITIVE_INFINITY); // one stretch
  expect(threadsFor(["tokens", 384], [384, 8])).toBe(Number.POSITIVE_INFINITY); // thin
  expect(threadsFor(["tokens", 6], ["tokens", 384], true)).toBe(4); // a gradient, summed over the tokens
});
