import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "../../../src/graph/gradients.ts";
import { gelu } from "../../../src/graph/nn.ts";
import { add, div, erfGate, exp, mul, scale, tanh } from "../../../src/graph/ops/elementwise.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import { affine, matMul, product, swapLast } from "../../../src/graph/ops/linalg.ts";
import { layerNorm, sum } from "../../../src/graph/ops/reduce.ts";
import { reshape, slice, transpose } from "../../../src/graph/ops/shape.ts";
import { printProgram } from "../../../src/graph/print.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { tinyBatch, tinyBert, tinyValues } from "../../tiny-bert.ts";
import { expectSameValues, nodesOf, noise, type Outputs, opCounts } from "./programs.ts";

const [x, w] = ["x", "w"].map((name) => input(name, "float32", [3, 3])) as [Tensor, Tensor];
const b = input("b", "float32", [3]);
const cube = input("cube", "float32", [2, 3, 4]);
const values = { x: noise([3, 3]), w: noise([3, 3], 1), b: noise([3], 2), cube: noise([2, 3, 4], 3) };

/** Simplifies, and expects the same values: factors here are powers of two, which no rounding can tell from others. */
function simplified(outputs: Outputs): Outputs {
  const simple = simplify(outputs);
  expectSameValues(simple, outputs, values);
  return simple;
}

describe("equal nodes become one", () => {
  test("when op, operands and attributes are equal, all the way up", () => {
    const twice = () => tanh(add(product(x, w), b));
    const { y } = simplified({ y: mul(twice(), twice()) });
    expect(opCounts({ y: y! })).toEqual({ product: 1, add: 1, tanh: 1, mul: 1 });
  });

  test("inputs of one name are one", () => {
    const again = input("x", "float32", [3, 3]);
    expect(nodesOf(simplified({ y: add(x, again) }), "input")).toHaveLength(1);
  });

  test("constants are one where their values are, whatever their shape is not", () => {
    const equal = () => constant([1, 2, 3], [3]);
    const y = add(add(x, equal()), add(x, add(equal(), constant([1, 2, 3], [3, 1]))));
    expect(nodesOf(simplified({ y }), "constant")).toHaveLength(2);
  });

  test("other operands, another order or other attributes keep two apart", () => {
    const different = [div(x, w), div(w, x), slice(x, 0, 0, 2), slice(x, 0, 1, 3), slice(x, 1, 0, 2)];
    expect(opCounts(simplified(Object.fromEntries(different.entries())))).toEqual({ div: 2, slice: 3 });
  });

  test("results of one node are not taken for each other", () => {
    const [y, mean, deviation] = layerNorm(x, b, b, 0.1).node.outputs as [Tensor, Tensor, Tensor];
    const outputs = { y, mean: tanh(mean), deviation: tanh(deviation) };
    expect(opCounts(simplified(outputs))).toEqual({ layerNorm: 1, tanh: 2 });
  });

  test("by-products go with their node", () => {
    const u = erfGate(x);
    const [first, second] = [u.node.outputs[1]!, erfGate(x).node.outputs[1]!];
    const simple = simplified({ u, y: add(first, second) });
    expect(opCounts(simple)).toEqual({ erfGate: 1, add: 1 });
  });

  test("numbers that JSON cannot write are not taken for each other", () => {
    const outputs = { low: mul(x, constant(-Infinity)), high: mul(x, constant(Infinity)) };
    expect(nodesOf(simplify(outputs), "constant")).toHaveLength(2);
  });
});

