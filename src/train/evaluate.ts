/** Logits of a model for many texts. */
import { packBatch } from "../data/batch.ts";
import { type Executable, float32 } from "../engine/engine.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { Encoder } from "../models/encoder.ts";
import { batchValues } from "../models/inputs.ts";
import { LOGITS } from "./program.ts";

/** Texts by index, as token ids. */
export interface TokenSource {
  readonly count: number;
  ids(index: number): Int32Array;
}

/** Tokens that one evaluation batch may hold: enough for full speed, few enough to stay in the cache. */
const TOKENS_PER_BATCH = 1024;

/**
 * Logits [texts, labels] in the order of the texts. Texts of similar length are computed together, so that little is
 * spent on padding in attention.
 */
export async function computeLogits(
  program: Executable,
  encoder: Encoder,
  weights: Readonly<Record<string, HostTensor>>,
  texts: TokenSource,
  labelCount: number,
): Promise<Float32Array> {
  const logits = new Float32Array(texts.count * labelCount);
  for (const indices of batchesByLength(texts)) {
    const batch = packBatch(
      indices.map((i) => texts.ids(i)),
      encoder.heads,
    );
    const rows = new Float32Array(indices.length * labelCount);
    const inputs = { ...weights, ...batchValues(batch, encoder.heads) };
    await program.run(inputs, { [LOGITS]: float32(rows, [indices.length, labelCount]) });
    for (const [row, i] of indices.entries())
      logits.set(rows.subarray(row * labelCount, (row + 1) * labelCount), i * labelCount);
  }
  return logits;
}

function batchesByLength(texts: TokenSource): number[][] {
  const order = Array.from({ length: texts.count }, (_, i) => i);
  order.sort((a, b) => texts.ids(a).length - texts.ids(b).length || a - b);
  const batches: number[][] = [];
  let tokens = Number.POSITIVE_INFINITY;
  for (const i of order) {
    const { length } = texts.ids(i);
    if (tokens + length > TOKENS_PER_BATCH) {
      batches.push([]);
      tokens = 0;
    }
    batches.at(-1)!.push(i);
    tokens += length;
  }
  return batches;
}
