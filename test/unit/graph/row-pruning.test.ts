import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateShape } from "../../../src/graph/dim.ts";
import { gradients } from "../../../src/graph/gradients.ts";
import { crossEntropy, dropout } from "../../../src/graph/nn.ts";
import { add, exp, mul, scale, tanh } from "../../../src/graph/ops/elementwise.ts";
import { fromHeads, gatherRows, rowOfEach, toHeads } from "../../../src/graph/ops/indexing.ts";
import { input, inputName } from "../../../src/graph/ops/leaf.ts";
import { affine, matMul, product, swapLast } from "../../../src/graph/ops/linalg.ts";
import { layerNorm, softmax, sum } from "../../../src/graph/ops/reduce.ts";
import { concat, slice } from "../../../src/graph/ops/shape.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { pruneRows } from "../../../src/graph/row-pruning.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { rowAxes } from "../../../src/models/batch.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { evaluationProgram } from "../../../src/train/program.ts";
import { type NdArray, ndarray } from "../../oracle/array.ts";
import { tinyBatch, tinyBert, tinyValues } from "../../tiny-bert.ts";
import { expectSameValues, inputsOf, nodesOf, noise, opCounts } from "./programs.ts";

const logitsOf = (encoder: ReturnType<typeof tinyBert>) => encoder.logits(plainScope(encoder.parameters, (x) => x));

describe("BERT", () => {
  test.each([
    { num_hidden_layers: 1 },
    { num_hidden_layers: 2, hidden_act: "gelu_new" },
    { num_hidden_layers: 3, num_attention_heads: 4, hidden_act: "relu" },
  ])("the logits stay the same, exactly: %o", (changes) => {
    const encoder = tinyBert(changes);
    const logits = logitsOf(encoder);
    const { sizes } = tinyBatch(encoder);
    expectSameValues(pruneRows({ logits }, rowAxes), { logits }, tinyValues(encoder), sizes);
    expectSameValues(evaluationProgram(encoder), { logits }, tinyValues(encoder), sizes, 1e-12);
  });

  test("in the last layer only keys and values are computed for all tokens", () => {
    const rows = nodesOf(evaluationProgram(tinyBert()), "affine").map((node) => {
      const site = inputName(node.inputs[1]!)!.match(/layer\.(\d)\.(.*)\.weight$/);
      return [site ? `${site[1]} ${site[2]}` : "head", node.outputs[0]!.shape[0]];
    });
    expect(rows).toEqual([
      ["0 attention.self.query", "tokens"],
      ["0 attention.self.key", "tokens"],
      ["0 attention.self.value", "tokens"],
      ["0 attention.output.dense", "tokens"],
      ["0 intermediate.dense", "tokens"],
      ["0 output.dense", "tokens"],
      ["1 attention.self.query", "batch"],
      ["1 attention.self.key", "tokens"],
      ["1 attention.self.value", "tokens"],
      ["1 attention.output.dense", "batch"],
      ["1 intermediate.dense", "batch"],
      ["1 output.dense", "batch"],
      ["head", "batch"],
      ["head", "batch"],
    ]);
  });

  test("the last layer's scores have one row for each text", () => {
    const scores = nodesOf(evaluationProgram(tinyBert()), "softmax").map((node) => node.outputs[0]!.shape);
    expect(scores).toEqual([
      ["batch", 2, "length", "length"],
      ["batch", 2, 1, "length"],
    ]);
  });

  test("with masks and a derivative: the same gradients, without a tensor that is too large", () => {
    const encoder = tinyBert({ num_hidden_layers: 1 });
    const masks = new Map<string, Tensor>();
    const scope = plainScope(encoder.parameters, (x, _, site) => {
      if (!masks.has(site)) masks.set(site, input(`mask ${site}`, "uint8", x.shape));
      return dropout(x, masks.get(site)!, input("factor", "float32", []));
    });
    const whole = encoder.logits(scope);
    const wanted = encoder.parameters.map(({ name }) => scope.parameter(name));
    const derived = (logits: Tensor) => {
      const loss = crossEntropy(logits, input("targets", "float32", logits.shape), input("weight", "float32", []));
      return { loss, ...Object.fromEntries(gradients(loss, wanted).map((t, i) => [encoder.parameters[i]!.name, t])) };
    };
    const pruned = derived(pruneRows({ whole }, rowAxes).whole!);
    const { sizes } = tinyBatch(encoder);
    const values: Record<string, NdArray> = {
      ...tinyValues(encoder),
      targets: noise([3, 3], 1),
      weight: ndarray([], [0.7]),
      factor: ndarray([], [1.25]),
    };
    for (const [i, mask] of [...masks.values()].entries())
      values[inputName(mask)!] = noise(evaluateShape(mask.shape, sizes), 100 + i);
    expectSameValues(pruned, derived(whole), values, sizes, 1e-12);

    const computed = nodesInOrder(Object.values(pruned)).filter((node) => node.op.name !== "input");
    const shapes = new Set(computed.map((node) => node.outputs[0]!.shape.join()));
    expect(shapes).toContain("batch,12");
    expect(shapes).toContain("batch,2,1,length");
    expect(shapes).not.toContain("tokens,12");
    expect(shapes).not.toContain("batch,2,length,length");
  });
});