describe("moves cancel", () => {
  test.each<[string, Tensor, Record<string, number>]>([
    ["a transpose that moves nothing", transpose(cube, [0, 1, 2]), {}],
    ["a transpose and its inverse", transpose(transpose(cube, [1, 2, 0]), [2, 0, 1]), {}],
    ["two transposes", transpose(transpose(cube, [1, 2, 0]), [1, 2, 0]), { transpose: 1 }],
    ["two that do not commute", transpose(transpose(cube, [1, 0, 2]), [0, 2, 1]), { transpose: 1 }],
    ["four transposes", [0, 1, 2].reduce((y) => transpose(y, [1, 2, 0]), transpose(cube, [1, 2, 0])), { transpose: 1 }],
    ["a reshape to the same shape", reshape(cube, [2, 3, 4]), {}],
    ["two reshapes", reshape(reshape(cube, [6, 4]), [4, 6]), { reshape: 1 }],
    ["a reshape there and back", reshape(reshape(cube, [24]), [2, 3, 4]), {}],
    [
      "a reshape between transposes, which stays",
      transpose(reshape(transpose(x, [1, 0]), [9, 1]), [1, 0]),
      {
        transpose: 2,
        reshape: 1,
      },
    ],
  ])("%s", (_, y, counts) => {
    expect(opCounts(simplified({ y }))).toEqual(counts);
  });

  describe("a transpose of a stack of products", () => {
    const [p, q] = [input("cube", "float32", [2, 3, 4]), input("other", "float32", [2, 5, 4])] as [Tensor, Tensor];
    const counts = (outputs: Outputs) => {
      const simple = simplify(outputs);
      expectSameValues(simple, outputs, { ...values, other: noise([2, 5, 4], 4) }, {}, 1e-15);
      return opCounts(simple);
    };

    test("becomes a product of transposes where one of them cancels", () => {
      expect(counts({ y: swapLast(matMul(p, swapLast(q))) })).toEqual({ matMul: 1, transpose: 1 });
      expect(counts({ y: swapLast(matMul(swapLast(p), p)) })).toEqual({ matMul: 1, transpose: 1 });
    });

    test("stays where none would, where it moves otherwise, and where the product itself is read", () => {
      const square = matMul(p, swapLast(q));
      expect(simplify({ y: swapLast(matMul(p, reshape(q, [2, 4, 5]))) }).y!.node.op.name).toBe("transpose");
      expect(simplify({ y: transpose(square, [2, 1, 0]) }).y!.node.op.name).toBe("transpose");
      expect(counts({ y: swapLast(square), z: square })).toEqual({ matMul: 1, transpose: 2 });
    });
  });

  test("and what others read of them stays", () => {
    const moved = transpose(cube, [1, 2, 0]);
    expect(opCounts(simplified({ moved, back: transpose(moved, [2, 0, 1]) }))).toEqual({ transpose: 1 });
  });

  test("reshapes are joined only where one can do it", () => {
    const t = input("t", "float32", [2, "a", "b"]);
    const y = reshape(reshape(t, ["a", 2, "b"]), ["a", "b", 2]);
    expectSameValues(simplify({ y }), { y }, { t: noise([2, 3, 5]) }, { a: 3, b: 5 });
  });
});

describe("the gradient of a value that was cut into parts", () => {
  const x = input("x", "float32", [3, 7]);
  const values = { x: noise([3, 7], 1) };
  const gradientOf = (...ranges: readonly (readonly [number, number | "end"])[]) => {
    const parts = ranges.map(([from, to], i) => sum(scale(exp(slice(x, 1, from, to)), i + 1), [0, 1]));
    const outputs = { dx: gradients(parts.reduce(add), [x])[0]! };
    const shorter = simplify(outputs);
    expectSameValues(shorter, outputs, values, {}, 1e-12);
    return opCounts(shorter);
  };

  test("is its parts in a row", () => {
    const counts = gradientOf([2, 5], [0, 2], [5, "end"]);
    expect(counts.unslice).toBeUndefined();
    expect(counts.concat).toBe(1);
  });

  test("stays a sum where parts overlap or leave something out", () => {
    expect(gradientOf([0, 4], [3, 7]).unslice).toBe(2);
    expect(gradientOf([0, 3], [4, 7]).unslice).toBe(2);
    expect(gradientOf([1, 3], [3, 7]).unslice).toBe(2);
  });
});

