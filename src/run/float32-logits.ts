/** Logits in float32 of a run in 8 bits, for all texts of a split: so many batches at a time that their values fit into memory. */
import type { Engine } from "../engine/engine.ts";
import type { AdaptedModel } from "../methods/adapt.ts";
import { batchValues, type PackedBatch } from "../models/batch.ts";
import { eachBatch, type TokenSource } from "../train/evaluate.ts";
import { evaluationProgram, LOGITS } from "../train/program.ts";
import { Float32Pass, type Float32Weights } from "./float32-pass.ts";

/** The model's files are read once for so many. */
const BATCHES_AT_A_TIME = 8;

/** Logits [texts, labels] in the order of the texts, as `computeLogits` gives them. */
export async function float32Logits(
  { adapted, ...weights }: Float32Weights & { readonly adapted: AdaptedModel },
  engine: Engine,
  texts: TokenSource,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { encoder } = adapted;
  const labelCount = weights.model.labels.length;
  const logits = new Float32Array(texts.count * labelCount);
  const pass = await Float32Pass.of(evaluationProgram(encoder), engine, weights);
  let waiting: { readonly indices: readonly number[]; readonly batch: PackedBatch }[] = [];
  const compute = async () => {
    const found = await pass.run(
      waiting.map(({ batch }) => ({ inputs: batchValues(batch, encoder), sizes: batch.sizes })),
    );
    for (const [b, { indices }] of waiting.entries()) {
      const { tensors, release } = found[b]!;
      for (const [row, i] of indices.entries()) {
        const own = tensors[LOGITS]!.data.subarray(row * labelCount, (row + 1) * labelCount);
        logits.set(own as Float32Array, i * labelCount);
      }
      release();
    }
    waiting = [];
  };
  try {
    for await (const next of eachBatch(texts, encoder, signal)) {
      waiting.push(next);
      if (waiting.length === BATCHES_AT_A_TIME) await compute();
    }
    await compute();
  } finally {
    pass.dispose();
  }
  return logits;
}
