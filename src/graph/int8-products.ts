/**
 * Rewrites a program so that its products with frozen weights are computed in 8 bits, forward and backward; everything else
 * stays float32. Weights become two inputs each, in the form that the product reads: a scale for each of its columns.
 */
import { add, scale } from "./ops/elementwise.ts";
import { int8Product } from "./ops/int8-product.ts";
import { input, inputName } from "./ops/leaf.ts";
import { type AffineAttributes, affineOp, productOp } from "./ops/linalg.ts";
import { replaceNodes } from "./replace-nodes.ts";
import type { Node, Tensor } from "./tensor.ts";

/** How a weight [out, in] is kept for products: as it is, with a scale for each `in`, or turned, with one for each `out`. */
export type Int8Form = "int8" | "int8Turned";

/** The inputs that stand for a weight in a form. */
export const int8Inputs = (weight: string, form: Int8Form) => ({
  values: `${form}:${weight}`,
  scales: `${form} scales:${weight}`,
});

/** The same outputs, their products with the weights that `isFrozen` names in 8 bits. */
export function int8Products(
  outputs: Readonly<Record<string, Tensor>>,
  isFrozen: (weight: string) => boolean,
): Record<string, Tensor> {
  const inputs = new Map<string, Tensor>();
  const inputOf = (name: string, dtype: "int8" | "float32", shape: Tensor["shape"]): Tensor => {
    if (!inputs.has(name)) inputs.set(name, input(name, dtype, shape));
    return inputs.get(name)!;
  };

  const inInt8 = ({ op, inputs: [x, weight, addend], attributes }: Node): Tensor | undefined => {
    if (op !== productOp && op !== affineOp) return undefined;
    const name = inputName(weight!);
    const { transA, transB, alpha, beta } = attributes as unknown as AffineAttributes;
    if (name === undefined || !isFrozen(name) || transA) return undefined;
    const form = transB ? "int8Turned" : "int8";
    const shape = transB ? [...weight!.shape].reverse() : weight!.shape;
    const { values, scales } = int8Inputs(name, form);
    const y = int8Product(x!, inputOf(values, "int8", shape), inputOf(scales, "float32", [shape[1]!]), alpha);
    return addend ? add(y, beta === 1 ? addend : scale(addend, beta)) : y;
  };

  return replaceNodes(outputs, inInt8);
}