describe("multiplications by a number", () => {
  const printed = (y: Tensor) => printProgram(simplified({ y })).split("\n").at(-2);

  test("by one disappear, unless they repeat their operand", () => {
    expect(opCounts(simplified({ a: scale(x, 1), b: mul(x, constant(1)), c: mul(constant(1), x) }))).toEqual({});
    expect(opCounts(simplified({ a: mul(b, constant([1, 1, 1], [3])), c: mul(b, constant([1], [1])) }))).toEqual({
      mul: 2,
    });
    expect(opCounts(simplified({ a: mul(x, constant(2)) }))).toEqual({ mul: 1 });
  });

  test("join each other", () => {
    expect(printed(tanh(scale(scale(scale(x, 2), -4), 0.5)))).toMatch(/tanh/);
    expect(nodesOf(simplified({ y: scale(scale(scale(x, 2), -4), 0.5) }), "scale")[0]!.attributes).toEqual({
      factor: -4,
    });
    expect(opCounts(simplified({ y: scale(scale(x, 2), 0.5) }))).toEqual({});
  });

  test("join the product that made their operand", () => {
    const y = scale(product(x, w, { transB: true, alpha: 2 }), -4);
    expect(opCounts(simplified({ y }))).toEqual({ product: 1 });
    expect(simplified({ y }).y!.node.attributes).toEqual({ transA: false, transB: true, alpha: -8 });
  });

  test("join an affine map, addend and all", () => {
    const y = scale(affine(x, w, b, { transA: true, alpha: 2, beta: 0.5 }), -4);
    expect(simplified({ y }).y!.node.attributes).toEqual({ transA: true, transB: false, alpha: -8, beta: -2 });
  });

  test("join the product that reads them, from both sides", () => {
    const y = product(scale(x, 2), scale(w, 4), { alpha: 0.5 });
    expect(simplified({ y }).y!.node.attributes).toMatchObject({ alpha: 4 });
    expect(opCounts(simplified({ y }))).toEqual({ product: 1 });
  });

  test("join an affine map that reads them, but for its addend", () => {
    const y = affine(scale(x, 2), scale(w, 4), scale(b, 8), { beta: 0.25 });
    expect(simplified({ y }).y!.node.attributes).toMatchObject({ alpha: 8, beta: 0.25 });
    expect(opCounts(simplified({ y }))).toEqual({ affine: 1, scale: 1 });
  });

  test("move behind a sum", () => {
    const { y } = simplified({ y: sum(scale(x, 4), [0], true) });
    expect(opCounts({ y: y! })).toEqual({ sum: 1, scale: 1 });
    expect(y!.node.op.name).toBe("scale");
    expect(y!.shape).toEqual([1, 3]);
  });

  test("leave nothing of GELU's constants in a feed-forward layer", () => {
    const outputs = { y: affine(gelu(affine(x, w, b)), w, b) };
    const simple = simplify(outputs);
    expect(opCounts(simple)).toEqual({ affine: 2, erfGate: 1 });
    expectSameValues(simple, outputs, values, {}, 1e-14);
  });
});

describe("a product that something else reads is not computed twice", () => {
  const p = product(x, w);
  const q = affine(x, w, b);
  test.each<[string, Outputs]>([
    ["an op", { y: scale(p, 2), z: tanh(p) }],
    ["an output", { y: scale(p, 2), z: p }],
    ["another scale", { y: scale(p, 2), z: scale(p, 4) }],
  ])("%s reads it", (_, outputs) => {
    const scales = Object.values(outputs).filter((t) => t.node.op.name === "scale").length;
    expect(opCounts(simplified(outputs))).toMatchObject({ product: 1, scale: scales });
  });

  test("nor an affine map", () => {
    expect(opCounts(simplified({ y: scale(q, 2), z: q }))).toEqual({ affine: 1, scale: 1 });
  });

  test("a scale that others read still joins its readers", () => {
    const s = scale(x, 2);
    expect(opCounts(simplified({ y: product(s, w), z: tanh(s) }))).toEqual({ product: 1, scale: 1, tanh: 1 });
  });

  test.each<[string, Outputs]>([
    ["an equal product elsewhere is read", { y: scale(product(x, w), 2), z: product(x, w) }],
    ["it is read where it is multiplied by one", { y: scale(mul(p, constant(1)), 2), z: p }],
    ["it is read where it is moved to and fro", { y: scale(reshape(p, [3, 3]), 2), z: p }],
  ])("%s", (_, outputs) => {
    expect(opCounts(simplified(outputs))).toMatchObject({ product: 1 });
  });

  test("two products that turn out to be one only when moves have cancelled", () => {
    const p3 = () =>
      product(
        [0, 1, 2].reduce((t) => transpose(t, [1, 0]), x),
        w,
      );
    expect(opCounts(simplified({ y: scale(p3(), 2), z: p3() }))).toEqual({ transpose: 1, product: 1, scale: 1 });
  });
});

