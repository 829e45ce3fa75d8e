/**
 * The layout of a batch, the only place that has it: the real tokens of several texts one after the other, and the indices
 * that lead to the padded view that attention needs and back. No arithmetic is spent on padding.
 */

import { AttuneError } from "../base/error.ts";
import { sizeOf } from "../base/size-of.ts";
import { type Dim, evaluateShape, productOf } from "../graph/dim.ts";
import { input } from "../graph/ops/leaf.ts";
import type { RowAxes } from "../graph/row-pruning.ts";
import type { DType, HostTensor, Tensor } from "../graph/tensor.ts";

/** Room before the tokens of each text, which a method fills with what it has learned. */
export interface VirtualTokens {
  /** Tokens that take part in everything, as if they stood in the text. */
  readonly tokens: number;
  /** Places that attention alone sees: keys and values without a token. */
  readonly keys: number;
  /** The token that stands for the text: its [CLS], or the first of all, which is a virtual one. */
  readonly pooled: "cls" | "first";
}

export const noVirtualTokens: VirtualTokens = { tokens: 0, keys: 0, pooled: "cls" };

/** Where the pooled token stands among the tokens of its text. */
export const pooledPosition = ({ tokens, pooled }: VirtualTokens): number => (pooled === "cls" ? tokens : 0);

/** How an encoder counts the positions of tokens. */
export interface Positions {
  /** Position of a text's first token. */
  readonly first: number;
  /** A token with this id is not counted and has the position before the first; with virtual tokens all are counted. */
  readonly uncounted?: number;
}

/** A batch input of an encoder's own that depends on lengths only: a value by how far apart query and key are. */
export interface DistanceInput {
  readonly name: string;
  readonly dtype: "int32" | "float32";
  /**
   * Whether there is one for each query and key, [length, length], or for each distance, [2 · length], of which the first is
   * 1 - length. @default "pair"
   */
  readonly per?: "pair" | "distance";
  /** The value for a key that stands `distance` places after its query. */
  of(distance: number): number;
}

/** What a batch must know of the encoder that reads it. */
export interface BatchLayout {
  /** Attention heads. */
  readonly heads: number;
  /** What stands before each text. @default nothing */
  readonly virtual?: VirtualTokens;
  /** @default from 0 on */
  readonly positions?: Positions;
  /** Its own inputs. @default none */
  readonly distances?: readonly DistanceInput[];
  /** Added to the scores of padding. @default `MASKED` */
  readonly masked?: number;
}

/** What a batch feeds to a program. Sizes: T tokens, B texts, L tokens in the longest. */
export interface PackedBatch {
  readonly sizes: { readonly tokens: number; readonly batch: number; readonly length: number };
  /** [T] */
  readonly tokenIds: Int32Array;
  /** [T] place of the token in its text, virtual ones counted */
  readonly positionIds: Int32Array;
  /** [T] */
  readonly tokenTypes: Int32Array;
  /** [B, heads, L] token · heads + head for each place, -1 for padding */
  readonly padIndex: Int32Array;
  /** [B, heads, L] the same, with the text's pooled token for padding */
  readonly fillIndex: Int32Array;
  /** [T, heads] each token's place in B · heads · L */
  readonly unpadIndex: Int32Array;
  /** [B] the token of each text that is pooled: [CLS] */
  readonly firstToken: Int32Array;
  /** [B, 1, 1, L] added to attention scores: 0, and a low number for padding */
  readonly attentionBias: Float32Array;
  /** [T, virtual tokens] 1 where the token is that virtual one, else 0 */
  readonly virtualTokens: Float32Array;
  /** What was computed for these texts before and takes the place of a part of the model. */
  readonly features?: { readonly values: Float32Array; readonly width: number };
}

type BatchField = Exclude<keyof PackedBatch, "sizes" | "virtualTokens" | "features">;

const fields = (heads: number): Record<BatchField, { dtype: DType; shape: readonly Dim[] }> => ({
  tokenIds: { dtype: "int32", shape: ["tokens"] },
  positionIds: { dtype: "int32", shape: ["tokens"] },
  tokenTypes: { dtype: "int32", shape: ["tokens"] },
  padIndex: { dtype: "int32", shape: ["batch", heads, "length"] },
  fillIndex: { dtype: "int32", shape: ["batch", heads, "length"] },
  unpadIndex: { dtype: "int32", shape: ["tokens", heads] },
  firstToken: { dtype: "int32", shape: ["batch"] },
  attentionBias: { dtype: "float32", shape: ["batch", 1, 1, "length"] },
});

/** Which axes of a program's values run over tokens: those of the packed view, and of the padded one. */
export const rowAxes: RowAxes = { tokens: "tokens", batch: "batch", length: "length" };

export type BatchTensors = Readonly<Record<BatchField, Tensor>>;

/** The batch as inputs of a program of an encoder with that many attention heads: one for each field, under its name. */
export function batchInputs(heads: number): BatchTensors {
  const tensors = Object.entries(fields(heads)).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]);
  return Object.fromEntries(tensors) as BatchTensors;
}

/** An encoder's own input: [length, length], queries by keys, or [2 · length]. */
export const distanceInput = ({ name, dtype, per }: DistanceInput): Tensor =>
  input(name, dtype, per === "distance" ? [productOf([2, "length"])] : ["length", "length"]);

/** The input that takes the place of a part of the model. */
export const FROZEN_FEATURES = "features";

