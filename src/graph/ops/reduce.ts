/** Reductions, and the normalisations built on them. */
import { addDims, productOf, type Shape } from "../dim.ts";
import { perElement } from "../operations.ts";
import { apply, applyAll, type Cost, type LowerContext, type Op, type Tensor, type TensorType } from "../tensor.ts";
import { div, equal, exp, mul, scale, sub } from "./elementwise.ts";
import { broadcastLike, reshape } from "./shape.ts";

const perInputElement: Cost = ({ inputs: [x] }) => productOf(x!.shape);

/** So many operations for each element, and others for each row along the last axis. */
const perElementAndRow =
  (element: number, row: number): Cost =>
  ({ outputs: [y] }) =>
    addDims(productOf([element, ...y!.shape]), productOf([row, ...y!.shape.slice(0, -1)]));

type ReduceAttributes = { readonly axes: readonly number[]; readonly keepDims: boolean };

function inferReduce([x]: readonly [TensorType], { axes, keepDims }: ReduceAttributes): readonly TensorType[] | string {
  if (axes.some((axis) => axis < 0 || axis >= x.shape.length)) return `has no axes [${axes}]`;
  if (new Set(axes).size < axes.length) return `names an axis twice in [${axes}]`;
  const shape = keepDims
    ? x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    : x.shape.filter((_, i) => !axes.includes(i));
  return [{ dtype: x.dtype, shape }];
}

const withKeptDims = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((dim, i) => (axes.includes(i) ? 1 : dim));

function lowerReduce(type: string) {
  return ({ node, inputs, constant, attributes: { axes, keepDims } }: LowerContext<ReduceAttributes>) =>
    node(type, [inputs[0]!, constant("int64", axes, [axes.length])], { keepdims: keepDims ? 1 : 0 });
}

export const sumOp: Op<[Tensor], ReduceAttributes> = {
  name: "sum",
  infer: inferReduce,
  grad: (dy, { x: [x], attributes: { axes } }) => [broadcastLike(reshape(dy, withKeptDims(x.shape, axes)), x)],
  operations: perInputElement,
  onnx: (context) => {
    const { node, inputs, types, shared, attributes } = context;
    const { shape } = types[0]!;
    if (shape.length !== 2 || attributes.axes.length !== 1 || attributes.axes[0] !== 0)
      return lowerReduce("ReduceSum")(context);
    // Column sums (bias gradients) as a product with a row of ones: up to 2.7 times faster than ReduceSum on CPU.
    const ones = shared(`ones:${shape[0]}`, () => {
      const rows = node("Slice", [
        node("Shape", [inputs[0]!])[0]!,
        context.constant("int64", [0], [1]),
        context.constant("int64", [1], [1]),
      ])[0]!;
      const size = node("Concat", [context.constant("int64", [1], [1]), rows], { axis: 0 })[0]!;
      return node("Expand", [context.constant("float32", [1], []), size])[0]!;
    });
    const row = node("MatMul", [ones, inputs[0]!])[0]!;
    return attributes.keepDims ? [row] : node("Squeeze", [row, context.constant("int64", [0], [1])]);
  },
};

/** Largest value; where several tie, each gets an equal part of the gradient (as torch.amax). */
export const maxOp: Op<[Tensor], ReduceAttributes> = {
  name: "max",
  infer: inferReduce,
  grad: (dy, { x: [x], y, attributes: { axes } }) => {
    const kept = withKeptDims(x.shape, axes);
    const ties = equal(x, reshape(y[0]!, kept));
    return [mul(div(reshape(dy, kept), sum(ties, axes, true)), ties)];
  },
  operations: perInputElement,
  onnx: lowerReduce("ReduceMax"),
};

function inferLastAxis([x]: readonly [TensorType]): readonly TensorType[] | string {
  if (x.dtype !== "float32") return "needs float32";
  return x.shape.length > 0 ? [{ dtype: x.dtype, shape: x.shape }] : "needs at least one axis";
}

