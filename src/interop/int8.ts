/**
 * Dynamic quantization: weights as int8 with a scale for each output channel, activations quantized as they come. Weights
 * lie in ±64, one bit less than int8 has: processors without VNNI add two u8 · s8 products in 16 bits, which saturate at
 * ±127 (measured: 13 % error) and cannot at ±64.
 */
import type { OnnxRule, OnnxWriter } from "../graph/onnx.ts";
import { gatherRowsOp } from "../graph/ops/indexing.ts";
import { type AffineAttributes, affineOp, productOp } from "../graph/ops/linalg.ts";
import type { AnyOp, HostTensor, LowerContext } from "../graph/tensor.ts";
import type { Encoder } from "../models/encoder.ts";

const LARGEST = 64;
/** Rows that are only looked up are in no product. */
const LARGEST_LOOKED_UP = 127;
const INT8 = 3;
const FLOAT = 1;

export interface Int8Weights {
  readonly rules: ReadonlyMap<AnyOp, OnnxRule>;
  /** Whether a weight stands in the file as int8 only. */
  replaces(name: string): boolean;
}

/** The linear layers of encoder and pooler, and the table of words; the head is small and stays as it is. */
export function int8Rules(encoder: Encoder, weights: Readonly<Record<string, HostTensor>>): Int8Weights {
  const parts = new Map(encoder.parameters.map(({ name, part }) => [name, part]));
  const linear = new Set(
    encoder.linears.map(({ weight }) => weight).filter((name) => ["encoder", "pooler"].includes(parts.get(name)!)),
  );
  const valuesOf = (name: string) => weights[name]! as HostTensor & { readonly data: Float32Array };

  const product: OnnxRule = (context, writer) => {
    const name = context.inputs[1]!;
    const attributes = context.attributes as AffineAttributes;
    if (!linear.has(name) || attributes.transA || !attributes.transB) return undefined;
    const y = integerProduct(context, writer, name, valuesOf(name), attributes.alpha);
    const addend = context.inputs[2];
    if (addend === undefined) return [y];
    const scaled =
      attributes.beta === 1
        ? addend
        : writer.node("Mul", [addend, writer.constant("float32", [attributes.beta], [])])[0]!;
    return writer.node("Add", [y, scaled]);
  };
  const lookup: OnnxRule = ({ inputs: [table, indices] }, writer) =>
    table === encoder.wordTable ? [quantizedRows(writer, table, valuesOf(table), indices!)] : undefined;
  return {
    rules: new Map<AnyOp, OnnxRule>([
      [affineOp, product],
      [productOp, product],
      [gatherRowsOp, lookup],
    ]),
    replaces: (name) => linear.has(name) || name === encoder.wordTable,
  };
}

/** alpha · x Wᵀ: the integers are multiplied, and their product takes both scales. */
function integerProduct(
  { inputs: [x] }: LowerContext<never>,
  { node, shared, initializer }: OnnxWriter,
  name: string,
  weight: HostTensor & { readonly data: Float32Array },
  alpha: number,
): string {
  // A layer that is run more than once stands in the file once.
  const [quantized, scale] = shared(`int8:${name}:${alpha}`, () => {
    const [out, from] = weight.dims as readonly [number, number];
    const { values, scales } = quantizeRows(weight.data, out, from, LARGEST);
    const turned = new Int8Array(values.length); // [in, out]
    for (let o = 0; o < out; o++) for (let i = 0; i < from; i++) turned[i * out + o] = values[o * from + i]!;
    return [
      shared(`int8:${name}`, () =>
        initializer(`${name}:int8`, { dims: [from, out], dataType: INT8, rawData: bytesOf(turned) }),
      ),
      initializer(`${name}:scale:${alpha}`, {
        dims: [out],
        dataType: FLOAT,
        rawData: bytesOf(scales.map((s) => s * alpha)),
      }),
    ].join(" ");
  }).split(" ") as [string, string];
  // Queries, keys and values read the same, which is quantized once.
  const [xValues, xScale, xZero] = shared(`int8:${x}`, () =>
    node("DynamicQuantizeLinear", [x!], {}, 3).join(" "),
  ).split(" ");
  const integers = node("MatMulInteger", [xValues!, quantized, xZero!])[0]!;
  const bothScales = node("Mul", [xScale!, scale])[0]!;
  return node("Mul", [node("Cast", [integers], { to: FLOAT })[0]!, bothScales])[0]!;
}

/** Rows of a table by index, each with its scale. */
function quantizedRows(
  { node, initializer }: OnnxWriter,
  name: string,
  table: HostTensor & { readonly data: Float32Array },
  indices: string,
): string {
  const [rows, width] = table.dims as readonly [number, number];
  const { values, scales } = quantizeRows(table.data, rows, width, LARGEST_LOOKED_UP);
  const quantized = initializer(`${name}:int8`, { dims: [rows, width], dataType: INT8, rawData: bytesOf(values) });
  const scale = initializer(`${name}:scale`, { dims: [rows, 1], dataType: FLOAT, rawData: bytesOf(scales) });
  const integers = node("Gather", [quantized, indices], { axis: 0 })[0]!;
  const found = node("Gather", [scale, indices], { axis: 0 })[0]!;
  return node("Mul", [node("Cast", [integers], { to: FLOAT })[0]!, found])[0]!;
}

/** Each row divided by its scale, which makes the largest value ±`largest`, and rounded. */
export function quantizeRows(data: Float32Array, rows: number, width: number, largest: number) {
  const values = new Int8Array(rows * width);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = data.subarray(row * width, (row + 1) * width);
    const scale = from.reduce((top, value) => Math.max(top, Math.abs(value)), 0) / largest || 1;
    scales[row] = scale;
    for (let i = 0; i < width; i++) values[row * width + i] = Math.round(from[i]! / scale);
  }
  return { values, scales };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
