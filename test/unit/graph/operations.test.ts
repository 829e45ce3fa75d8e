import { describe, expect, test } from "vitest";
import { evaluateDim } from "../../../src/graph/dim.ts";
import { gradients } from "../../../src/graph/gradients.ts";
import { linear } from "../../../src/graph/nn.ts";
import { countOperations } from "../../../src/graph/operations.ts";
import { add, erfGate, exp, mul } from "../../../src/graph/ops/elementwise.ts";
import { gatherRows, scatterAddRows } from "../../../src/graph/ops/indexing.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { matMul, product, swapLast } from "../../../src/graph/ops/linalg.ts";
import { layerNorm, logSoftmax, max, softmax, sum } from "../../../src/graph/ops/reduce.ts";
import { concat, reshape, slice, transpose } from "../../../src/graph/ops/shape.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";

const float = (name: string, ...shape: (number | string)[]) => input(name, "float32", shape);
const x = float("x", "n", 6);
const row = float("row", 6);
const ids = input("ids", "int32", ["k"]);

describe("what one op takes", () => {
  test.each<[string, Tensor, number | string]>([
    ["a function of each element", exp(x), "6*n"],
    ["a sum with a row, which is broadcast", add(x, row), "6*n"],
    ["u (1 + erf u)", erfGate(x), "18*n"],
    ["a sum over one axis", sum(x, [1]), "6*n"],
    ["a largest element", max(x, [1]), "6*n"],
    ["softmax", softmax(x), "30*n"],
    ["log softmax", logSoftmax(x), "31*n"],
    ["LayerNorm", layerNorm(x, row, row, 1e-12), "47*n"],
    ["a product", product(x, float("w", 5, 6), { transB: true, alpha: 0.5 }), "60*n"],
    ["a product over rows", product(x, float("y", "n", 4), { transA: true }), "48*n"],
    ["a linear layer", linear(x, float("w", 5, 6), float("b", 5)), "65*n"],
    ["stacks of products", matMul(float("q", "b", 2, "l", 3), float("v", "b", 2, 3, "l")), "12*b*l*l"],
    ["moves", concat([transpose(reshape(x, [2, 3, "n"]), [2, 0, 1]), float("z", 1, 2, 3)], 0), 0],
    ["rows that are chosen, and a part of them", slice(gatherRows(x, ids), 1, 2, 4), 0],
    ["rows that are added up", scatterAddRows(x, ids, float("rows", "k", 6)), "6*k"],
  ])("%s", (_, y, expected) => {
    expect(countOperations([y])).toBe(expected);
  });
});

test("a value that two others need is counted once, and not where it is there already", () => {
  const common = exp(x);
  const both = [mul(common, common), add(common, row)];
  expect(countOperations(both)).toBe("18*n");
  expect(countOperations(both, [common])).toBe("12*n");
});

/** Forward and backward of Σ y, where the sum itself is left out. */
function countBoth(y: Tensor, wanted: readonly Tensor[], sizes: Record<string, number>) {
  const loss = sum(
    y,
    y.shape.map((_, axis) => axis),
  );
  const { loss: end, ...rest } = simplify({ loss, ...Object.fromEntries(gradients(loss, wanted).entries()) });
  const all = [end!, ...Object.values(rest)];
  return {
    forward: evaluateDim(countOperations([y]), sizes),
    backward: evaluateDim(countOperations(all, [end!]), sizes),
  };
}

test("one linear layer, by hand", () => {
  const [T, from, to] = [11, 6, 5];
  const [weight, bias] = [float("w", to, from), float("b", to)];
  const y = linear(x, weight, bias);
  const forward = 2 * T * from * to + T * to;
  // Σ over rows for the bias, one product for the weights, and one for the input.
  const parameters = 2 * T * from * to + T * to;
  expect(countBoth(y, [weight, bias], { n: T })).toEqual({ forward, backward: parameters });
  expect(countBoth(y, [weight, bias, x], { n: T })).toEqual({ forward, backward: parameters + 2 * T * from * to });
});

test("one attention block, by hand", () => {
  const [B, h, L, d] = [3, 4, 7, 8];
  const [q, k, v] = ["q", "k", "v"].map((name) => float(name, "batch", h, "length", d)) as [Tensor, Tensor, Tensor];
  const bias = float("bias", "batch", 1, 1, "length");
  const context = matMul(softmax(add(matMul(q, swapLast(k)), bias)), v);
  const scores = B * h * L * L;
  expect(countBoth(context, [q, k, v], { batch: B, length: L })).toEqual({
    // Q Kᵀ and W V; the bias and softmax's five.
    forward: scores * (2 * d + 2 * d + 1 + 5),
    // Two products for each of those; y (dy - Σ y dy).
    backward: scores * (4 * d + 4 * d + 4),
  });
});