const x = input("x", "float32", ["tokens", 4]);
const first = input("first", "int32", ["batch"]);
const second = input("second", "int32", ["batch"]);
const weight = input("weight", "float32", [4, 4]);
const gamma = input("gamma", "float32", [4]);
const sizes = { tokens: 6, batch: 2, length: 4 };
const values = {
  x: noise([6, 4], 1),
  first: ndarray([2], [0, 4]),
  second: ndarray([2], [1, 5]),
  weight: noise([4, 4], 2),
  gamma: noise([4], 3),
  padIndex: ndarray([2, 2, 4], [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, -1, -1, 9, 11, -1, -1]),
  fillIndex: ndarray([2, 2, 4], [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 8, 8, 9, 11, 9, 9]),
  unpadIndex: ndarray([6, 2], [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13]),
  bias: ndarray([2, 1, 1, 4], [0, 0, 0, 0, 0, 0, -60, -60]),
  ids: ndarray([6], [2, 0, 1, 2, 2, 1]),
  table: noise([3, 4], 4),
};
/** Narrows, and expects exactly the same values. */
const pruned = (outputs: Readonly<Record<string, Tensor>>) => {
  const result = pruneRows(outputs, rowAxes);
  expectSameValues(result, outputs, values, sizes);
  return result;
};
const shapesOf = (outputs: Readonly<Record<string, Tensor>>, op: string) =>
  nodesOf(outputs, op).map((node) => node.outputs[0]!.shape);

describe("several readers", () => {
  const y = exp(x);

  test("that agree: the value exists for their rows only, once", () => {
    const result = pruned({ a: tanh(rowOfEach(y, first, 0)), b: rowOfEach(scale(y, 2), first, 0) });
    expect(shapesOf(result, "exp")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "scale")).toEqual([["batch", 4]]);
  });

  test.each([
    ["one of which reads all", { a: rowOfEach(y, first, 0), b: sum(y, [0]) }],
    ["one of which is an output", { a: rowOfEach(y, first, 0), b: y }],
    ["of different rows", { a: rowOfEach(y, first, 0), b: rowOfEach(y, second, 1) }],
    ["of rows found in different ways", { a: rowOfEach(y, first, 0), b: rowOfEach(y, second, 0) }],
  ])("%s: the value exists once, whole", (_, outputs) => {
    expect(shapesOf(pruned(outputs), "exp")).toEqual([["tokens", 4]]);
  });

  test("narrow ones of a value that is whole for another go on narrowly", () => {
    const result = pruned({ a: rowOfEach(tanh(y), first, 0), b: rowOfEach(scale(y, 2), second, 1), c: y });
    expect(shapesOf(result, "exp")).toEqual([["tokens", 4]]);
    expect(shapesOf(result, "tanh")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "scale")).toEqual([["batch", 4]]);
  });
});

