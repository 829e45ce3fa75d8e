/** One row per op and variant: a small program with values that stay clear of kinks and singularities. */

import { gradients } from "../../../src/graph/gradients.ts";
import * as nn from "../../../src/graph/nn.ts";
import { erfGateKept, fromBytes } from "../../../src/graph/ops/bytes.ts";
import { distanceToPlace, distanceToPlaceOp } from "../../../src/graph/ops/distance.ts";
import * as elementwise from "../../../src/graph/ops/elementwise.ts";
import { erf, erfGate } from "../../../src/graph/ops/elementwise.ts";
import * as indexing from "../../../src/graph/ops/indexing.ts";
import { int8Product, int8Rows } from "../../../src/graph/ops/int8-product.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import * as linalg from "../../../src/graph/ops/linalg.ts";
import * as reduce from "../../../src/graph/ops/reduce.ts";
import * as shape from "../../../src/graph/ops/shape.ts";
import { apply, applyAll, type Tensor } from "../../../src/graph/tensor.ts";
import { type NdArray, ndarray, sizeOf } from "../../oracle/array.ts";

export interface OpCase {
  readonly name: string;
  readonly y: Tensor;
  /** Inputs to differentiate by; empty for ops without a derivative. */
  readonly wanted: readonly Tensor[];
  readonly values: Readonly<Record<string, NdArray>>;
  readonly sizes?: Readonly<Record<string, number>>;
}

/** The program together with its gradients. */
export function withGradients({ y, wanted }: OpCase): Tensor[] {
  if (wanted.length === 0) return [y];
  const loss = reduce.sum(
    y,
    y.shape.map((_, axis) => axis),
  );
  return [y, ...gradients(loss, wanted)];
}

/** Fixed values without a pattern that could hide a transposed axis; all different, between -1.5 and 1.5. */
function numbers(dims: readonly number[], phase: number): NdArray {
  return ndarray(dims, (i) => 1.5 * Math.sin(12.9898 * (i + 1) + phase));
}

type Build = (...x: Tensor[]) => Tensor;

/** A case whose inputs all have known shapes and are all differentiated. */
function plain(name: string, shapes: readonly (readonly number[])[], build: Build, map = (v: number) => v): OpCase {
  const inputs = shapes.map((dims, i) => input(`x${i}`, "float32", dims));
  const values = Object.fromEntries(
    shapes.map((dims, i) => [`x${i}`, ndarray(dims, Array.from(numbers(dims, i).data, map))]),
  );
  return { name, y: build(...inputs), wanted: inputs, values };
}

const fixed = (c: OpCase): OpCase => ({ ...c, wanted: [] });
const positive = (v: number) => Math.abs(v) + 0.3;
const awayFromZero = (v: number) => v + (v < 0 ? -0.1 : 0.1);

const unary = Object.entries({
  neg: elementwise.neg,
  exp: elementwise.exp,
  tanh: elementwise.tanh,
  sigmoid: elementwise.sigmoid,
  erf,
  erfGate,
});
const binary = Object.entries({ add: elementwise.add, sub: elementwise.sub, mul: elementwise.mul });

/** Two texts of 3 and 2 tokens, 2 heads of 3. */
const packed = {
  sizes: { tokens: 5, batch: 2, length: 3 },
  padIndex: ndarray([2, 2, 3], [0, 2, 4, 1, 3, 5, 6, 8, -1, 7, 9, -1]),
  unpadIndex: ndarray([5, 2], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10]),
};
const padIndex = input("padIndex", "int32", ["batch", 2, "length"]);
const unpadIndex = input("unpadIndex", "int32", ["tokens", 2]);
const tokens = input("x0", "float32", ["tokens", 6]);
const padded = input("x0", "float32", ["batch", 2, "length", 3]);
const distances = input("x0", "float32", ["batch", 2, "length", "2*length"]);
const pooledDistances = input("x0", "float32", ["batch", 2, 1, "2*length"]);
const packedValues = { padIndex: packed.padIndex, unpadIndex: packed.unpadIndex };

const table = input("x0", "float32", [4, 3]);
const indices = input("indices", "int32", [2, 3]);
const indexValues = { indices: ndarray([2, 3], [3, 0, 3, 1, 1, 3]) };

const matrixCases = [false, true].flatMap((transA) =>
  [false, true].flatMap((transB) => {
    const a = transA ? [4, 2] : [2, 4];
    const b = transB ? [3, 4] : [4, 3];
    const options = { transA, transB, alpha: 0.7 };
    const label = `${transA ? "ᵀ" : ""}·${transB ? "ᵀ" : ""}`;
    return [
      plain(`product ${label}`, [a, b], (x, w) => linalg.product(x!, w!, options)),
      plain(`affine ${label} + row`, [a, b, [3]], (x, w, c) => linalg.affine(x!, w!, c!, { ...options, beta: -1.3 })),
      plain(`affine ${label} + matrix`, [a, b, [2, 3]], (x, w, c) => linalg.affine(x!, w!, c!, options)),
    ];
  }),
);

const int8Weight = [input("values", "int8", [5, 3]), input("scales", "float32", [3])] as const;

