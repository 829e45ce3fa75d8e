/**
 * Programs on padded batches, as every other tool makes them. Attune computes on packed tokens; here a program written for
 * these is put into a file that takes [batch, length] ids and mask: the fields of a packed batch are worked out inside,
 * where every place of the padded batch counts as a token, and what moves between the two views becomes a reshape.
 */

import type { OnnxOptions, OnnxRule, OnnxWriter } from "../graph/onnx.ts";
import { fromHeadsOp, rowOfEachOp, toHeadsOp } from "../graph/ops/indexing.ts";
import type { AnyOp, TensorType } from "../graph/tensor.ts";
import { pooledPosition, type VirtualTokens } from "../models/packed-batch.ts";

const IDS = "input_ids";
const MASK = "attention_mask";
const TYPES = "token_type_ids";
const ids: TensorType = { dtype: "int64", shape: ["batch", "length"] };

/** The inputs that tokenizers of the BERT family fill. */
export const paddedInputs: NonNullable<OnnxOptions["declared"]> = { [IDS]: ids, [MASK]: ids, [TYPES]: ids };

/**
 * Added to the scores of padding. As in packed batches, padding repeats the text's pooled token, here with its place and so
 * with all that layers make of it, so that its score cannot be larger than that one's.
 */
const MASKED = -60;

/** What has to be known of the texts. */
export interface PaddedTexts {
  readonly virtual: VirtualTokens;
  /** The most tokens that a text may have, and the id of the one that ends each text. */
  readonly maxLength: number;
  readonly endId: number;
}

type Maker = (writer: OnnxWriter, texts: PaddedTexts) => string;

const FLOAT = 1;
const BOOL = 9;

/** [batch], as a list of one number */
const batchSize = ({ node, constant, shared }: OnnxWriter): string =>
  shared("padded:batch", () => {
    const shape = node("Shape", [IDS])[0]!;
    return node("Slice", [shape, constant("int64", [0], [1]), constant("int64", [1], [1])])[0]!;
  });

/** [batch, length] → [batch, virtual + length] */
function behindVirtual(
  writer: OnnxWriter,
  x: string,
  dtype: "int64" | "float32",
  fill: number,
  tokens: number,
): string {
  if (tokens === 0) return x;
  const { node, constant } = writer;
  const shape = node("Concat", [batchSize(writer), constant("int64", [tokens], [1])], { axis: 0 })[0]!;
  const before = node("Expand", [constant(dtype, [fill], [1, 1]), shape])[0]!;
  return node("Concat", [before, x], { axis: 1 })[0]!;
}

const flat = ({ node, constant }: OnnxWriter, x: string, ...rest: number[]): string =>
  node("Reshape", [x, constant("int64", [-1, ...rest], [1 + rest.length])])[0]!;

/** 0, 1, … up to the length of ids, [length] */
function placesOf({ node, constant }: OnnxWriter, ids: string): string {
  const length = node("Gather", [node("Shape", [ids])[0]!, constant("int64", [1], [])])[0]!;
  return node("Range", [constant("int64", [0], []), length, constant("int64", [1], [])])[0]!;
}

/**
 * transformers.js cuts a long text with its end token, which training and Python's tokenizers keep: in a batch of the
 * largest length, what stands at its last place and is no padding becomes that token again.
 */
function withEnd(writer: OnnxWriter, { maxLength, endId }: PaddedTexts): string {
  const { node, constant } = writer;
  const last = constant("int64", [maxLength - 1], [1]);
  const length = node("Slice", [
    node("Shape", [IDS])[0]!,
    constant("int64", [1], [1]),
    constant("int64", [2], [1]),
  ])[0]!;
  const isLongest = node("Equal", [length, constant("int64", [maxLength], [1])])[0]!;
  const isLast = node("And", [node("Equal", [placesOf(writer, IDS), last])[0]!, isLongest])[0]!; // [length]
  const isText = node("Cast", [MASK], { to: BOOL })[0]!;
  return node("Where", [node("And", [isText, isLast])[0]!, constant("int64", [endId], []), IDS])[0]!;
}

/** Where there are tokens, [batch, virtual + length]. */
const isToken: Maker = (writer, { virtual }) =>
  writer.shared("padded:isToken", () => {
    const { node } = writer;
    return node("Cast", [behindVirtual(writer, MASK, "int64", 1, virtual.tokens)], { to: BOOL })[0]!;
  });

