import { describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import type { Dim } from "../../../src/graph/dim.ts";
import * as nn from "../../../src/graph/nn.ts";
import { ops } from "../../../src/graph/ops/all-ops.ts";
import { erfGateKept, fromBytes } from "../../../src/graph/ops/bytes.ts";
import * as distance from "../../../src/graph/ops/distance.ts";
import {
  add,
  div,
  equal,
  erf,
  erfGate,
  erfGateSlope,
  exp,
  log,
  mul,
  neg,
  relu,
  scale,
  sigmoid,
  sign,
  sqrt,
  stopGradient,
  sub,
  tanh,
} from "../../../src/graph/ops/elementwise.ts";
import * as indexing from "../../../src/graph/ops/indexing.ts";
import { int8Product, int8Rows } from "../../../src/graph/ops/int8-product.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import * as linalg from "../../../src/graph/ops/linalg.ts";
import * as reduce from "../../../src/graph/ops/reduce.ts";
import * as shape from "../../../src/graph/ops/shape.ts";
import { applyAll, type DType, type Tensor } from "../../../src/graph/tensor.ts";

let count = 0;
const t = (...dims: Dim[]): Tensor => input(`x${count++}`, "float32", dims);
const ids = (...dims: Dim[]): Tensor => input(`x${count++}`, "int32", dims);
const typed = (dtype: DType, ...dims: Dim[]): Tensor => input(`x${count++}`, dtype, dims);

type Case = readonly [message: string, build: () => Tensor];

const rejected: Readonly<Record<string, readonly Case[]>> = {
  constant: [["constant() has 3 values for shape [2]", () => constant([1, 2, 3], [2])]],
  transpose: [
    ["transpose(float32[2, 3]) has no permutation [0]", () => shape.transpose(t(2, 3), [0])],
    ["transpose(float32[2, 3]) has no permutation [0,0]", () => shape.transpose(t(2, 3), [0, 0])],
    ["transpose(float32[2, 3]) has no permutation [0,1,2]", () => shape.transpose(t(2, 3), [0, 1, 2])],
    ["transpose(float32[2, 3]) has no permutation [1,2]", () => shape.transpose(t(2, 3), [1, 2])],
  ],
  reshape: [
    ["reshape(float32[2, 3]) cannot become [4, 2]", () => shape.reshape(t(2, 3), [4, 2])],
    ["reshape(float32[tokens, 6]) cannot become [batch, 6]", () => shape.reshape(t("tokens", 6), ["batch", 6])],
    [
      "reshape(float32[a, b]) cannot become [b, a]: more than one symbolic size would have to be worked out",
      () => shape.reshape(t("a", "b"), ["b", "a"]),
    ],
  ],
  concat: [
    [
      "concat(float32[2, 3], float32[3, 3]) differs elsewhere than along axis 1",
      () => shape.concat([t(2, 3), t(3, 3)], 1),
    ],
    ["concat(float32[2], int32[2]) differs elsewhere than along axis 0", () => shape.concat([t(2), ids(2)], 0)],
    ["concat(float32[2, 3]) has no axis 2", () => shape.concat([t(2, 3)], 2)],
    ["concat(float32[2, 3], float32[2]) differs elsewhere than along axis 1", () => shape.concat([t(2, 3), t(2)], 1)],
    ["concat(float32[2, 3]) has no axis -1", () => shape.concat([t(2, 3)], -1)],
    ["concat() has no axis 0", () => shape.concat([], 0)],
  ],
  slice: [
    ["slice(float32[2, 3]) has no axis 2", () => shape.slice(t(2, 3), 2, 0, 1)],
    ["slice(float32[2, 3]) ends at 4 of 3 along axis 1", () => shape.slice(t(2, 3), 1, 0, 4)],
    ["slice(float32[5]) starts at 3 and ends at 2 along axis 0", () => shape.slice(t(5), 0, 3, 2)],
    ["slice(float32[5]) starts at 6 and ends at 5 along axis 0", () => shape.slice(t(5), 0, 6, "end")],
    ["slice(float32[tokens]) starts at -1 and ends at 2 along axis 0", () => shape.slice(t("tokens"), 0, -1, 2)],
  ],
  unslice: [
    [
      "unslice(float32[2, 2], float32[2, 5]) needs a gradient of shape [2, 3]",
      () => applyAll(shape.unsliceOp, [t(2, 2), t(2, 5)], { axis: 1, start: 1, end: 4 })[0]!,
    ],
    [
      "unslice(float32[2, 2], float32[2, 5]) has no axis 2",
      () => applyAll(shape.unsliceOp, [t(2, 2), t(2, 5)], { axis: 2, start: 0, end: "end" })[0]!,
    ],
  ],
  broadcastLike: [[4, 5], [4, 3], [3]].map(
    (like): Case => [
      `broadcastLike(float32[2, 3], float32[${like.join(", ")}]) cannot be repeated to that shape`,
      () => shape.broadcastLike(t(2, 3), t(...like)),
    ],
  ),
  ...Object.fromEntries(
    Object.entries({ add, sub, mul, div, equal, erfGateSlope }).map(([name, op]): [string, Case[]] => [
      name,
      [
        [`${name}(float32[2, 3], float32[2]) has shapes that do not broadcast`, () => op(t(2, 3), t(2))],
        [
          `${name}(float32[tokens, 3], float32[batch, 3]) has shapes that do not broadcast`,
          () => op(t("tokens", 3), t("batch", 3)),
        ],
        [`${name}(float32[2], int32[2]) needs operands of one type`, () => op(t(2), ids(2))],
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({ neg, exp, log, sqrt, tanh, sigmoid, relu, sign, erf, erfGate, stopGradient }).map(
      ([name, op]): [string, Case[]] => [
        name,
        [[`${name}(int32[2, tokens]) needs float32`, () => op(ids(2, "tokens"))]],
      ],
    ),
  ),
  scale: [["scale(int64[3]) needs float32", () => scale(typed("int64", 3), 2)]],
  sum: [
    ["sum(float32[2, 3]) has no axes [2]", () => reduce.sum(t(2, 3), [2])],
    ["sum(float32[2, 3]) has no axes [0,-1]", () => reduce.sum(t(2, 3), [0, -1])],
    ["sum(float32[2, 3]) names an axis twice in [1,1]", () => reduce.sum(t(2, 3), [1, 1])],
  ],
  max: [["max(float32[]) has no axes [0]", () => reduce.max(t(), [0])]],
  softmax: [
    ["softmax(int32[2, 3]) needs float32", () => reduce.softmax(ids(2, 3))],
    ["softmax(float32[]) needs at least one axis", () => reduce.softmax(t())],
  ],
  logSoftmax: [
    ["logSoftmax(int32[2, 3]) needs float32", () => reduce.logSoftmax(ids(2, 3))],
    ["logSoftmax(float32[]) needs at least one axis", () => reduce.logSoftmax(t())],
  ],
  layerNorm: [
    [
      "layerNorm(int32[2, 3], float32[3], float32[3]) needs float32",
      () => reduce.layerNorm(ids(2, 3), t(3), t(3), 1e-5),
    ],
    [
      "layerNorm(float32[2, 3], float32[2], float32[3]) needs gamma and beta of the last size",
      () => reduce.layerNorm(t(2, 3), t(2), t(3), 1e-5),
    ],
    [
      "layerNorm(float32[2, 3], float32[3], float32[1, 3]) needs gamma and beta of the last size",
      () => reduce.layerNorm(t(2, 3), t(3), t(1, 3), 1e-5),
    ],
    [
      "layerNorm(float32[2, tokens], float32[tokens], float32[tokens]) needs a known last size",
      () => reduce.layerNorm(t(2, "tokens"), t("tokens"), t("tokens"), 1e-5),
    ],
  ],
  product: [
    ["product(float32[2, 3], float32[4, 2]) has inner sizes 3 and 4", () => linalg.product(t(2, 3), t(4, 2))],
    [
      "product(float32[tokens, 3], float32[batch, 3]) has inner sizes tokens and batch",
      () => linalg.product(t("tokens", 3), t("batch", 3), { transA: true }),
    ],
    [
      "product(float32[2, 3], float32[3, 4]) has inner sizes 3 and 4",
      () => linalg.product(t(2, 3), t(3, 4), { transB: true }),
    ],
    ["product(float32[1, 2, 3], float32[3, 4]) needs two matrices", () => linalg.product(t(1, 2, 3), t(3, 4))],
    ["product(float32[2, 3], float32[3]) needs two matrices", () => linalg.product(t(2, 3), t(3))],
    ["product(float32[2, 3], int32[3, 4]) needs float32", () => linalg.product(t(2, 3), ids(3, 4))],
  ],
  affine: [
    ["affine(float32[2, 3], float32[3, 4], int32[4]) needs float32", () => linalg.affine(t(2, 3), t(3, 4), ids(4))],
    [
      "affine(float32[2, 3], float32[4, 5], float32[4]) has inner sizes 3 and 5",
      () => nn.linear(t(2, 3), t(4, 5), t(4)),
    ],
    ["affine(float32[3], float32[3, 4], float32[4]) needs two matrices", () => linalg.affine(t(3), t(3, 4), t(4))],
    ...[[2], [3, 4], [1, 2, 4]].map(
      (c): Case => [
        `affine(float32[2, 3], float32[3, 4], float32[${c.join(", ")}]) has an addend that does not broadcast to the product`,
        () => linalg.affine(t(2, 3), t(3, 4), t(...c)),
      ],
    ),
    [
      "affine(float32[1, 3], float32[3, 4], float32[2, 4]) has an addend that does not broadcast to the product",
      () => linalg.affine(t(1, 3), t(3, 4), t(2, 4)),
    ],
  ],
  matMul: [
    ["matMul(float32[1, 2, 3], int32[1, 3, 4]) needs float32", () => linalg.matMul(t(1, 2, 3), ids(1, 3, 4))],
    [
      "matMul(float32[2, 3], float32[3, 4]) needs two stacks of the same rank, 3 or more",
      () => linalg.matMul(t(2, 3), t(3, 4)),
    ],
    [
      "matMul(float32[5, 2, 3], float32[3, 4]) needs two stacks of the same rank, 3 or more",
      () => linalg.matMul(t(5, 2, 3), t(3, 4)),
    ],
    ["matMul(float32[5, 2, 3], float32[5, 4, 3]) has inner sizes 3 and 4", () => linalg.matMul(t(5, 2, 3), t(5, 4, 3))],
    [
      "matMul(float32[5, 2, 3], float32[6, 3, 4]) has stacks that do not broadcast",
      () => linalg.matMul(t(5, 2, 3), t(6, 3, 4)),
    ],
  ],
  gatherRows: [
    ["gatherRows(float32[], int32[3]) needs rows to choose from", () => indexing.gatherRows(t(), ids(3))],
    [
      "gatherRows(float32[9, 3], float32[tokens]) needs whole numbers as indices",
      () => indexing.gatherRows(t(9, 3), t("tokens")),
    ],
  ],
  rowOfEach: [
    [
      "rowOfEach(float32[tokens, 3], float32[batch]) needs whole numbers as indices",
      () => indexing.rowOfEach(t("tokens", 3), t("batch"), 0),
    ],
  ],
  scatterAddRows: [
    [
      "scatterAddRows(float32[9, 3], float32[tokens], float32[tokens, 3]) needs whole numbers as indices",
      () => indexing.scatterAddRows(t(9, 3), t("tokens"), t("tokens", 3)),
    ],
    [
      "scatterAddRows(float32[9, 3], int32[tokens], float32[tokens, 4]) needs one row for each index",
      () => indexing.scatterAddRows(t(9, 3), ids("tokens"), t("tokens", 4)),
    ],
    [
      "scatterAddRows(float32[9, 3], int32[tokens], float32[batch, 3]) needs one row for each index",
      () => indexing.scatterAddRows(t(9, 3), ids("tokens"), t("batch", 3)),
    ],
  ],
  toHeads: [
    [
      "toHeads(float32[tokens, 6], float32[batch, 2, length], int32[tokens, 2]) needs whole numbers as indices",
      () => indexing.toHeads(t("tokens", 6), t("batch", 2, "length"), ids("tokens", 2), "zero"),
    ],
    ...(
      [
        [
          ["tokens", 7],
          ["batch", 2, "length"],
          ["tokens", 2],
        ],
        [
          ["tokens", 6],
          ["batch", 2, "length"],
          ["tokens", 3],
        ],
        [
          ["tokens", 6],
          ["batch", 2, "length"],
          ["batch", 2],
        ],
        [
          ["tokens", 6],
          ["batch", 2],
          ["tokens", 2],
        ],
        [
          ["tokens", "hidden"],
          ["batch", 2, "length"],
          ["tokens", 2],
        ],
        [
          ["tokens", 2, 3],
          ["batch", 2, "length"],
          ["tokens", 2],
        ],
      ] as const
    ).map(
      ([x, pad, unpad]): Case => [
        `toHeads(float32[${x.join(", ")}], int32[${pad.join(", ")}], int32[${unpad.join(", ")}]) needs [tokens, heads · dim], [batch, heads, length] and [tokens, heads]`,
        () => indexing.toHeads(t(...x), ids(...pad), ids(...unpad), "zero"),
      ],
    ),
  ],
  fromHeads: (
    [
      [
        ["batch", 2, "length"],
        ["tokens", 2],
        ["batch", 2, "length"],
      ],
      [
        ["batch", 2, "length", 3],
        ["tokens", 3],
        ["batch", 2, "length"],
      ],
      [
        ["batch", 2, "length", 3],
        ["tokens", 2],
        ["batch", 2, "tokens"],
      ],
    ] as const
  ).map(
    ([x, unpad, pad]): Case => [
      `fromHeads(float32[${x.join(", ")}], int32[${unpad.join(", ")}], int32[${pad.join(", ")}]) needs [batch, heads, length, dim], [tokens, heads] and [batch, heads, length]`,
      () => indexing.fromHeads(t(...x), ids(...unpad), ids(...pad)),
    ],
  ),
  distanceToPlace: [
    ["distanceToPlace(float32[2, 3, 5]) needs [3, 6] as its last two axes", () => distance.distanceToPlace(t(2, 3, 5))],
  ],
  placeToDistance: [
    [
      "placeToDistance(float32[3, 4]) needs [3, 3] as its last two axes",
      () => applyAll(distance.placeToDistanceOp, [t(3, 4)], { length: 3 })[0]!,
    ],
  ],
  int8Product: [
    [
      "int8Product(float32[2, 3], float32[3, 4], float32[4]) needs float32, int8 and float32",
      () => int8Product(t(2, 3), t(3, 4), t(4)),
    ],
    [
      "int8Product(float32[2, 3], int8[2, 4], float32[4]) has inner sizes 3 and 2",
      () => int8Product(t(2, 3), typed("int8", 2, 4), t(4)),
    ],
    [
      "int8Product(float32[2, 3], int8[3, 4], float32[3]) needs a scale for each column, or one",
      () => int8Product(t(2, 3), typed("int8", 3, 4), t(3)),
    ],
  ],
  erfGateKept: [["erfGateKept(int8[2]) needs float32", () => erfGateKept(typed("int8", 2))[0]]],
  fromBytes: [
    ["fromBytes(float32[2, 3], float32[]) needs uint8 and float32", () => fromBytes(t(2, 3), t())],
    ["fromBytes(uint8[2, 3], float32[2]) needs one factor", () => fromBytes(typed("uint8", 2, 3), t(2))],
  ],
  int8Rows: [
    ["int8Rows(float32[2, 3], float32[2]) needs int8 and float32", () => int8Rows(t(2, 3), t(2))],
    [
      "int8Rows(int8[2, 3], float32[3]) needs a matrix and a scale for each row",
      () => int8Rows(typed("int8", 2, 3), t(3)),
    ],
  ],
};

describe.each(Object.entries(rejected))("%s", (_, cases) => {
  test.each(cases)("%s", (message, build) => {
    let thrown: unknown;
    try {
      build();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AttuneError);
    expect(thrown).toMatchObject({ message, code: "graph/shape", kind: "failure" });
  });
});

test("every op rejects something here", () => {
  const names = ops.map(({ name }) => name).filter((name) => name !== "input");
  expect(names.sort()).toEqual(Object.keys(rejected).sort());
});

describe("what almost fits is accepted", () => {
  test.each<[string, readonly Dim[], () => Tensor]>([
    ["reshape with one size to work out", [6, "tokens"], () => shape.reshape(t("tokens", 2, 3), [6, "tokens"])],
    [
      "reshape of a product of sizes",
      ["batch*length", 4],
      () => shape.reshape(t("batch", "length", 4), ["batch*length", 4]),
    ],
    ["concat of symbolic sizes", ["length+20", 3], () => shape.concat([t(20, 3), t("length", 3)], 0)],
    ["slice to the end of a symbolic size", ["length+-2", 3], () => shape.slice(t("length", 3), 0, 2, "end")],
    ["broadcast of both sides", [4, 2, 3], () => add(t(2, 1), t(4, 1, 3))],
    ["affine map with a row", ["tokens", 4], () => linalg.affine(t("tokens", 3), t(3, 4), t(1, 4))],
    ["affine map with a scalar", ["tokens", 4], () => linalg.affine(t("tokens", 3), t(3, 4), t())],
    ["matMul of a stack and one repeated", [5, 2, 4], () => linalg.matMul(t(5, 2, 3), t(1, 3, 4))],
    ["a lookup of a grid of ids", ["batch", 4, 3], () => indexing.gatherRows(t(9, 3), ids("batch", 4))],
  ])("%s", (_, dims, build) => expect(build().shape).toEqual(dims));
});

describe("reductions above the ops", () => {
  test("a mean over a symbolic size says why not", () => {
    expect(() => reduce.mean(t("tokens", 3), [0])).toThrow("mean: the size of a reduced axis must be known");
  });
});