export const opCases: readonly OpCase[] = [
  {
    // Three rows, one of zeros; of the others, none has a value halfway between two steps.
    name: "int8Product",
    y: int8Product(input("x0", "float32", [3, 5]), ...int8Weight, -0.7),
    wanted: [],
    values: {
      x0: ndarray(
        [3, 5],
        Array.from(numbers([3, 5], 0).data, (v, i) => (i < 5 ? 0 : v)),
      ),
      values: ndarray([5, 3], (i) => ((i * 37) % 255) - 127),
      scales: ndarray([3], [0.01, 0.02, 0.005]),
    },
  },
  {
    name: "int8Product, one scale",
    y: int8Product(input("x0", "float32", [2, 5]), int8Weight[0], constant(0.03)),
    wanted: [],
    values: { x0: numbers([2, 5], 0), values: ndarray([5, 3], (i) => ((i * 53) % 255) - 127) },
  },
  {
    name: "fromBytes",
    y: fromBytes(input("bytes", "uint8", [2, 3]), input("factor", "float32", [])),
    wanted: [],
    values: { bytes: ndarray([2, 3], [0, 1, 2, 128, 254, 255]), factor: ndarray([], [0.3]) },
  },
  {
    name: "fromBytes, another zero",
    y: fromBytes(input("bytes", "uint8", [2, 3]), input("factor", "float32", []), 26),
    wanted: [],
    values: { bytes: ndarray([2, 3], [0, 1, 26, 128, 254, 255]), factor: ndarray([], [0.01]) },
  },
  ...erfGateKept(input("x0", "float32", ["tokens", 3])).map((kept, output) => ({
    name: `erfGateKept, output ${output}`,
    y: output === 0 ? kept : fromBytes(kept, constant(0.01), 26),
    wanted: [],
    sizes: { tokens: 4 },
    // Where it is flat, where it is least and most, and between.
    values: { x0: ndarray([4, 3], [-9, -3.2, -1, -0.999, -0.5, 0, 0.31, 0.7, 1, 1.3, 3.2, 9]) },
  })),
  {
    name: "int8Rows",
    y: int8Rows(input("rows", "int8", [3, 5]), int8Weight[1]),
    wanted: [],
    values: { rows: ndarray([3, 5], (i) => ((i * 37) % 255) - 127), scales: ndarray([3], [0.01, 0.02, 0.005]) },
  },
  ...unary.map(([name, f]) => plain(name, [[2, 3]], (x) => f(x!))),
  ...binary.flatMap(([name, f]) => [
    plain(
      name,
      [
        [2, 3],
        [2, 3],
      ],
      (a, b) => f(a!, b!),
    ),
    plain(
      `${name}, broadcast`,
      [
        [2, 1, 3],
        [4, 1],
      ],
      (a, b) => f(a!, b!),
    ),
    plain(`${name}, scalar`, [[2, 3], []], (a, b) => f(a!, b!)),
  ]),
  plain("div", [[2, 3], [3]], (a, b) => elementwise.div(a!, b!), awayFromZero),
  plain("log", [[2, 3]], (x) => elementwise.log(x!), positive),
  plain("sqrt", [[2, 3]], (x) => elementwise.sqrt(x!), positive),
  plain("relu", [[2, 3]], (x) => elementwise.relu(x!), awayFromZero),
  plain("scale", [[2, 3]], (x) => elementwise.scale(x!, -2.5)),
  plain("stopGradient", [[2, 3]], (x) => elementwise.mul(x!, elementwise.stopGradient(elementwise.exp(x!)))),
  fixed(plain("sign", [[2, 3]], (x) => elementwise.sign(x!))),
  fixed(plain("equal", [[2, 3], [3]], (a, b) => elementwise.equal(elementwise.sign(a!), elementwise.sign(b!)))),
  fixed(plain("constant", [[2, 3]], (x) => elementwise.add(x!, constant([1, 2, 3], [3])))),
  plain("same tensor twice", [[2, 3]], (x) => elementwise.mul(x!, x!)),

  plain("transpose", [[2, 3, 4]], (x) => shape.transpose(x!, [2, 0, 1])),
  plain("reshape", [[2, 3, 4]], (x) => shape.reshape(x!, [6, 4])),
  plain(
    "concat",
    [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    (a, b, c) => shape.concat([a!, b!, c!], 1),
  ),
  plain("slice", [[2, 5]], (x) => shape.slice(x!, 1, 1, 4)),
  plain("slice to the end", [[3, 2]], (x) => shape.slice(x!, 0, 1, "end")),
  plain("broadcastLike", [[1, 3]], (x) => shape.broadcastLike(x!, input("like", "float32", [4, 3]))),
  fixed(
    plain(
      "unslice",
      [[2, 3]],
      (x) => applyAll(shape.unsliceOp, [x!, input("like", "float32", [2, 5])], { axis: 1, start: 1, end: 4 })[0]!,
    ),
  ),

  plain("sum of columns", [[3, 2]], (x) => reduce.sum(x!, [0])),
  plain("sum of columns, kept", [[3, 2]], (x) => reduce.sum(x!, [0], true)),
  plain("sum of two axes", [[2, 3, 2]], (x) => reduce.sum(x!, [0, 2])),
  plain("mean", [[2, 3]], (x) => reduce.mean(x!, [1], true)),
  plain("max", [[2, 3, 2]], (x) => reduce.max(x!, [1])),
  plain("softmax", [[2, 3]], (x) => reduce.softmax(x!)),
  plain("logSoftmax", [[2, 3]], (x) => reduce.logSoftmax(x!)),
  plain("layerNorm of a matrix", [[3, 4], [4], [4]], (x, g, b) => reduce.layerNorm(x!, g!, b!, 1e-5)),
  plain("layerNorm of a stack", [[2, 2, 4], [4], [4]], (x, g, b) => reduce.layerNorm(x!, g!, b!, 0.1)),

  ...matrixCases,
  plain(
    "matMul",
    [
      [2, 2, 3, 4],
      [2, 2, 4, 2],
    ],
    (a, b) => linalg.matMul(a!, b!),
  ),
  plain(
    "matMul, broadcast",
    [
      [2, 3, 4],
      [1, 4, 2],
    ],
    (a, b) => linalg.matMul(a!, b!),
  ),

  {
    name: "gatherRows",
    y: indexing.gatherRows(table, indices),
    wanted: [table],
    values: { x0: numbers([4, 3], 0), ...indexValues },
  },
  {
    name: "scatterAddRows",
    y: indexing.scatterAddRows(table, indices, input("rows", "float32", [2, 3, 3])),
    wanted: [],
    values: { x0: numbers([4, 3], 0), rows: numbers([2, 3, 3], 1), ...indexValues },
  },
  {
    name: "rowOfEach",
    y: indexing.rowOfEach(tokens, input("first", "int32", ["batch"]), 0),
    wanted: [tokens],
    values: { x0: numbers([5, 6], 0), first: ndarray([2], [0, 3]) },
    sizes: packed.sizes,
  },
  {
    name: "toHeads",
    y: indexing.toHeads(tokens, padIndex, unpadIndex, "zero"),
    wanted: [tokens],
    values: { x0: numbers([5, 6], 0), ...packedValues },
    sizes: packed.sizes,
  },
  {
    name: "fromHeads",
    y: indexing.fromHeads(padded, unpadIndex, padIndex),
    wanted: [padded],
    values: { x0: numbers([2, 2, 3, 3], 0), ...packedValues },
    sizes: packed.sizes,
  },
  plain("distanceToPlace", [[2, 3, 6]], (x) => distanceToPlace(x!)),
  plain("distanceToPlace of one place", [[1, 2]], (x) => distanceToPlace(x!)),
  plain("distanceToPlace of one row", [[2, 1, 8]], (x) => apply(distanceToPlaceOp, [x!], { length: 4, position: 1 })),
  ...[distances, pooledDistances].map((x) => ({
    name: `distanceToPlace of symbolic ${x.shape}`,
    y: apply(distanceToPlaceOp, [x], { length: "length", ...(x === pooledDistances && { position: 2 }) }),
    wanted: [x],
    values: { x0: numbers([2, 2, x === distances ? 3 : 1, 6], 0) },
    sizes: packed.sizes,
  })),
  {
    name: "slice and concat of a symbolic axis",
    y: shape.concat([shape.slice(tokens, 0, 2, "end"), shape.slice(tokens, 0, 0, 2)].reverse(), 0),
    wanted: [tokens],
    values: { x0: numbers([5, 6], 0) },
    sizes: packed.sizes,
  },
  {
    name: "slice of a symbolic axis",
    y: shape.slice(tokens, 0, 1, 3),
    wanted: [tokens],
    values: { x0: numbers([5, 6], 0) },
    sizes: packed.sizes,
  },

  ...Object.entries(nn.activations).map(([name, f]) =>
    plain(`activation ${name}`, [[2, 3]], (x) => f(x!), awayFromZero),
  ),
  plain("linear", [[3, 4], [2, 4], [2]], (x, w, b) => nn.linear(x!, w!, b!)),
  plain("cross-entropy", [[3, 4], [3, 4], []], (logits, targets, weight) =>
    nn.crossEntropy(logits!, targets!, weight!),
  ),
  {
    ...plain("dropout by a mask", [[2, 3]], (x) =>
      nn.dropout(x!, input("mask", "uint8", [2, 3]), input("factor", "float32", [])),
    ),
    values: {
      x0: numbers([2, 3], 0),
      mask: ndarray([2, 3], [1, 0, 0, 1, 1, 0]),
      factor: ndarray([], [1.25]),
    },
  },
].map((c) => ({ ...c, values: { ...c.values, ...likes(c) } }));

/** Inputs that only lend their shape. */
function likes(c: OpCase): Record<string, NdArray> {
  const found: Record<string, NdArray> = {};
  for (const x of c.y.node.inputs) {
    const { name, shape: dims } = x.node.attributes as { name?: string; shape?: number[] };
    if (name === "like" && dims) found.like = ndarray(dims, new Array(sizeOf(dims)).fill(0));
  }
  return found;
}