describe("how far it goes", () => {
  test("through products and norms, whose weights stay whole, and through both sides of a residual", () => {
    const y = layerNorm(add(affine(x, weight, gamma), x), gamma, gamma, 1e-5);
    const result = pruned({ y: rowOfEach(y, first, 0) });
    const computed = ["affine", "add", "layerNorm"].flatMap((op) => shapesOf(result, op));
    expect(computed).toEqual(new Array(3).fill(["batch", 4]));
    expect(inputsOf(result).sort()).toEqual(["first", "gamma", "weight", "x"]);
  });

  test("to the indices of a table lookup", () => {
    const looked = gatherRows(input("table", "float32", [3, 4]), input("ids", "int32", ["tokens"]));
    expect(shapesOf(pruned({ y: rowOfEach(looked, first, 0) }), "gatherRows")).toEqual([["batch", 4]]);
  });

  test("an addend that is a matrix is pruned with the product, the right factor is not", () => {
    const square = product(x, x, { transA: true });
    const result = pruned({ y: rowOfEach(affine(x, square, tanh(x)), first, 0) });
    expect(shapesOf(result, "affine")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "tanh")).toEqual([["batch", 4]]);
  });

  test("not to the right factor of a product, even where it has a row for each token", () => {
    const scores = product(tanh(x), x, { transB: true }); // [tokens, tokens]
    const result = pruned({ y: rowOfEach(affine(scores, exp(x), gamma), first, 0) });
    expect(shapesOf(result, "affine")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "tanh")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "exp")).toEqual([["tokens", 4]]);
  });

  test("not past a sum over tokens, whose own operand is whole", () => {
    const result = pruned({ y: rowOfEach(mul(exp(x), sum(tanh(x), [0], true)), first, 0) });
    expect(shapesOf(result, "exp")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "tanh")).toEqual([["tokens", 4]]);
  });

  test("not past an op that moves rows", () => {
    const moved = concat([slice(exp(x), 0, 0, 2), slice(exp(x), 0, 2, "end")].reverse(), 0);
    expect(shapesOf(pruned({ y: rowOfEach(tanh(moved), first, 0) }), "exp")).toEqual([
      ["tokens", 4],
      ["tokens", 4],
    ]);
  });

  test("attention from a place other than the first", () => {
    const pad = input("padIndex", "int32", ["batch", 2, "length"]);
    const unpad = input("unpadIndex", "int32", ["tokens", 2]);
    const fill = input("fillIndex", "int32", ["batch", 2, "length"]);
    const heads = (t: Tensor) => toHeads(t, fill, unpad, "filled");
    const scores = matMul(heads(exp(x)), swapLast(heads(tanh(x))));
    const weights = softmax(add(scores, input("bias", "float32", ["batch", 1, 1, "length"])));
    const context = fromHeads(matMul(weights, heads(product(x, weight))), unpad, pad);
    const result = pruned({ y: rowOfEach(context, second, 1) });
    expect(shapesOf(result, "exp")).toEqual([["batch", 4]]);
    expect(shapesOf(result, "tanh")).toEqual([["tokens", 4]]);
    expect(shapesOf(result, "softmax")).toEqual([["batch", 2, 1, "length"]]);
    expect(opCounts(result)).not.toHaveProperty("fromHeads");
  });

  test("a padded view that others read whole is cut where the rows are read", () => {
    const pad = input("padIndex", "int32", ["batch", 2, "length"]);
    const unpad = input("unpadIndex", "int32", ["tokens", 2]);
    const padded = toHeads(x, pad, unpad, "zero");
    const y = rowOfEach(fromHeads(exp(padded), unpad, pad), second, 1);
    const result = pruned({ y, whole: padded });
    expect(shapesOf(result, "slice")).toEqual([["batch", 2, 1, 2]]);
    expect(shapesOf(result, "exp")).toEqual([["batch", 2, 1, 2]]);
  });

  test("a program that reads no rows is returned as it is", () => {
    const outputs = { a: tanh(affine(x, weight, gamma)), b: sum(x, [0]), c: x };
    expect(pruneRows(outputs, rowAxes)).toEqual(outputs);
    for (const [name, tensor] of Object.entries(pruneRows(outputs, rowAxes))) expect(tensor).toBe(outputs[name as "a"]);
  });

  test("rows of an input are chosen where they were", () => {
    const result = pruned({ y: rowOfEach(x, first, 0) });
    expect(opCounts(result)).toEqual({ rowOfEach: 1 });
  });

  test("rows of something that is not by token stay a choice", () => {
    const fixed = input("table", "float32", [3, 4]);
    const index = input("index", "int32", ["batch"]);
    const y = rowOfEach(exp(fixed), index, 0);
    expectSameValues(pruneRows({ y }, rowAxes), { y }, { ...values, index: ndarray([2], [2, 0]) }, sizes);
    expect(shapesOf(pruneRows({ y }, rowAxes), "exp")).toEqual([[3, 4]]);
  });
});

