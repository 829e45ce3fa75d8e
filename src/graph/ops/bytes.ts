/** Numbers that are kept as bytes, a quarter of the memory, and become float32 where they are read. */
import { perElement } from "../operations.ts";
import { apply, applyAll, type LowerContext, type Op, type Tensor } from "../tensor.ts";
import { erfGateOp, erfGateSlopeOp } from "./elementwise.ts";

/** (bytes - zero) · factor, of any shape, as float32. */
export const fromBytesOp: Op<[Tensor, Tensor], { readonly zero: number }> = {
  name: "fromBytes",
  infer: ([bytes, factor]) => {
    if (bytes.dtype !== "uint8" || factor.dtype !== "float32") return "needs uint8 and float32";
    return factor.shape.length === 0 ? [{ dtype: "float32", shape: bytes.shape }] : "needs one factor";
  },
  grad: "none",
  operations: "none",
  rowOperands: () => [0],
  remake: "smaller",
  onnx: ({ node, inputs, constant, attributes: { zero } }) =>
    node("DequantizeLinear", zero === 0 ? inputs : [...inputs, constant("uint8", [zero], [])]),
};

export function fromBytes(bytes: Tensor, factor: Tensor, zero = 0): Tensor {
  return apply(fromBytesOp, [bytes, factor], { zero });
}

/** Bytes of GELU's slope: steps of 0.01 from -0.26 to 2.29, so that 0 and 2, where it flattens, are among them. */
export const SLOPE = { factor: 0.01, zero: 26 } as const;

/** `erfGateOp`, with its slope as bytes of `SLOPE` instead of what the slope is computed from. */
export const erfGateKeptOp: Op<[Tensor], Record<never, never>> = {
  name: "erfGateKept",
  infer: ([u]) =>
    u.dtype === "float32"
      ? [
          { dtype: "float32", shape: u.shape },
          { dtype: "uint8", shape: u.shape },
        ]
      : "needs float32",
  grad: "none",
  operations: perElement(8),
  rowOperands: () => [0],
  onnx: (context) => {
    const { node, inputs, constant } = context;
    const lower = <Inputs extends readonly Tensor[]>(op: Op<Inputs, Record<never, never>>, of: readonly string[]) =>
      (op.onnx as (context: LowerContext<Record<never, never>>) => string[])({ ...context, inputs: of });
    const [y, onePlusErf] = lower(erfGateOp, inputs) as [string, string];
    const [slope] = lower(erfGateSlopeOp, [inputs[0]!, onePlusErf]) as [string];
    const scale = [constant("float32", [SLOPE.factor], []), constant("uint8", [SLOPE.zero], [])];
    const [bytes] = node("QuantizeLinear", [slope, ...scale]) as [string];
    // As a view in the shape of the bytes, y waits for them: else they would be made when they are read, and u kept until then.
    return [node("Reshape", [y, node("Shape", [bytes])[0]!])[0]!, bytes];
  },
};

/** u (1 + erf u), and the bytes of its slope. */
export function erfGateKept(u: Tensor): readonly [Tensor, Tensor] {
  return applyAll(erfGateKeptOp, [u], {}) as readonly [Tensor, Tensor];
}
