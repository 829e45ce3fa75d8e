import { describe, expect, test } from "vitest";
import { gradients } from "../../../src/graph/gradients.ts";
import { linear } from "../../../src/graph/nn.ts";
import { add, equal, exp, mul, sign, tanh } from "../../../src/graph/ops/elementwise.ts";
import { gatherRows } from "../../../src/graph/ops/indexing.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import { layerNormOp, sum } from "../../../src/graph/ops/reduce.ts";
import { reshape, transpose } from "../../../src/graph/ops/shape.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { applyAll, type Op, type Tensor } from "../../../src/graph/tensor.ts";
import { ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { inputsOf, opCounts } from "./programs.ts";

const x = input("x", "float32", [2, 3]);
const total = (y: Tensor): Tensor =>
  sum(
    y,
    y.shape.map((_, axis) => axis),
  );
const valuesOf = (tensors: readonly Tensor[], values: Record<string, number[]>, shapes: Record<string, number[]>) =>
  evaluate(
    tensors,
    Object.fromEntries(Object.entries(values).map(([name, data]) => [name, ndarray(shapes[name]!, data)])),
  ).map(({ data }) => [...data]);

describe("only what leads to a wanted tensor is walked", () => {
  const [w1, w2] = ["w1", "w2"].map((name) => input(name, "float32", [3, 3]));
  const [b1, b2] = ["b1", "b2"].map((name) => input(name, "float32", [3]));
  const loss = total(linear(tanh(linear(x, w1!, b1!)), w2!, b2!));
  const derivative = (wanted: Tensor[]) => {
    const found = gradients(loss, wanted);
    const outputs = Object.fromEntries(found.map((t, i) => [`d${i}`, t]));
    const forward = new Set(nodesInOrder([loss]));
    const backward = nodesInOrder(found).filter((node) => !forward.has(node));
    return { outputs, backward: backward.map((node) => node.op.name) };
  };

  test("both layers", () => {
    const { outputs, backward } = derivative([w1!, b1!, w2!, b2!]);
    // Both weights' gradients, and the way through the upper layer to the lower one.
    expect(backward.filter((name) => name === "product")).toHaveLength(3);
    expect(inputsOf(outputs)).toEqual(expect.arrayContaining(["w1", "b1", "w2", "x"]));
  });

  test("a frozen lower layer: nothing goes below the upper one", () => {
    const { backward } = derivative([w2!, b2!]);
    expect(backward.filter((name) => name === "product")).toHaveLength(1);
    expect(backward).not.toContain("sub"); // the derivative of tanh
  });

  test("a frozen upper weight has no gradient, but passes one on", () => {
    const { outputs, backward } = derivative([b1!]);
    expect(backward.filter((name) => name === "product")).toHaveLength(1);
    expect(inputsOf(outputs)).toContain("w2");
    // Nor is the product that the weight's own gradient would be in the program.
    expect(opCounts(outputs)).toMatchObject({ product: 1 });
  });

  test("the last bias alone needs no layer at all", () => {
    const { backward } = derivative([b2!]);
    expect(backward).not.toContain("product");
  });

  test("an op without a derivative is passed by where nothing wanted lies behind it", () => {
    const gate = sign(input("gate", "float32", [2, 3]));
    const fed = { x: new Array(6).fill(1), gate: [-2, 3, 0, 1, -1, 5] };
    const [dx] = valuesOf(gradients(total(mul(x, gate)), [x]), fed, { x: [2, 3], gate: [2, 3] });
    expect(dx).toEqual([-1, 1, 0, 1, -1, 1]);
  });

  test("and nothing is asked of an op whose output is itself what is wanted", () => {
    const gate = sign(x);
    expect(gradients(total(mul(gate, gate)), [gate])).toHaveLength(1);
  });
});

describe("accumulation", () => {
  const shapes = { x: [2, 3], y: [2, 3] };
  const values = { x: [1, 2, 3, 4, 5, 6], y: [1, 0, -1, 2, 0, -2] };
  const y = input("y", "float32", [2, 3]);

  test("a value used twice gets the sum of both gradients", () => {
    const [dx] = gradients(total(add(mul(x, y), mul(x, x))), [x]);
    expect(valuesOf([dx!], values, shapes)).toEqual([[3, 4, 5, 10, 10, 10]]); // y + 2x
  });

  test("a value used twice by one node, too", () => {
    const [dx] = gradients(total(mul(x, x)), [x]);
    expect(valuesOf([dx!], values, shapes)).toEqual([[2, 4, 6, 8, 10, 12]]);
  });

  test("through paths of different length", () => {
    // Σ (x + x²)², whose derivative is 2 (x + x²) (1 + 2x)
    const z = add(x, mul(x, x));
    const [dx] = gradients(total(mul(z, z)), [x]);
    expect(valuesOf([dx!], values, shapes)).toEqual([[1, 2, 3, 4, 5, 6].map((v) => 2 * (v + v * v) * (1 + 2 * v))]);
  });

  test("gradients come in the order of the wanted tensors, a repeated one repeated", () => {
    const found = gradients(total(mul(x, y)), [y, x, y]);
    expect(valuesOf(found, values, shapes)).toEqual([values.x, values.y, values.x]);
  });

  test("a computed tensor can be wanted, together with what it comes from", () => {
    const z = exp(x);
    const found = gradients(total(mul(z, y)), [z, x]);
    const expected = values.x.map((v, i) => Math.exp(v) * values.y[i]!);
    const [dz, dx] = valuesOf(found, values, shapes);
    expect(dz).toEqual(values.y);
    for (const [i, v] of expected.entries()) expect(dx![i]).toBeCloseTo(v, 10);
  });

  test("the loss itself has gradient 1", () => {
    const loss = total(x);
    expect(valuesOf(gradients(loss, [loss]), values, shapes)).toEqual([[1]]);
  });
});

describe("broadcasts are undone", () => {
  const weights = input("weights", "float32", [2, 4, 3]);
  const data = Array.from({ length: 24 }, (_, i) => i + 1);
  const sumWhere = (keep: (i: number, j: number, k: number) => boolean) =>
    data.reduce((s, v, at) => (keep(Math.floor(at / 12), Math.floor(at / 3) % 4, at % 3) ? s + v : s), 0);
  const gradientFor = (shape: number[]) => {
    const small = input("small", "float32", shape);
    const [found] = gradients(total(mul(add(small, weights), weights)), [small]);
    expect(found!.shape).toEqual(shape);
    const feed = { small: new Array(shape.reduce((a, b) => a * b, 1)).fill(0), weights: data };
    return valuesOf([found!], feed, { small: shape, weights: [2, 4, 3] })[0];
  };

  test("a scalar", () => expect(gradientFor([])).toEqual([300]));
  test("a row", () => expect(gradientFor([3])).toEqual([0, 1, 2].map((c) => sumWhere((_, __, k) => k === c))));
  test("missing and inner axes", () =>
    expect(gradientFor([4, 1])).toEqual([0, 1, 2, 3].map((r) => sumWhere((_, j) => j === r))));
  test("an outer and an inner axis of one", () =>
    expect(gradientFor([1, 1, 3])).toEqual([0, 1, 2].map((c) => sumWhere((_, __, k) => k === c))));
  test("an axis of one that is outermost", () =>
    expect(gradientFor([2, 1, 1])).toEqual([0, 1].map((b) => sumWhere((i) => i === b))));
  test("nothing to undo", () => expect(gradientFor([2, 4, 3])).toEqual(data));

  test("along symbolic sizes", () => {
    const bias = input("bias", "float32", [1, 3]);
    const [found] = gradients(total(add(input("t", "float32", ["tokens", 3]), bias)), [bias]);
    const fed = { t: ndarray([5, 3]), bias: ndarray([1, 3]) };
    expect(evaluate([found!], fed, { tokens: 5 })[0]).toEqual(ndarray([1, 3], [5, 5, 5]));
  });

  test("no sum where the sizes are equal", () => {
    const [found] = gradients(total(mul(x, x)), [x]);
    expect(opCounts({ found: found! })).not.toHaveProperty("sum");
  });
});

describe("an embedding table", () => {
  const table = input("table", "float32", [4, 2]);
  const ids = input("ids", "int32", ["tokens"]);
  const weights = input("weights", "float32", ["tokens", 2]);
  const fed = {
    table: ndarray([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
    ids: ndarray([3], [2, 0, 2]),
    weights: ndarray([3, 2], [1, 10, 100, 1000, 10000, 100000]),
  };

  test("gets its rows' gradients added up by row", () => {
    const [found] = gradients(total(mul(gatherRows(table, ids), weights)), [table]);
    expect(found!.node.op.name).toBe("scatterAddRows");
    expect(evaluate([found!], fed, { tokens: 3 })[0]).toEqual(ndarray([4, 2], [100, 1000, 0, 0, 10001, 100010, 0, 0]));
  });

  test("looked up in twice, it gets both", () => {
    const other = input("other", "int32", ["tokens"]);
    const looked = add(gatherRows(table, ids), gatherRows(table, other));
    const [found] = gradients(total(mul(looked, weights)), [table]);
    const both = { ...fed, other: ndarray([3], [3, 3, 3]) };
    const expected = [100, 1000, 0, 0, 10001, 100010, 10101, 101010];
    expect(evaluate([found!], both, { tokens: 3 })[0]).toEqual(ndarray([4, 2], expected));
  });
});

describe("refused", () => {
  test("a loss that is not a scalar", () =>
    expect(() => gradients(mul(x, x), [x])).toThrow("a loss is a scalar, not [2, 3]"));

  test("a wanted tensor that the loss does not depend on, by name", () => {
    const idle = input("idle", "float32", [7]);
    expect(() => gradients(total(x), [x, idle])).toThrow("the loss does not depend on idle [7]");
    expect(() => gradients(total(x), [exp(idle)])).toThrow("the loss does not depend on exp [7]");
  });

  test("a tensor that only lends its shape or its indices", () => {
    const like = input("like", "float32", [4, 3]);
    const ids = input("ids", "int32", [2]);
    const loss = total(gatherRows(like, ids));
    expect(() => gradients(loss, [ids])).toThrow("the loss does not depend on ids [2]");
  });

  test("a way through an op that has no derivative", () => {
    expect(() => gradients(total(mul(x, sign(x))), [x])).toThrow("sign has no derivative");
    const y = input("y", "float32", [2, 3]);
    expect(() => gradients(total(equal(x, y)), [y])).toThrow("equal has no derivative");
  });

  test("a derivative of by-products", () => {
    const [, mean] = applyAll(layerNormOp, [x, constant([1, 1, 1], [3]), constant([0, 0, 0], [3])], { epsilon: 1e-5 });
    expect(() => gradients(total(mean!), [x])).toThrow("layerNorm: a gradient reached a by-product");
  });

  test("a rule with too few gradients", () => {
    const broken: Op<[Tensor, Tensor], Record<never, never>> = {
      name: "broken",
      infer: ([a]) => [a],
      grad: (dy) => [dy] as unknown as [Tensor, Tensor],
      operations: "none",
      onnx: "Add",
    };
    expect(() => gradients(total(applyAll(broken, [x, x], {})[0]!), [x])).toThrow("broken: 1 gradients for 2 inputs");
  });
});

test("a chain deeper than the call stack", () => {
  let y: Tensor = x;
  for (let i = 0; i < 20_000; i++) y = i % 2 === 0 ? transpose(y, [1, 0]) : reshape(y, y.shape);
  expect(nodesInOrder(gradients(total(y), [x])).length).toBeGreaterThan(20_000);
});
