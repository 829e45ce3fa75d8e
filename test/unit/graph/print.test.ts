import { expect, test } from "vitest";
import { gradients } from "../../../src/graph/gradients.ts";
import { linear } from "../../../src/graph/nn.ts";
import { add, exp, mul, scale, tanh } from "../../../src/graph/ops/elementwise.ts";
import { gatherRows } from "../../../src/graph/ops/indexing.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import { layerNorm, sum } from "../../../src/graph/ops/reduce.ts";
import { slice, transpose } from "../../../src/graph/ops/shape.ts";
import { printProgram } from "../../../src/graph/print.ts";
import { simplify } from "../../../src/graph/simplify.ts";

const x = input("x", "float32", ["tokens", 3]);

test("a node a line, inputs by name, sizes and attributes spelled out", () => {
  const y = slice(transpose(exp(x), [1, 0]), 0, 1, "end");
  expect(printProgram({ y })).toMatchInlineSnapshot(`
    "x: float32[tokens, 3] = input
    %1: float32[tokens, 3] = exp(x)
    %2: float32[3, tokens] = transpose(%1, perm=[1,0])
    %3: float32[2, tokens] = slice(%2, axis=0, start=1, end="end")
    return y = %3"
  `);
});

test("numbers stand where they are used, longer constants on a line of their own", () => {
  const y = add(mul(x, constant(2)), constant([1, 0, -1], [3]));
  expect(printProgram({ y })).toMatchInlineSnapshot(`
    "x: float32[tokens, 3] = input
    %1: float32[tokens, 3] = mul(x, 2)
    %2: float32[3] = constant(dtype="float32", values=[1,0,-1], shape=[3])
    %3: float32[tokens, 3] = add(%1, %2)
    return y = %3"
  `);
});

test("by-products are printed beside the result", () => {
  const [gamma, beta] = ["gamma", "beta"].map((name) => input(name, "float32", [3]));
  expect(printProgram({ y: layerNorm(x, gamma!, beta!, 1e-12) })).toMatchInlineSnapshot(`
    "x: float32[tokens, 3] = input
    gamma: float32[3] = input
    beta: float32[3] = input
    %1: float32[tokens, 3], %2: float32[tokens, 1], %3: float32[tokens, 1] = layerNorm(x, gamma, beta, epsilon=1e-12)
    return y = %1"
  `);
});

test("what is used twice is printed once, and outputs may be inputs or one tensor", () => {
  const y = tanh(x);
  expect(printProgram({ first: mul(y, y), second: y, third: y, fourth: x })).toMatchInlineSnapshot(`
    "x: float32[tokens, 3] = input
    %1: float32[tokens, 3] = tanh(x)
    %2: float32[tokens, 3] = mul(%1, %1)
    return first = %2
    return second = %1
    return third = %1
    return fourth = x"
  `);
});

test("the gradient of a linear layer, as the rules write it", () => {
  const weight = input("weight", "float32", [2, 3]);
  const bias = input("bias", "float32", [2]);
  const loss = sum(tanh(linear(x, weight, bias)), [0, 1]);
  const [dWeight, dBias] = gradients(loss, [weight, bias]);
  expect(printProgram({ loss, dWeight: dWeight!, dBias: dBias! })).toMatchInlineSnapshot(`
    "x: float32[tokens, 3] = input
    weight: float32[2, 3] = input
    bias: float32[2] = input
    %1: float32[tokens, 2] = affine(x, weight, bias, transA=false, transB=true, alpha=1, beta=1)
    %2: float32[tokens, 2] = tanh(%1)
    %3: float32[] = sum(%2, axes=[0,1], keepDims=false)
    %4: float32[1, 1] = reshape(1, shape=[1,1])
    %5: float32[tokens, 2] = broadcastLike(%4, %2)
    %6: float32[tokens, 2] = mul(%2, %2)
    %7: float32[tokens, 2] = sub(1, %6)
    %8: float32[tokens, 2] = mul(%5, %7)
    %9: float32[2, 3] = product(%8, x, transA=true, transB=false, alpha=1)
    %10: float32[2] = sum(%8, axes=[0], keepDims=false)
    return loss = %3
    return dWeight = %9
    return dBias = %10"
  `);
});

test("the gradient of a table, simplified", () => {
  const table = input("table", "float32", [9, 3]);
  const looked = gatherRows(table, input("ids", "int32", ["tokens"]));
  const loss = sum(scale(scale(looked, 3), 2), [0, 1]);
  const [dTable] = gradients(loss, [table]);
  expect(printProgram(simplify({ loss, dTable: dTable! }))).toMatchInlineSnapshot(`
    "table: float32[9, 3] = input
    ids: int32[tokens] = input
    %1: float32[tokens, 3] = gatherRows(table, ids)
    %2: float32[] = sum(%1, axes=[0,1], keepDims=false)
    %3: float32[] = scale(%2, factor=6)
    %4: float32[1, 1] = reshape(1, shape=[1,1])
    %5: float32[tokens, 3] = scale(%1, factor=6)
    %6: float32[tokens, 3] = broadcastLike(%4, %5)
    %7: float32[tokens, 3] = scale(%6, factor=6)
    %8: float32[9, 3] = scatterAddRows(table, ids, %7)
    return loss = %3
    return dTable = %8"
  `);
});
