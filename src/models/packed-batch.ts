/**
 * Packed batches: the real tokens of several texts one after the other, and the indices that lead to the padded view
 * that attention needs and back. No arithmetic is spent on padding.
 */

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
  /** [B, 1, 1, L] added to attention scores: 0, and `MASKED` for padding */
  readonly attentionBias: Float32Array;
  /** [T, virtual tokens] 1 where the token is that virtual one, else 0 */
  readonly virtualTokens: Float32Array;
  /** What was computed for these texts before and takes the place of a part of the model. */
  readonly features?: { readonly values: Float32Array; readonly width: number };
}

/**
 * Where padding repeats the text's pooled token (`fillIndex`), its score is at most the row's largest plus this: at most
 * e⁻⁶⁰ ≈ 9e-27 of the row's weight, which no float32 sum notices. A much lower number would be no more exact and twice as
 * slow: softmax then ends below float32's normal range, where most processors compute slowly.
 */
const MASKED = -60;

/**
 * Packs token ids of texts, each at least one token, for a model with that many attention heads. Virtual tokens have the
 * id 0, which is looked up and then replaced. `firstTokens` says how many tokens of each text have type 0; the rest have 1.
 */
export function packBatch(
  texts: readonly Int32Array[],
  heads: number,
  virtual = noVirtualTokens,
  firstTokens: readonly number[] = [],
): PackedBatch {
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
    attentionBias: new Float32Array(batch * length).fill(MASKED),
    virtualTokens: new Float32Array(tokens * virtual.tokens),
  };
  let token = 0;
  for (const [row, ids] of texts.entries()) {
    packed.firstToken[row] = token + pooledPosition(virtual);
    packed.tokenIds.set(ids, token + virtual.tokens);
    const end = token + virtual.tokens + ids.length;
    packed.tokenTypes.fill(1, end - ids.length + (firstTokens[row] ?? ids.length), end);
    for (let head = 0; head < heads; head++) {
      const start = (row * heads + head) * length;
      packed.fillIndex.fill(packed.firstToken[row]! * heads + head, start, start + length);
    }
    for (let position = 0; position < virtual.tokens + ids.length; position++, token++) {
      if (position < virtual.tokens) packed.virtualTokens[token * virtual.tokens + position] = 1;
      packed.positionIds[token] = virtual.keys + position;
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
