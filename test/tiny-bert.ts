/** A BERT small enough for the float64 evaluator, with fixed weights and a batch of three texts of unlike lengths. */

import { batchValues, type PackedBatch, packBatch } from "../src/models/batch.ts";
import type { Encoder } from "../src/models/encoder.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { type NdArray, ndarray } from "./oracle/array.ts";

export const tinyConfig = {
  model_type: "bert",
  vocab_size: 13,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 6,
};

export const tinyBert = (changes: object = {}): Encoder =>
  buildEncoder({ ...tinyConfig, ...changes }, 3, "config.json");

const TEXTS = [
  [2, 7, 3],
  [2, 9, 9, 4, 12, 3],
  [2, 3],
];

export const tinyBatch = (encoder: Encoder): PackedBatch =>
  packBatch(
    TEXTS.map((ids) => Int32Array.from(ids)),
    encoder,
  );

/** Weights and batch by the names of the program's inputs. */
export function tinyValues(encoder: Encoder): Record<string, NdArray> {
  const values: Record<string, NdArray> = {};
  for (const [name, { dims, data }] of Object.entries(batchValues(tinyBatch(encoder), encoder)))
    values[name] = ndarray(dims, Array.from(data as Float32Array));
  for (const [p, { name, shape }] of encoder.parameters.entries())
    values[name] = ndarray(shape, (i) => Math.sin(12.9898 * (i + 1) + 78.233 * p));
  return values;
}