/** The input that says which token is which virtual one. */
const VIRTUAL_TOKENS = "virtualTokens";

/** Which token is which of `count` virtual ones, [tokens, count]: an input that only methods with such tokens read. */
export function virtualTokenInput(count: number): Tensor {
  return input(VIRTUAL_TOKENS, "float32", ["tokens", count]);
}

/** The batch as values for those inputs. */
export function batchValues(
  batch: PackedBatch,
  { heads, distances = [] }: Pick<BatchLayout, "heads" | "distances">,
): Record<string, HostTensor> {
  const values = Object.entries(fields(heads)).map(([name, { dtype, shape }]) => [
    name,
    { dtype, dims: evaluateShape(shape, batch.sizes), data: batch[name as BatchField] },
  ]);
  const { tokens, length } = batch.sizes;
  const dims = [tokens, batch.virtualTokens.length / tokens];
  const { features } = batch;
  return {
    ...Object.fromEntries(values),
    ...Object.fromEntries(distances.map((own) => [own.name, byDistance(own, length)])),
    [VIRTUAL_TOKENS]: { dtype: "float32", dims, data: batch.virtualTokens },
    ...(features && {
      [FROZEN_FEATURES]: {
        dtype: "float32",
        dims: [features.values.length / features.width, features.width],
        data: features.values,
      },
    }),
  };
}

function byDistance({ dtype, per, of }: DistanceInput, length: number): HostTensor {
  const dims = per === "distance" ? [2 * length] : [length, length];
  const size = sizeOf(dims);
  const data = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
  if (per === "distance") return { dtype, dims, data: data.map((_, i) => of(i + 1 - length)) };
  for (let distance = 1 - length; distance < length; distance++) {
    const value = of(distance);
    for (let query = Math.max(0, -distance); query < length && query + distance < length; query++)
      data[query * length + query + distance] = value;
  }
  return { dtype, dims, data };
}

/**
 * Where padding repeats the text's pooled token (`fillIndex`), its score is at most the row's largest plus this: at most
 * e⁻⁶⁰ ≈ 9e-27 of the row's weight, which no float32 sum notices. A much lower number would be no more exact and twice as
 * slow: softmax then ends below float32's normal range, where most processors compute slowly. It holds where scores depend
 * on the key alone; an encoder whose scores depend on the place too takes a number that no score reaches.
 */
export const MASKED = -60;

/**
 * Packs token ids of texts for an encoder. Virtual tokens have the id 0, which is looked up and then replaced. `firstTokens`
 * says how many tokens of each text have type 0; the rest have 1.
 *
 * @throws AttuneError where a text has no token, so that nothing could stand for it
 */
export function packBatch(
  texts: readonly Int32Array[],
  { heads, virtual = noVirtualTokens, positions = { first: 0 }, masked = MASKED }: BatchLayout,
  firstTokens: readonly number[] = [],
): PackedBatch {
  if (virtual.tokens === 0 && texts.some((ids) => ids.length === 0))
    throw new AttuneError(
      "model/no-tokens",
      "a text has no tokens: it is empty, and the tokenizer puts nothing like [CLS] around it; leave it out",
    );
  const batch = texts.length;
  const length = virtual.tokens + Math.max(...texts.map((ids) => ids.length));
  const tokens = texts.reduce((total, ids) => total + virtual.tokens + ids.length, 0);
  const packed: PackedBatch = {
    sizes: { tokens, batch, length },
    tokenIds: new Int32Array(tokens),
    positionIds: new Int32Array(tokens),
    tokenTypes: new Int32Array(tokens),
    padIndex: new Int32Array(batch * heads * length).fill(-1),
    fillIndex: new Int32Array(batch * heads * length),
    unpadIndex: new Int32Array(tokens * heads),
    firstToken: new Int32Array(batch),
    attentionBias: new Float32Array(batch * length).fill(masked),
    virtualTokens: new Float32Array(tokens * virtual.tokens),
  };
  let token = 0;
  for (const [row, ids] of texts.entries()) {
    packed.firstToken[row] = token + pooledPosition(virtual);
    packed.tokenIds.set(ids, token + virtual.tokens);
    const end = token + virtual.tokens + ids.length;
    packed.tokenTypes.fill(1, end - ids.length + (firstTokens[row] ?? ids.length), end);
    countPositions(packed.positionIds.subarray(token, end), packed.tokenIds.subarray(token, end), virtual, positions);
    for (let head = 0; head < heads; head++) {
      const start = (row * heads + head) * length;
      packed.fillIndex.fill(packed.firstToken[row]! * heads + head, start, start + length);
    }
    for (let position = 0; position < virtual.tokens + ids.length; position++, token++) {
      if (position < virtual.tokens) packed.virtualTokens[token * virtual.tokens + position] = 1;
      packed.attentionBias[row * length + position] = 0;
      for (let head = 0; head < heads; head++) {
        const place = (row * heads + head) * length + position;
        packed.padIndex[place] = token * heads + head;
        packed.fillIndex[place] = token * heads + head;
        packed.unpadIndex[token * heads + head] = place;
      }
    }
  }
  return packed;
}

/** Fills `into` with the positions of one text's tokens. */
function countPositions(
  into: Int32Array,
  ids: Int32Array,
  virtual: VirtualTokens,
  { first, uncounted }: Positions,
): void {
  let next = first + virtual.keys;
  for (let i = 0; i < ids.length; i++) into[i] = virtual.tokens === 0 && ids[i] === uncounted ? first - 1 : next++;
}