/** Rows along the last axis are what is normalised. */
const notLast = (axis: number, rank: number): readonly number[] => (axis < rank - 1 ? [0] : []);

const lastAxis = (x: TensorType): [number] => [x.shape.length - 1];

export const softmaxOp: Op<[Tensor], Record<never, never>> = {
  name: "softmax",
  infer: inferLastAxis,
  // dx = y (dy - Σ y dy)
  grad: (dy, { y: [y] }) => {
    const weighted = mul(dy, y!);
    return [sub(weighted, mul(y!, sum(weighted, lastAxis(y!), true)))];
  },
  // Largest, difference, exponential, sum, quotient.
  operations: perElement(5),
  rowOperands: notLast,
  onnx: ({ node, inputs }) => node("Softmax", inputs, { axis: -1 }),
};

export const logSoftmaxOp: Op<[Tensor], Record<never, never>> = {
  name: "logSoftmax",
  infer: inferLastAxis,
  // dx = dy - exp(y) Σ dy
  grad: (dy, { y: [y] }) => [sub(dy, mul(exp(y!), sum(dy, lastAxis(y!), true)))],
  // Largest, difference, exponential, sum, difference; a logarithm for each row.
  operations: perElementAndRow(5, 1),
  rowOperands: notLast,
  onnx: ({ node, inputs }) => node("LogSoftmax", inputs, { axis: -1 }),
};

/** Normalises the last axis to mean 0 and variance 1, then gamma · x̂ + beta. By-products: mean and 1/deviation. */
export const layerNormOp: Op<[Tensor, Tensor, Tensor], { readonly epsilon: number }> = {
  name: "layerNorm",
  infer: ([x, gamma, beta]) => {
    if ([x, gamma, beta].some((t) => t.dtype !== "float32")) return "needs float32";
    const size = x.shape.at(-1);
    if ([gamma, beta].some((p) => p.shape.length !== 1 || p.shape[0] !== size))
      return "needs gamma and beta of the last size";
    if (typeof size !== "number") return "needs a known last size";
    const statistics = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
    return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics];
  },
  // dx = (γ dy - mean(γ dy) - x̂ mean(γ dy x̂)) / σ
  grad: (dy, { x: [x, gamma], y: [, mean, inverseDeviation] }) => {
    const normalised = mul(sub(x, mean!), inverseDeviation!);
    const scaled = mul(dy, gamma);
    const rowMean = (z: Tensor): Tensor => scale(sum(z, lastAxis(z), true), 1 / (x.shape.at(-1) as number));
    const centred = sub(sub(scaled, rowMean(scaled)), mul(normalised, rowMean(mul(scaled, normalised))));
    return [mul(centred, inverseDeviation!), mul(dy, normalised), dy];
  },
  // Sum, difference, square, sum, · 1/σ, · γ, + β; for each row two means, + ε, root, inverse.
  operations: perElementAndRow(7, 5),
  rowOperands: notLast,
  remake: "cheap",
  onnx: ({ node, inputs, attributes: { epsilon } }) =>
    node("LayerNormalization", inputs, { axis: -1, epsilon: { float: epsilon } }, 3),
};

export function sum(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
  return apply(sumOp, [x], { axes, keepDims });
}
/** The mean over axes of known size. */
export function mean(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
  const count = axes.reduce((n, axis) => n * (x.shape[axis] as number), 1);
  if (!Number.isFinite(count)) throw new Error("mean: the size of a reduced axis must be known");
  return scale(sum(x, axes, keepDims), 1 / count);
}
export function max(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
  return apply(maxOp, [x], { axes, keepDims });
}
/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  return apply(softmaxOp, [x], {});
}
/** Logarithm of the softmax over the last axis, without overflow. */
export function logSoftmax(x: Tensor): Tensor {
  return apply(logSoftmaxOp, [x], {});
}
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return applyAll(layerNormOp, [x, gamma, beta], { epsilon })[0]!;
}
