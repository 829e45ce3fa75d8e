/** Ops that choose rows: embedding lookup, and the way between packed tokens and the padded view of attention. */
import { productOf, sameShape } from "../dim.ts";
import { apply, type Op, type Tensor, type TensorType } from "../tensor.ts";

type None = Record<never, never>;

function inferRows(x: TensorType, indices: TensorType): readonly TensorType[] | string {
  if (indices.dtype === "float32") return "needs whole numbers as indices";
  if (x.shape.length === 0) return "needs rows to choose from";
  return [{ dtype: x.dtype, shape: [...indices.shape, ...x.shape.slice(1)] }];
}

/** Rows of x by index; an embedding lookup where x is the table. Indices may have any shape. */
export const gatherRowsOp: Op<[Tensor, Tensor], None> = {
  name: "gatherRows",
  infer: ([x, indices]) => inferRows(x, indices),
  rowOperands: () => [1],
  grad: (dy, { x: [x, indices] }) => [scatterAddRows(x, indices, dy), null],
  operations: "none",
  onnx: ({ node, inputs }) => node("Gather", inputs, { axis: 0 }),
};

/**
 * Zeros in the shape of the first input, with each row of `rows` added at its index: the gradient of gatherRows. The
 * compiler hands a table's gradient out as indices and rows instead, so that it is never made dense.
 */
export const scatterAddRowsOp: Op<[Tensor, Tensor, Tensor], None> = {
  name: "scatterAddRows",
  infer: ([like, indices, rows]) => {
    if (indices.dtype === "float32") return "needs whole numbers as indices";
    return sameShape(rows.shape, [...indices.shape, ...like.shape.slice(1)])
      ? [{ dtype: rows.dtype, shape: like.shape }]
      : "needs one row for each index";
  },
  grad: "none",
  operations: ({ inputs }) => productOf(inputs[2]!.shape),
  onnx: ({ node, inputs: [like, indices, rows], types, constant }) => {
    const zeros = node("Expand", [constant("float32", [0], []), node("Shape", [like!])[0]!])[0]!;
    const wide = types[1]!.dtype === "int64" ? indices! : node("Cast", [indices!], { to: 7 })[0]!;
    const column = node("Unsqueeze", [wide, constant("int64", [types[1]!.shape.length], [1])])[0]!;
    return node("ScatterND", [zeros, column, rows!], { reduction: "add" });
  },
};

/**
 * One row for each text: that of its token at `position`, found through `index` [batch]. Saying the position lets the
 * compiler compute nothing else where only these rows are read (row-pruning.ts).
 */
export const rowOfEachOp: Op<[Tensor, Tensor], { readonly position: number }> = {
  name: "rowOfEach",
  infer: ([x, index]) => inferRows(x, index),
  grad: (dy, { x: [x, index] }) => [scatterAddRows(x, index, dy), null],
  operations: "none",
  onnx: ({ node, inputs }) => node("Gather", inputs, { axis: 0 }),
};

/**
 * Packed tokens to the padded view of attention: [tokens, heads · dim] → [batch, heads, length, dim]. `index`
 * [batch, heads, length] holds the row of [tokens · heads, dim] for each place, or -1 where padding is "zero"; `unpadIndex`
 * [tokens, heads] the way back. Where padding is "filled" with rows of the caller's choice, a copy is saved; nothing flows
 * back through it, so what reads it must ignore it (keys that are masked, queries that are dropped). One gather does what
 * would be a pad, a reshape and a transpose.
 */
export const toHeadsOp: Op<[Tensor, Tensor, Tensor], { readonly padding: "zero" | "filled" }> = {
  name: "toHeads",
  infer: ([x, index, unpadIndex]) => {
    const [tokens, hidden] = x.shape;
    const heads = index.shape[1];
    const fits = x.shape.length === 2 && index.shape.length === 3 && sameShape(unpadIndex.shape, [tokens!, heads!]);
    if (index.dtype === "float32" || unpadIndex.dtype === "float32") return "needs whole numbers as indices";
    if (!fits || typeof hidden !== "number" || typeof heads !== "number" || hidden % heads !== 0)
      return "needs [tokens, heads · dim], [batch, heads, length] and [tokens, heads]";
    return [{ dtype: x.dtype, shape: [...index.shape, hidden / heads] }];
  },
  grad: (dy, { x: [, index, unpadIndex] }) => [fromHeads(dy, unpadIndex, index), null, null],
  operations: "none",
  remake: "smaller",
  onnx: ({ node, inputs: [x, index], outputTypes, constant, attributes: { padding } }) => {
    const dim = outputTypes[0]!.shape[3] as number;
    const rows = node("Reshape", [x!, constant("int64", [-1, dim], [2])])[0]!;
    if (padding === "filled") return node("Gather", [rows, index!], { axis: 0 });
    // Index -1 is the last row.
    const zero = constant("float32", new Array(dim).fill(0), [1, dim]);
    return node("Gather", [node("Concat", [rows, zero], { axis: 0 })[0]!, index!], { axis: 0 });
  },
};

/** [batch, heads, length, dim] → [tokens, heads · dim]: drops the padding; the inverse of toHeads. */
export const fromHeadsOp: Op<[Tensor, Tensor, Tensor], None> = {
  name: "fromHeads",
  infer: ([x, unpadIndex, padIndex]) => {
    const [, heads, , dim] = x.shape;
    if (unpadIndex.dtype === "float32" || padIndex.dtype === "float32") return "needs whole numbers as indices";
    return x.shape.length === 4 && sameShape(padIndex.shape, x.shape.slice(0, 3)) && unpadIndex.shape[1] === heads
      ? [{ dtype: x.dtype, shape: [unpadIndex.shape[0]!, productOf([heads!, dim!])] }]
      : "needs [batch, heads, length, dim], [tokens, heads] and [batch, heads, length]";
  },
  // Here padding must be zero: it would otherwise leak into the gradients of keys and values.
  grad: (dy, { x: [, unpadIndex, padIndex] }) => [toHeads(dy, padIndex, unpadIndex, "zero"), null, null],
  operations: "none",
  onnx: ({ node, inputs: [x, unpadIndex], types, outputTypes, constant }) => {
    const dim = types[0]!.shape[3] as number;
    const rows = node("Reshape", [x!, constant("int64", [-1, dim], [2])])[0]!;
    const byToken = node("Gather", [rows, unpadIndex!], { axis: 0 })[0]!; // [tokens, heads, dim]
    return node("Reshape", [byToken, constant("int64", [0, outputTypes[0]!.shape[1] as number], [2])]);
  },
};

export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  return apply(gatherRowsOp, [x, indices], {});
}
export function scatterAddRows(like: Tensor, indices: Tensor, rows: Tensor): Tensor {
  return apply(scatterAddRowsOp, [like, indices, rows], {});
}
export function rowOfEach(x: Tensor, index: Tensor, position: number): Tensor {
  return apply(rowOfEachOp, [x, index], { position });
}
export function toHeads(x: Tensor, index: Tensor, unpadIndex: Tensor, padding: "zero" | "filled"): Tensor {
  return apply(toHeadsOp, [x, index, unpadIndex], { padding });
}
export function fromHeads(x: Tensor, unpadIndex: Tensor, padIndex: Tensor): Tensor {
  return apply(fromHeadsOp, [x, unpadIndex, padIndex], {});
}
