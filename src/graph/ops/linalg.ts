/** Matrix products. */
import { addDims, type Dim, productOf, type Shape } from "../dim.ts";
import { apply, type Cost, type Op, type Tensor, type TensorType } from "../tensor.ts";
import { broadcastShapes, scale } from "./elementwise.ts";
import { transpose } from "./shape.ts";

/** α · op(a) · op(b), where op is the transpose or nothing. */
export interface ProductAttributes extends Record<string, unknown> {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}
/** α · op(a) · op(b) + β · c. */
export interface AffineAttributes extends ProductAttributes {
  readonly beta: number;
}

function inferProduct(a: TensorType, b: TensorType, { transA, transB }: ProductAttributes): Shape | string {
  if (a.shape.length !== 2 || b.shape.length !== 2) return "needs two matrices";
  if (a.dtype !== "float32" || b.dtype !== "float32") return "needs float32";
  const [m, k1] = transA ? [...a.shape].reverse() : a.shape;
  const [k2, n] = transB ? [...b.shape].reverse() : b.shape;
  return k1 === k2 ? [m!, n!] : `has inner sizes ${k1} and ${k2}`;
}

/** Gradients of both factors: again products, with the transposes moved. */
function productGradients(
  dy: Tensor,
  a: Tensor,
  b: Tensor,
  { transA, transB, alpha }: ProductAttributes,
): [Tensor, Tensor] {
  return [
    transA ? product(b, dy, { transA: transB, transB: true, alpha }) : product(dy, b, { transB: !transB, alpha }),
    transB ? product(dy, a, { transA: true, transB: transA, alpha }) : product(a, dy, { transA: !transA, alpha }),
  ];
}

/** 2 m n k. The factors alpha and beta are applied inside a product and not counted. */
const productCost: Cost<ProductAttributes> = ({ inputs: [a], outputs: [y], attributes: { transA } }) =>
  productOf([2, ...y!.shape, a!.shape[transA ? 0 : 1]!]);

const gemmAttributes = ({ transA, transB, alpha }: ProductAttributes) => ({
  transA: transA ? 1 : 0,
  transB: transB ? 1 : 0,
  alpha: { float: alpha },
});

export const productOp: Op<[Tensor, Tensor], ProductAttributes> = {
  name: "product",
  infer: ([a, b], attributes) => {
    const shape = inferProduct(a, b, attributes);
    return typeof shape === "string" ? shape : [{ dtype: a.dtype, shape }];
  },
  grad: (dy, { x: [a, b], attributes }) => productGradients(dy, a, b, attributes),
  operations: productCost,
  rowOperands: () => [0],
  onnx: ({ node, inputs, attributes }) => node("Gemm", inputs, gemmAttributes(attributes)),
};

export const affineOp: Op<[Tensor, Tensor, Tensor], AffineAttributes> = {
  name: "affine",
  infer: ([a, b, c], attributes) => {
    const shape = inferProduct(a, b, attributes);
    if (typeof shape === "string") return shape;
    if (c.dtype !== a.dtype) return "needs float32";
    const fits = broadcastShapes(c.shape, shape)?.every((dim, i) => dim === shape[i]) && c.shape.length <= 2;
    return fits ? [{ dtype: a.dtype, shape }] : "has an addend that does not broadcast to the product";
  },
  grad: (dy, { x: [a, b], attributes }) => [
    ...productGradients(dy, a, b, attributes),
    attributes.beta === 1 ? dy : scale(dy, attributes.beta),
  ],
  operations: (at) => addDims(productCost(at), productOf(at.outputs[0]!.shape)),
  rowOperands: () => [0, 2],
  onnx: ({ node, inputs, attributes }) =>
    node("Gemm", inputs, { ...gemmAttributes(attributes), beta: { float: attributes.beta } }),
};

/** A product for each pair of matrices in two stacks: [batch, heads, m, k] · [batch, heads, k, n]. */
export const matMulOp: Op<[Tensor, Tensor], Record<never, never>> = {
  name: "matMul",
  infer: ([a, b]) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return "needs float32";
    // A stack times one matrix would need one weight gradient per example before they are summed: flatten instead.
    if (a.shape.length < 3 || a.shape.length !== b.shape.length) return "needs two stacks of the same rank, 3 or more";
    const [m, k1] = a.shape.slice(-2) as [Dim, Dim];
    const [k2, n] = b.shape.slice(-2) as [Dim, Dim];
    if (k1 !== k2) return `has inner sizes ${k1} and ${k2}`;
    const stack = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
    return stack ? [{ dtype: a.dtype, shape: [...stack, m, n] }] : "has stacks that do not broadcast";
  },
  grad: (dy, { x: [a, b] }) => [matMul(dy, swapLast(b)), matMul(swapLast(a), dy)],
  operations: ({ inputs: [a], outputs: [y] }) => productOf([2, ...y!.shape, a!.shape.at(-1)!]),
  // Along the stack, the other operand would have to be chosen from as well.
  rowOperands: (axis, rank) => (axis === rank - 2 ? [0] : []),
  onnx: "MatMul",
};

/** Exchanges the last two axes. */
export function swapLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  return transpose(x, [...perm.slice(0, rank - 2), rank - 1, rank - 2]);
}

/** alpha · a · b for matrices, each transposed on request. */
export function product(a: Tensor, b: Tensor, options: Partial<ProductAttributes> = {}): Tensor {
  return apply(productOp, [a, b], { transA: false, transB: false, alpha: 1, ...options });
}
/** alpha · a · b + beta · c for matrices; c may be a row. */
export function affine(a: Tensor, b: Tensor, c: Tensor, options: Partial<AffineAttributes> = {}): Tensor {
  return apply(affineOp, [a, b, c], { transA: false, transB: false, alpha: 1, beta: 1, ...options });
}
export function matMul(a: Tensor, b: Tensor): Tensor {
  return apply(matMulOp, [a, b], {});
}