/** Small programs on 3×3 matrices. */
const steps: Record<string, (a: Tensor, c: Tensor) => Tensor> = {
  add: (a, c) => add(a, c),
  mul: (a, c) => tanh(mul(a, c)),
  exp: (a) => exp(tanh(a)),
  one: (a) => mul(a, constant(1)),
  scaleOne: (a) => scale(a, 1),
  double: (a) => scale(a, 2),
  minusHalf: (a) => scale(a, -0.5),
  transpose: (a) => transpose(a, [1, 0]),
  reshape: (a) => reshape(a, [9]),
  back: (a) => reshape(reshape(a, [1, 9]), [3, 3]),
  product: (a, c) => product(a, c, { alpha: 2 }),
  productT: (a, c) => product(a, c, { transA: true }),
  affine: (a, c) => affine(a, c, b, { transB: true, alpha: 0.5, beta: -2 }),
  affineMatrix: (a, c) => affine(a, w, c, { beta: 4 }),
  sum: (a) => sum(a, [0], true),
  stack: (a, c) => reshape(matMul(reshape(a, [1, 3, 3]), swapLast(reshape(c, [1, 3, 3]))), [3, 3]),
  swap: (a) => reshape(swapLast(reshape(a, [1, 3, 3])), [3, 3]),
};
const matrix = (t: Tensor): Tensor =>
  t.shape.join() === "3,3" ? t : t.shape.join() === "9" ? reshape(t, [3, 3]) : add(x, t);
const programsOf = (names: readonly string[]) =>
  fc
    .record({
      nodes: fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(), fc.nat()), { maxLength: 14 }),
      outputs: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    })
    .map(({ nodes, outputs }): Outputs => {
      const made = [x, w];
      for (const [step, i, j] of nodes) made.push(matrix(steps[step]!(made[i % made.length]!, made[j % made.length]!)));
      return Object.fromEntries(outputs.map((at, i) => [`y${i}`, made.at(-1 - (at % made.length))!]));
    });
const programs = programsOf(Object.keys(steps));

const products = (outputs: Outputs): number => {
  const counts = opCounts(outputs);
  return (counts.product ?? 0) + (counts.affine ?? 0) + (counts.matMul ?? 0);
};

describe("any program", () => {
  test("keeps its values, exactly", () => {
    fc.assert(
      fc.property(programs, (outputs) => void simplified(outputs)),
      { numRuns: 500 },
    );
  });

  test("is left alone the second time", () => {
    fc.assert(
      fc.property(programs, (outputs) => {
        const simple = simplify(outputs);
        const again = simplify(simple);
        for (const name of Object.keys(simple)) expect(again[name]).toBe(simple[name]);
      }),
      { numRuns: 200 },
    );
  });

  test("gets no more matrix products", () => {
    fc.assert(
      fc.property(programsOf(["product", "affine", "double", "minusHalf", "one", "stack", "swap"]), (outputs) => {
        expect(products(simplify(outputs))).toBeLessThanOrEqual(products(outputs));
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  test("a whole encoder keeps its values", () => {
    const encoder = tinyBert();
    const shapes = new Map(encoder.parameters.map(({ name, shape }) => [name, shape]));
    const parameter = (name: string) => input(name, "float32", shapes.get(name)!); // a new node each time
    const logits = encoder.logits({
      ...plainScope(encoder.parameters, (a) => a),
      parameter,
      linear: (site, a) => affine(a, parameter(site.weight), parameter(site.bias!), { transB: true }),
    });
    const simple = simplify({ logits });
    expectSameValues(simple, { logits }, tinyValues(encoder), tinyBatch(encoder).sizes, 1e-12);
    expect(opCounts(simple)).not.toHaveProperty("scale");
  });
});