/** The place of each token in its text, and of the pooled one for padding, [batch, virtual + length]. */
const places: Maker = (writer, texts) =>
  writer.shared("padded:places", () => {
    const { node, constant } = writer;
    const is = isToken(writer, texts);
    return node("Where", [is, placesOf(writer, is), constant("int64", [pooledPosition(texts.virtual)], [])])[0]!;
  });

/** The fields of a packed batch. Those that say where tokens are padded to are not read by the rules below. */
const fields: Readonly<Record<string, Maker>> = {
  tokenIds: (writer, texts) => {
    const { node, constant } = writer;
    const ids = behindVirtual(writer, withEnd(writer, texts), "int64", 0, texts.virtual.tokens);
    const one = (value: number) => constant("int64", [value], [1]);
    const place = pooledPosition(texts.virtual);
    const pooled = node("Slice", [ids, one(place), one(place + 1), one(1)])[0]!;
    return flat(writer, node("Where", [isToken(writer, texts), ids, pooled])[0]!);
  },
  tokenTypes: (writer, { virtual }) => flat(writer, behindVirtual(writer, TYPES, "int64", 0, virtual.tokens)),
  positionIds: (writer, texts) => {
    const { node, constant } = writer;
    return flat(writer, node("Add", [places(writer, texts), constant("int64", [texts.virtual.keys], [])])[0]!);
  },
  attentionBias: (writer, texts) => {
    const { node, constant } = writer;
    const [open, masked] = [constant("float32", [0], []), constant("float32", [MASKED], [])];
    const bias = node("Where", [isToken(writer, texts), open, masked])[0]!;
    return node("Unsqueeze", [bias, constant("int64", [1, 2], [2])])[0]!;
  },
  virtualTokens: (writer, texts) => {
    const { node, constant } = writer;
    const count = texts.virtual.tokens;
    const column = node("Unsqueeze", [places(writer, texts), constant("int64", [2], [1])])[0]!;
    const numbers = Array.from({ length: count }, (_, i) => i);
    const which = node("Equal", [column, constant("int64", numbers, [1, 1, count])])[0]!; // [batch, length, virtual]
    return flat(writer, node("Cast", [which], { to: FLOAT })[0]!, count);
  },
  padIndex: () => "",
  fillIndex: () => "",
  unpadIndex: () => "",
  firstToken: () => "",
};

/** The value of a field of a packed batch, or undefined for other inputs. */
export function paddedField(name: string, writer: OnnxWriter, texts: PaddedTexts): string | undefined {
  return Object.hasOwn(fields, name) ? fields[name]!(writer, texts) : undefined;
}

/** [tokens, …] → [batch, length, …] */
function unflattened(writer: OnnxWriter, x: string, rest: readonly number[]): string {
  const { node, constant, shared } = writer;
  const shape = shared(`padded:shape:${rest}`, () => {
    const tail = constant("int64", [-1, ...rest], [1 + rest.length]);
    return node("Concat", [batchSize(writer), tail], { axis: 0 })[0]!;
  });
  return node("Reshape", [x, shape])[0]!;
}

const toHeads: OnnxRule = ({ node, inputs, types }, writer) => {
  const heads = types[1]!.shape[1] as number;
  const dim = (types[0]!.shape[1] as number) / heads;
  return node("Transpose", [unflattened(writer, inputs[0]!, [heads, dim])], { perm: [0, 2, 1, 3] });
};

const fromHeads: OnnxRule = ({ node, inputs, outputTypes }, writer) => {
  const byToken = node("Transpose", [inputs[0]!], { perm: [0, 2, 1, 3] })[0]!;
  return [flat(writer, byToken, outputTypes[0]!.shape[1] as number)];
};

const rowOfEach: OnnxRule = ({ node, constant, inputs, types, attributes }, writer) => {
  const { position } = attributes as { readonly position: number };
  const rows = unflattened(writer, inputs[0]!, types[0]!.shape.slice(1) as number[]);
  return node("Gather", [rows, constant("int64", [position], [])], { axis: 1 });
};

export const paddedRules: ReadonlyMap<AnyOp, OnnxRule> = new Map<AnyOp, OnnxRule>([
  [toHeadsOp, toHeads],
  [fromHeadsOp, fromHeads],
  [rowOfEachOp, rowOfEach],
]);
