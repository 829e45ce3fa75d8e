import { expect, test } from "vitest";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { inShortStretches, reproducibleThreads } from "../../../src/engine/reproducible-threads.ts";
import type { Dim } from "../../../src/graph/dim.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { product } from "../../../src/graph/ops/linalg.ts";
import type { HostTensor } from "../../../src/graph/tensor.ts";
import { trainingProgram } from "../../../src/train/program.ts";
import { tinyBert } from "../../tiny-bert.ts";
import { tinyFamily } from "../../tiny-families.ts";

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

test("the gradient of narrow word embeddings does not hold an ALBERT to one thread", () => {
  const encoder = tinyFamily("albert", {
    hidden_size: 768,
    embedding_size: 128,
    num_attention_heads: 4,
    intermediate_size: 768,
  });
  const { outputs } = trainingProgram(encoder, encoder.parameters);
  expect(reproducibleThreads(outputs)).toBe(1);
  expect(reproducibleThreads(inShortStretches(outputs))).toBe(9);
});

test.each([
  [[7, 300], [300, 128], false, false],
  [[300, 7], [300, 128], true, false],
  [[7, 300], [128, 300], false, true],
  [[300, 7], [128, 300], true, true],
])("short stretches, %j times %j: float64's sum, and the bits of one thread", async (aDims, bDims, transA, transB) => {
  const [a, b] = [values(aDims, 1), values(bDims, 2)];
  const rows: Dim[] = transA ? [300, "rows"] : ["rows", 300];
  const y = product(input("a", "float32", rows), input("b", "float32", bDims), { transA, transB, alpha: 0.5 });
  const found = [];
  for (const threads of [1, 2]) {
    const program = await onnxRuntimeEngine({ threads }).compile({ y });
    const result: HostTensor = { dtype: "float32", dims: [7, 128], data: new Float32Array(7 * 128) };
    await program.run({ a, b }, { y: result });
    await program.dispose();
    found.push(result.data);
  }
  expect(found[1]).toEqual(found[0]);
  const at = (row: number, column: number): number => {
    let sum = 0;
    for (let k = 0; k < 300; k++)
      sum += a.data[transA ? k * 7 + row : row * 300 + k]! * b.data[transB ? column * 300 + k : k * 128 + column]!;
    return sum / 2;
  };
  for (const [i, value] of found[0]!.entries()) expect(value).toBeCloseTo(at(Math.floor(i / 128), i % 128), 5);
});

function values(dims: readonly number[], seed: number) {
  const data = Float32Array.from({ length: dims[0]! * dims[1]! }, (_, i) => Math.sin(i * (seed + 0.37)));
  return { dtype: "float32", dims, data } as const;
}
