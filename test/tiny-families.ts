/** An encoder of each family small enough for the float64 evaluator, and a batch whose texts are shorter and longer than a window. */
import { batchValues, packBatch } from "../src/models/batch.ts";
import type { Encoder } from "../src/models/encoder.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { type NdArray, ndarray } from "./oracle/array.ts";

const bert = {
  ...{ vocab_size: 9, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 6 },
  ...{ max_position_embeddings: 9 },
};

/** What config.json says of each, besides its type. */
export const tinyFamilies: Readonly<Record<string, object>> = {
  bert,
  distilbert: {
    ...{ vocab_size: 9, dim: 8, n_layers: 2, n_heads: 2, hidden_dim: 6, max_position_embeddings: 9 },
  },
  roberta: { ...bert, type_vocab_size: 1 },
  electra: { ...bert, embedding_size: 6 },
  mpnet: bert,
  albert: { ...bert, embedding_size: 6, num_hidden_layers: 3 },
  modernbert: { ...bert, num_hidden_layers: 3, local_attention: 2, global_attn_every_n_layers: 2 },
  "deberta-v2": {
    ...{ ...bert, relative_attention: true, position_buckets: 4, pos_att_type: "p2c|c2p", share_att_key: true },
    ...{ norm_rel_ebd: "layer_norm", position_biased_input: false },
  },
};

export const tinyFamily = (type: string, changes: object = {}): Encoder =>
  buildEncoder({ model_type: type, ...tinyFamilies[type], ...changes }, 3, "config.json");

const TEXTS = [[2, 7, 3], [2, 8, 8, 4, 6, 3], [2]];

/** Weights and batch by the names of the program's inputs, and the batch's sizes. */
export function tinyFamilyValues(
  encoder: Encoder,
  texts: readonly (readonly number[])[] = TEXTS,
): {
  readonly values: Record<string, NdArray>;
  readonly sizes: Readonly<Record<string, number>>;
} {
  const batch = packBatch(
    texts.map((ids) => Int32Array.from(ids)),
    encoder,
  );
  const values: Record<string, NdArray> = {};
  for (const [name, { dims, data }] of Object.entries(batchValues(batch, encoder)))
    values[name] = ndarray(dims, Array.from(data as Float32Array));
  for (const [p, { name, shape, kind }] of encoder.parameters.entries()) {
    const middle = kind === "layerNormWeight" ? 1 : 0;
    values[name] = ndarray(shape, (i) => middle + 0.4 * Math.sin(12.9898 * (i + 1) + 78.233 * p));
  }
  return { values, sizes: batch.sizes };
}
