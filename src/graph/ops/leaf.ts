/** Where values enter a program: named inputs and constants. */
import { sizeOf } from "../../base/size-of.ts";
import type { Shape } from "../dim.ts";
import { apply, type DType, type Op, type Tensor } from "../tensor.ts";

type InputAttributes = { readonly name: string; readonly dtype: DType; readonly shape: Shape };

export const inputOp: Op<[], InputAttributes> = {
  name: "input",
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  grad: "none",
  operations: "none",
  onnx: () => [], // the writer declares inputs itself
};

/** A value that is fed at each run: a weight, a batch's token ids, a dropout mask. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(inputOp, [], { name, dtype, shape });
}

/** The name a tensor was declared with by `input`, or undefined if it is computed. */
export function inputName(tensor: Tensor): string | undefined {
  return tensor.node.op === inputOp ? (tensor.node.attributes as InputAttributes).name : undefined;
}

/** Numbers in a list, or many of them in an array, which is never written out to compare it. */
export type ConstantValues = readonly number[] | Float32Array | Int32Array;

type ConstantAttributes = {
  readonly dtype: DType;
  readonly values: ConstantValues;
  readonly shape: readonly number[];
};

export const constantOp: Op<[], ConstantAttributes> = {
  name: "constant",
  infer: (_, { dtype, values, shape }) =>
    values.length === sizeOf(shape) ? [{ dtype, shape }] : `has ${values.length} values for shape [${shape}]`,
  grad: "none",
  operations: "none",
  onnx: ({ constant, attributes: { dtype, values, shape } }) => [constant(dtype, values, shape)],
};

/** A value known when the program is built. */
export function constant(
  values: number | ConstantValues,
  shape: readonly number[] = [],
  dtype: DType = "float32",
): Tensor {
  return apply(constantOp, [], { dtype, values: typeof values === "number" ? [values] : values, shape });
}
