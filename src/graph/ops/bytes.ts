/** Numbers that are kept as bytes, a quarter of the memory, and become float32 where they are read. */
import { apply, type Op, type Tensor } from "../tensor.ts";

/** Bytes of any shape times a factor, as float32. */
export const fromBytesOp: Op<[Tensor, Tensor], Record<never, never>> = {
  name: "fromBytes",
  infer: ([bytes, factor]) => {
    if (bytes.dtype !== "uint8" || factor.dtype !== "float32") return "needs uint8 and float32";
    return factor.shape.length === 0 ? [{ dtype: "float32", shape: bytes.shape }] : "needs one factor";
  },
  grad: "none",
  operations: "none",
  rowOperands: () => [0],
  remake: "smaller",
  onnx: ({ node, inputs }) => node("DequantizeLinear", inputs),
};

export function fromBytes(bytes: Tensor, factor: Tensor): Tensor {
  return apply(fromBytesOp, [bytes, factor], {});
}
