/** Weights in 8 bits that are not trained: products, fast where processors multiply bytes and exact as sums of integers, and rows. */
import { type Dim, productOf } from "../dim.ts";
import { perElement } from "../operations.ts";
import { apply, type LowerContext, type Op, type Tensor } from "../tensor.ts";

/** What stands for 0 where a row is kept as unsigned bytes: processors multiply unsigned by signed ones. */
const ZERO_POINT = 128;
const LARGEST = 127;
/** So that a row of zeros has a scale. */
const SMALLEST = 1e-30;

/**
 * alpha · x W, [m, k] · [k, n] → [m, n], with W as `values` (int8, [k, n]) times `scales` (float32, [n], or one for all). Each
 * row of x is divided by its largest magnitude / 127 and rounded, the integers are multiplied and summed exactly, and the
 * sums take the scale of their row and of their column.
 */
export const int8ProductOp: Op<[Tensor, Tensor, Tensor], { readonly alpha: number }> = {
  name: "int8Product",
  infer: ([x, values, scales]) => {
    if (x.dtype !== "float32" || values.dtype !== "int8" || scales.dtype !== "float32")
      return "needs float32, int8 and float32";
    if (x.shape.length !== 2 || values.shape.length !== 2) return "needs two matrices";
    const [m, k] = x.shape as [Dim, Dim];
    const [inner, n] = values.shape as [Dim, Dim];
    if (k !== inner) return `has inner sizes ${k} and ${inner}`;
    if (scales.shape.length > 0 && (scales.shape.length > 1 || scales.shape[0] !== n))
      return "needs a scale for each column, or one";
    return [{ dtype: "float32", shape: [m, n] }];
  },
  // Rounding has no derivative: programs get their 8-bit products after they are differentiated.
  grad: "none",
  operations: ({ inputs: [x], outputs: [y] }) => productOf([2, ...y!.shape, x!.shape[1]!]),
  rowOperands: () => [0],
  onnx: (context) => {
    const { node, inputs, constant, shared, attributes } = context;
    const [x, values, scales] = inputs as [string, string, string];
    const { bytes, rowScale } = quantizedRows(context, x, context.types[0]!.shape[0]!);
    const columnScale =
      attributes.alpha === 1
        ? scales
        : shared(
            `int8 scales:${scales}:${attributes.alpha}`,
            () => node("Mul", [scales, constant("float32", [attributes.alpha], [])])[0]!,
          );
    const one = constant("float32", [1], []);
    const zero = constant("uint8", [ZERO_POINT], []);
    const sums = node("com.microsoft.MatMulIntegerToFloat", [bytes, values, one, columnScale, zero])[0]!;
    const column = shared(`int8 row scale:${x}`, () => node("Unsqueeze", [rowScale, constant("int64", [1], [1])])[0]!);
    return node("Mul", [sums, column]);
  },
};

/** Rows as bytes, and the scale of each, [m]: once for all products that read them. */
function quantizedRows(
  { node, constant, shared }: Pick<LowerContext<never>, "node" | "constant" | "shared">,
  x: string,
  rows: Dim,
) {
  const rowScale = shared(`int8 rows:${x}`, () => {
    const axis = constant("int64", [1], [1]);
    // Two passes that only read; |x| would be written first.
    const high = node("ReduceMax", [x, axis], { keepdims: 0 })[0]!;
    const low = node("Neg", node("ReduceMin", [x, axis], { keepdims: 0 }))[0]!;
    const some = node("Max", [high, low, constant("float32", [SMALLEST], [])])[0]!;
    return node("Div", [some, constant("float32", [LARGEST], [])])[0]!;
  });
  const bytes = shared(`int8 bytes:${x}`, () => {
    const zeros = shared(`int8 zeros:${rows}`, () => {
      const zero = constant("uint8", [ZERO_POINT], [1]);
      return node("Expand", [zero, node("Shape", [rowScale])[0]!])[0]!;
    });
    return node("QuantizeLinear", [x, rowScale, zeros], { axis: 0 })[0]!;
  });
  return { bytes, rowScale };
}

export function int8Product(x: Tensor, values: Tensor, scales: Tensor, alpha = 1): Tensor {
  return apply(int8ProductOp, [x, values, scales], { alpha });
}

/** Rows [m, k] that are kept as `values` (int8) and a scale for each (float32, [m]), as float32. */
export const int8RowsOp: Op<[Tensor, Tensor], Record<never, never>> = {
  name: "int8Rows",
  infer: ([values, scales]) => {
    if (values.dtype !== "int8" || scales.dtype !== "float32") return "needs int8 and float32";
    if (values.shape.length !== 2 || scales.shape.length !== 1 || scales.shape[0] !== values.shape[0])
      return "needs a matrix and a scale for each row";
    return [{ dtype: "float32", shape: values.shape }];
  },
  grad: "none",
  operations: perElement(1),
  rowOperands: () => [0, 1],
  onnx: ({ node, inputs }) => node("DequantizeLinear", inputs, { axis: 0 }),
};

export function int8Rows(values: Tensor, scales: Tensor): Tensor {
  return apply(int8RowsOp, [values, scales], {});
}