test("any program keeps its values", () => {
  type Step = (a: Tensor, b: Tensor) => Tensor;
  const steps: Record<string, Step> = {
    add: (a, b) => add(a, b),
    mul: (a, b) => mul(a, b),
    tanh: (a) => tanh(a),
    softmax: (a) => softmax(a),
    norm: (a) => layerNorm(a, gamma, gamma, 1e-3),
    weight: (a) => product(a, weight),
    affine: (a, b) => affine(a, weight, b),
    square: (a, b) => tanh(product(a, product(b, a, { transA: true }))),
    columnSum: (a, b) => tanh(mul(a, sum(b, [0]))),
    rotate: (a, b) => concat([slice(a, 0, 4, "end"), slice(b, 0, 0, 4)].reverse(), 0),
  };
  const program = fc.record({
    nodes: fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(), fc.nat()), { maxLength: 12 }),
    reads: fc.array(fc.tuple(fc.constantFrom("first", "second", "all"), fc.nat()), { minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(program, ({ nodes, reads }) => {
      const made: Tensor[] = [x];
      for (const [step, a, b] of nodes) made.push(steps[step]!(made[a % made.length]!, made[b % made.length]!));
      const outputs: Record<string, Tensor> = {};
      for (const [i, [how, at]] of reads.entries()) {
        const y = made[(made.length - 1 - (at % made.length)) % made.length]!;
        outputs[i] = how === "all" ? y : how === "first" ? rowOfEach(y, first, 0) : rowOfEach(y, second, 1);
      }
      pruned(outputs);
    }),
    { numRuns: 300 },
  );
});

test("rows of a whole value are chosen once, so that their gradients are scattered once", () => {
  const y = exp(x);
  const result = pruned({ y, a: rowOfEach(tanh(y), first, 0), b: rowOfEach(scale(y, 2), first, 0) });
  expect(shapesOf(result, "rowOfEach")).toEqual([["batch", 4]]);
});

describe("rows that only look like it", () => {
  const bias = input("relative", "float32", [2, "length", "length"]);
  const scores = input("scores", "float32", ["batch", 2, "length", "length"]);
  const pad = input("padIndex", "int32", ["batch", 2, "length"]);
  const unpad = input("unpadIndex", "int32", ["tokens", 2]);
  const stack = input("stack", "float32", ["tokens", 1, 4]);
  const other = input("other", "float32", ["tokens", 4, 2]);
  const padded = toHeads(x, pad, unpad, "zero");
  const read = {
    "a row for each place that all texts share": rowOfEach(
      fromHeads(matMul(add(scores, bias), padded), unpad, pad),
      first,
      0,
    ),
    "a softmax over the tokens themselves": rowOfEach(softmax(input("t", "float32", ["tokens"])), first, 0),
    "a stack with one matrix for each token": rowOfEach(matMul(stack, other), first, 0),
    "a choice among texts": rowOfEach(exp(padded), input("texts", "int32", ["batch"]), 0),
  };

  test.each(Object.entries(read))("%s", (_, y) => {
    const fed = {
      ...values,
      relative: noise([2, 4, 4]),
      scores: noise([2, 2, 4, 4], 1),
      t: noise([6]),
      stack: noise([6, 1, 4]),
      other: noise([6, 4, 2]),
      texts: ndarray([2], [1, 0]),
    };
    expectSameValues(pruneRows({ y }, rowAxes), { y }, fed, sizes);
  });
});

test("a gated feed-forward is computed for the rows that are read: through slice and concat", () => {
  const x = input("x", "float32", ["tokens", 4]);
  const index = input("index", "int32", ["batch"]);
  const both = product(x, input("w", "float32", [4, 6]));
  const gated = mul(exp(slice(both, 1, 0, 3)), slice(both, 1, 3, 6));
  const y = rowOfEach(concat([gated, scale(gated, 2)], 1), index, 0);
  const pruned = pruneRows({ y }, rowAxes);
  const values = { x: noise([5, 4], 1), w: noise([4, 6], 2), index: ndarray([2], [0, 3]) };
  expectSameValues(pruned, { y }, values, { tokens: 5, batch: 2, length: 3 });
  for (const op of ["product", "slice", "exp", "mul", "concat"])
    for (const node of nodesOf(pruned, op)) expect(node.outputs[0]!.shape[0]).toBe("batch");
});
