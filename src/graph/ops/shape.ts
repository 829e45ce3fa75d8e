/** Ops that move values without changing them. */
import { addDims, type Dim, productOf, type Shape, sameShape, shapeText } from "../dim.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";

export const transposeOp: Op<[Tensor], { readonly perm: readonly number[] }> = {
  name: "transpose",
  infer: ([x], { perm }) =>
    [...perm].sort((a, b) => a - b).every((axis, i) => axis === i) && perm.length === x.shape.length
      ? [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]!) }]
      : `has no permutation [${perm}]`,
  grad: (dy, { attributes: { perm } }) => [
    transpose(
      dy,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
  operations: "none",
  remake: "cheap",
  onnx: ({ node, inputs, attributes: { perm } }) => node("Transpose", inputs, { perm }),
};

export const reshapeOp: Op<[Tensor], { readonly shape: Shape }> = {
  name: "reshape",
  infer: ([x], { shape }) => {
    if (productOf(x.shape) !== productOf(shape)) return `cannot become ${shapeText(shape)}`;
    return onnxShape(x.shape, shape).filter((size) => size === -1).length > 1
      ? `cannot become ${shapeText(shape)}: more than one symbolic size would have to be worked out`
      : [{ dtype: x.dtype, shape }];
  },
  grad: (dy, { x: [x] }) => [reshape(dy, x.shape)],
  operations: "none",
  remake: "cheap",
  onnx: ({ node, inputs, types, constant, attributes: { shape } }) =>
    node("Reshape", [inputs[0]!, constant("int64", onnxShape(types[0]!.shape, shape), [shape.length])]),
};

/** ONNX's spelling of a target shape: 0 keeps the size at that place, -1 is worked out. */
function onnxShape(from: Shape, to: Shape): number[] {
  return to.map((dim, i) => (typeof dim === "number" ? dim : from[i] === dim ? 0 : -1));
}

export const concatOp: Op<readonly Tensor[], { readonly axis: number }> = {
  name: "concat",
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    if (!first || axis < 0 || axis >= first.shape.length) return `has no axis ${axis}`;
    const others = (shape: Shape) => shape.map((dim, i) => (i === axis ? 0 : dim));
    if (!inputs.every((x) => x.dtype === first.dtype && sameShape(others(x.shape), others(first.shape))))
      return `differs elsewhere than along axis ${axis}`;
    const total = inputs.map((x) => x.shape[axis]!).reduce(addDims);
    return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }];
  },
  rowOperands: (axis, _rank, { attributes, count }) =>
    axis === attributes.axis ? [] : Array.from({ length: count }, (_, i) => i),
  grad: (dy, { x, attributes: { axis } }) => {
    let start: Dim = 0;
    return x.map((part, i) => {
      const from = start;
      start = addDims(start, part.shape[axis]!);
      if (typeof from !== "number")
        throw new Error(`concat: only the last part may have a symbolic size along ${axis}`);
      return slice(dy, axis, from, i === x.length - 1 ? "end" : (start as number));
    });
  },
  operations: "none",
  remake: "cheap",
  onnx: ({ node, inputs, attributes: { axis } }) => node("Concat", inputs, { axis }),
};

export type SliceAttributes = { readonly axis: number; readonly start: number; readonly end: number | "end" };

export const sliceOp: Op<[Tensor], SliceAttributes> = {
  name: "slice",
  infer: ([x], { axis, start, end }) => {
    const dim = x.shape[axis];
    if (dim === undefined) return `has no axis ${axis}`;
    const stop = end === "end" ? dim : end;
    if (typeof dim === "number" && (stop as number) > dim) return `ends at ${stop} of ${dim} along axis ${axis}`;
    if (start < 0 || (typeof stop === "number" && start > stop))
      return `starts at ${start} and ends at ${stop} along axis ${axis}`;
    return [{ dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? addDims(stop, -start) : d)) }];
  },
  rowOperands: (axis, _rank, { attributes }) => (axis === attributes.axis ? [] : [0]),
  grad: (dy, { x: [x], attributes }) => [apply(unsliceOp, [dy, x], attributes)],
  operations: "none",
  remake: "cheap",
  onnx: ({ node, inputs, constant, attributes: { axis, start, end } }) => {
    const one = (value: number) => constant("int64", [value], [1]);
    // 2^31-1 reaches past every end.
    return node("Slice", [inputs[0]!, one(start), one(end === "end" ? 2147483647 : end), one(axis)]);
  },
};

/** The gradient of slice: dy where the slice was, zero elsewhere; takes its shape from the second input. */
export const unsliceOp: Op<[Tensor, Tensor], SliceAttributes> = {
  name: "unslice",
  infer: ([dy, like], attributes) => {
    const slice = sliceOp.infer([like], attributes);
    if (typeof slice === "string") return slice;
    return sameShape(dy.shape, slice[0]!.shape)
      ? [{ dtype: dy.dtype, shape: like.shape }]
      : `needs a gradient of shape ${shapeText(slice[0]!.shape)}`;
  },
  grad: "none",
  operations: "none",
  onnx: ({ node, inputs: [dy, like], types, constant, attributes: { axis, start, end } }) => {
    const one = (value: number) => constant("int64", [value], [1]);
    const size = types[1]!.shape[axis]!;
    let after = one(0);
    if (end !== "end" && typeof size === "number") after = one(size - end);
    else if (end !== "end") {
      const whole = node("Gather", [node("Shape", [like!])[0]!, one(axis)]);
      after = node("Sub", [whole[0]!, one(end)])[0]!;
    }
    const pads = node("Concat", [one(start), after], { axis: 0 })[0]!;
    return node("Pad", [dy!, pads, "", one(axis)]);
  },
};

/** x repeated to the shape of another tensor; the driver's broadcast rule is its gradient. */
export const broadcastLikeOp: Op<[Tensor, Tensor], Record<never, never>> = {
  name: "broadcastLike",
  infer: ([x, like]) => {
    const missing = like.shape.length - x.shape.length;
    const fits = missing >= 0 && x.shape.every((dim, i) => dim === 1 || dim === like.shape[missing + i]);
    return fits ? [{ dtype: x.dtype, shape: like.shape }] : "cannot be repeated to that shape";
  },
  grad: (dy) => [dy, null],
  operations: "none",
  remake: "cheap",
  onnx: ({ node, inputs: [x, like] }) => node("Expand", [x!, node("Shape", [like!])[0]!]),
};

export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  return apply(transposeOp, [x], { perm });
}
export function reshape(x: Tensor, shape: Shape): Tensor {
  return apply(reshapeOp, [x], { shape });
}
/** Joins along `axis`. Of the parts, only the last may have a symbolic size there if gradients are wanted. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  return apply(concatOp, parts, { axis });
}
export function slice(x: Tensor, axis: number, start: number, end: number | "end"): Tensor {
  return apply(sliceOp, [x], { axis, start, end });
}
export function broadcastLike(x: Tensor, like: Tensor): Tensor {
  return apply(broadcastLikeOp, [x, like], {});
}
