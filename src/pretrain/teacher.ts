/** A sentence encoder's embeddings of many texts: what a student learns to come near to. */

import type { Engine } from "../engine/engine.ts";
import { float32 } from "../engine/engine-tensors.ts";
import { simplify } from "../graph/simplify.ts";
import { batchValues } from "../models/batch.ts";
import { meanOfTokens } from "../models/head.ts";
import { plainScope } from "../models/scope.ts";
import { openBareEncoder } from "../pretrained/open-language-model.ts";
import { loadTokenizer, type Tokenizer } from "../tokens/tokenizer.ts";
import { eachBatch } from "../train/evaluate.ts";

const EMBEDDING = "embedding";

export interface Embeddings {
  readonly width: number;
  /** [texts, width], each row of length 1. */
  readonly rows: Float32Array;
}

/**
 * The mean of the last hidden states of each text, brought to length 1, with the teacher's own tokenizer.
 *
 * @throws AttuneError where the folder holds no encoder; of kind "interrupted" after `signal`
 */
export async function embed(
  folder: string,
  texts: readonly string[],
  engine: Engine,
  signal?: AbortSignal,
): Promise<Embeddings> {
  const { encoder, readInto } = await openBareEncoder(folder);
  const tokenizer: Tokenizer = loadTokenizer(folder);
  const store = engine.createStore(encoder.parameters);
  readInto((name) => store.host[name]!.data as Float32Array, 0);
  await store.upload();
  const scope = plainScope(encoder.parameters, (x) => x);
  const outputs = simplify({ [EMBEDDING]: meanOfTokens(encoder, encoder.encode(scope)) });
  const executable = await engine.compile(outputs);
  const width = encoder.hiddenSize;
  const rows = new Float32Array(texts.length * width);
  const ids = texts.map((text) => tokenizer.encode(text, encoder.maxPositions).ids);
  try {
    for await (const { indices, batch } of eachBatch({ count: texts.length, ids: (i) => ids[i]! }, encoder, signal)) {
      const found = new Float32Array(indices.length * width);
      const values = { ...store.weights, ...batchValues(batch, encoder) };
      await executable.run(values, { [EMBEDDING]: float32(found, [indices.length, width]) });
      for (const [row, i] of indices.entries())
        rows.set(toUnitLength(found.subarray(row * width, (row + 1) * width)), i * width);
    }
  } finally {
    await executable.dispose();
    await store.dispose();
  }
  return { width, rows };
}

function toUnitLength(row: Float32Array): Float32Array {
  let squares = 0;
  for (const value of row) squares += value * value;
  const length = Math.sqrt(squares) || 1;
  return row.map((value) => value / length);
}
