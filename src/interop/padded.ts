/**
 * Programs on padded batches, as every other tool makes them. Attune computes on packed tokens; here a program written for
 * these is put into a file that takes [batch, length] ids and mask: the fields of a packed batch are worked out inside,
 * where every place of the padded batch counts as a token, and what moves between the two views becomes a reshape.
 */

import type { OnnxOptions, OnnxRule, OnnxWriter } from "../graph/onnx.ts";
import { fromHeadsOp, rowOfEachOp, toHeadsOp } from "../graph/ops/indexing.ts";
import type { AnyOp, TensorType } from "../graph/tensor.ts";
import { type BatchLayout, type DistanceInput, MASKED, pooledPosition, type VirtualTokens } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";

const IDS = "input_ids";
const MASK = "attention_mask";
const TYPES = "token_type_ids";
const ids: TensorType = { dtype: "int64", shape: ["batch", "length"] };

/** The inputs that tokenizers fill; types only where the encoder reads them. */
export const paddedInputs = ({ tokenTypes }: Pick<Encoder, "tokenTypes">): NonNullable<OnnxOptions["declared"]> => ({
  [IDS]: ids,
  [MASK]: ids,
  ...(tokenTypes > 0 && { [TYPES]: ids }),
});

/** What has to be known of the texts. */
export interface PaddedTexts extends BatchLayout {
  readonly virtual: VirtualTokens;
  /** The most tokens that a text may have, and the id of the one that ends each text. */
  readonly maxLength: number;
  readonly endId: number;
}

type Maker = (writer: OnnxWriter, texts: PaddedTexts) => string;

const FLOAT = 1;
const INT64 = 7;
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

/** The ids of a padded batch, and of the pooled token for padding, [batch, virtual + length]. */
const padded: Maker = (writer, texts) =>
  writer.shared("padded:ids", () => {
    const { node, constant } = writer;
    const ids = behindVirtual(writer, withEnd(writer, texts), "int64", 0, texts.virtual.tokens);
    const one = (value: number) => constant("int64", [value], [1]);
    const place = pooledPosition(texts.virtual);
    const pooled = node("Slice", [ids, one(place), one(place + 1), one(1)])[0]!;
    return node("Where", [isToken(writer, texts), ids, pooled])[0]!;
  });

/** Positions [batch, virtual + length] where one token is not counted, and the pooled token's for padding. */
function countedPositions(writer: OnnxWriter, texts: PaddedTexts, first: number, uncounted: number): string {
  const { node, constant } = writer;
  const number = (value: number) => constant("int64", [value], []);
  const is = isToken(writer, texts);
  const other = node("Not", [node("Equal", [padded(writer, texts), number(uncounted)])[0]!])[0]!;
  const counted = node("And", [is, other])[0]!;
  const count = node("CumSum", [node("Cast", [counted], { to: INT64 })[0]!, number(1)])[0]!;
  const position = node("Add", [count, number(first - 1)])[0]!;
  const ofTokens = node("Where", [counted, position, number(first - 1)])[0]!;
  return node("Where", [is, ofTokens, number(first)])[0]!;
}

/** The fields of a packed batch. Those that say where tokens are padded to are not read by the rules below. */
const fields: Readonly<Record<string, Maker>> = {
  tokenIds: (writer, texts) => {
    return flat(writer, padded(writer, texts));
  },
  tokenTypes: (writer, { virtual }) => flat(writer, behindVirtual(writer, TYPES, "int64", 0, virtual.tokens)),
  positionIds: (writer, texts) => {
    const { node, constant } = writer;
    const { first, uncounted } = texts.positions ?? { first: 0 };
    const start = first + texts.virtual.keys;
    if (uncounted !== undefined && texts.virtual.tokens === 0)
      return flat(writer, countedPositions(writer, texts, start, uncounted));
    return flat(writer, node("Add", [places(writer, texts), constant("int64", [start], [])])[0]!);
  },
  attentionBias: (writer, texts) => {
    const { node, constant } = writer;
    const [open, masked] = [constant("float32", [0], []), constant("float32", [texts.masked ?? MASKED], [])];
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

/** The value of a batch input, or undefined for other inputs. */
export function paddedField(name: string, writer: OnnxWriter, texts: PaddedTexts): string | undefined {
  if (Object.hasOwn(fields, name)) return fields[name]!(writer, texts);
  const own = texts.distances?.find((input) => input.name === name);
  return own && byDistance(own, writer, texts);
}

/** An encoder's own input: looked up in a table of all distances that there can be. */
function byDistance({ dtype, per, of }: DistanceInput, writer: OnnxWriter, texts: PaddedTexts): string {
  const { node, constant } = writer;
  const longest = texts.maxLength + texts.virtual.tokens;
  const values = Array.from({ length: 2 * longest }, (_, i) => of(i + 1 - longest));
  const table = constant(dtype, values, [values.length]);
  if (per === "distance") {
    const all = constant("int64", [longest], [1]);
    const tokens = isToken(writer, texts);
    const length = node("Gather", [node("Shape", [tokens])[0]!, constant("int64", [1], [1])])[0]!;
    const ends = [node("Sub", [all, length])[0]!, node("Add", [all, length])[0]!] as const;
    return node("Slice", [table, ...ends])[0]!;
  }
  const range = placesOf(writer, isToken(writer, texts));
  const axis = (at: number) => node("Unsqueeze", [range, constant("int64", [at], [1])])[0]!;
  const distance = node("Sub", [axis(0), axis(1)])[0]!; // [queries, keys]
  const index = node("Add", [distance, constant("int64", [longest - 1], [])])[0]!;
  return node("Gather", [table, index], { axis: 0 })[0]!;
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
