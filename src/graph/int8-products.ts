/**
 * Rewrites a program so that its products with frozen weights are computed in 8 bits, forward and backward, and frozen tables
 * looked up in 8 bits, GELU's slope kept in as many; everything else stays float32. A weight [out, in] becomes two inputs: bytes, and a scale for each `out`.
 */
import { keptInBytes } from "./kept-in-bytes.ts";
import { add, mul, scale } from "./ops/elementwise.ts";
import { gatherRows, gatherRowsOp } from "./ops/indexing.ts";
import { int8Product, int8Rows } from "./ops/int8-product.ts";
import { constant, input, inputName } from "./ops/leaf.ts";
import { type AffineAttributes, affineOp, productOp } from "./ops/linalg.ts";
import { transpose } from "./ops/shape.ts";
import { nodesInOrder } from "./order.ts";
import { replaceNodes } from "./replace-nodes.ts";
import type { Node, Tensor } from "./tensor.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** How the bytes of a weight [out, in] are kept: as they are, or turned, [in, out], as x Wᵀ reads them. */
export type Int8Form = (typeof INT8_FORMS)[number];
export const INT8_FORMS = ["int8", "int8Turned"] as const;

/** The inputs that stand for a weight in a form. */
export const int8Inputs = (weight: string, form: Int8Form) => ({
  values: `${form}:${weight}`,
  scales: `int8 scales:${weight}`,
});

/** The form of each weight that `isFrozen` names and that programs read where it can be in 8 bits. */
export function int8Forms(programs: readonly Outputs[], isFrozen: (weight: string) => boolean): Map<string, Int8Form> {
  const forms = new Map<string, Int8Form>();
  for (const node of programs.flatMap((outputs) => nodesInOrder(Object.values(outputs)))) {
    const found = weightOf(node);
    if (!found || !isFrozen(found.name)) continue;
    // One copy serves both directions: where there is only one, it stands as that reads it.
    if (!found.turned) forms.set(found.name, "int8");
    else if (!forms.has(found.name)) forms.set(found.name, "int8Turned");
  }
  return forms;
}

/** The same outputs, in 8 bits where a weight has a form. */
export function int8Products(
  outputs: Outputs,
  formOf: (weight: string) => Int8Form | undefined,
): Record<string, Tensor> {
  const inputs = new Map<string, Tensor>();
  const inputOf = (name: string, dtype: "int8" | "float32", shape: Tensor["shape"]): Tensor => {
    if (!inputs.has(name)) inputs.set(name, input(name, dtype, shape));
    return inputs.get(name)!;
  };

  const inInt8 = (node: Node): Tensor | undefined => {
    const found = weightOf(node);
    const form = found && formOf(found.name);
    if (!form) return undefined;
    const { name, shape, turned } = found;
    const named = int8Inputs(name, form);
    const kept = inputOf(named.values, "int8", form === "int8" ? shape : [...shape].reverse());
    const scales = inputOf(named.scales, "float32", [shape[0]!]);
    if (node.op === gatherRowsOp) {
      const indices = node.inputs[1]!;
      const rows = form === "int8" ? kept : transpose(kept, [1, 0]);
      return int8Rows(gatherRows(rows, indices), gatherRows(scales, indices));
    }
    const values = (form === "int8Turned") === turned ? kept : transpose(kept, [1, 0]);
    const [x, , addend] = node.inputs as [Tensor, Tensor, Tensor | undefined];
    const { alpha, beta } = node.attributes as unknown as AffineAttributes;
    // dy W = (dy · scales) bytes: what is summed over has the scale, so it goes to the other factor.
    const y = turned ? int8Product(x, values, scales, alpha) : int8Product(mul(x, scales), values, constant(1), alpha);
    return addend ? add(y, beta === 1 ? addend : scale(addend, beta)) : y;
  };

  const quick = replaceNodes(outputs, inInt8);
  return inputs.size > 0 ? keptInBytes(quick) : quick;
}

/** The weight that a product multiplies rows by, turned in x Wᵀ, or the table that rows are looked up in. */
function weightOf({ op, inputs: [x, y], attributes }: Node) {
  const isLookup = op === gatherRowsOp && y!.shape.length === 1;
  if (!isLookup && op !== productOp && op !== affineOp) return undefined;
  const weight = isLookup ? x! : y!;
  const name = inputName(weight);
  const { transA, transB } = attributes as unknown as AffineAttributes;
  if (name === undefined || transA) return undefined;
  return { name, shape: weight.shape, turned: !isLookup && transB };
}
