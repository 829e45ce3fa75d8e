/** How much a quantized model differs from the run it was made from: both on the run's own test texts. */
import { availableParallelism } from "node:os";
import { TokenizedSplit } from "../data/tokenized.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { openOnnxFile } from "../engine/onnx-file.ts";
import type { HostTensor } from "../graph/tensor.ts";
import { predictedLabels } from "../train/metrics.ts";
import type { StoredPrediction } from "./predictions.ts";

export interface Change {
  readonly texts: number;
  /** Accuracy of the run, and of the file. */
  readonly accuracy: readonly [before: number, after: number];
  /** Texts for which both say the same. */
  readonly agreeing: number;
}

const TEXTS_PER_BATCH = 32;

export async function measureChange(
  file: string,
  before: readonly StoredPrediction[],
  labels: readonly string[],
  tokenizer: Tokenizer,
  maxLength: number,
): Promise<Change> {
  const tokens = new TokenizedSplit(before, tokenizer, maxLength);
  const order = before.map((_, i) => i).sort((a, b) => tokens.length(a) - tokens.length(b));
  const model = await openOnnxFile(file, availableParallelism());
  const after = new Array<string>(before.length);
  for (let from = 0; from < order.length; from += TEXTS_PER_BATCH) {
    const rows = order.slice(from, from + TEXTS_PER_BATCH);
    const logits = await model.run(paddedBatch(rows.map((i) => tokens.ids(i))));
    for (const [k, label] of predictedLabels(logits, labels.length).entries()) after[rows[k]!] = labels[label]!;
  }
  await model.dispose();
  const share = (of: (row: StoredPrediction, i: number) => boolean) => before.filter(of).length / before.length;
  return {
    texts: before.length,
    accuracy: [share(({ label, predicted }) => label === predicted), share(({ label }, i) => label === after[i])],
    agreeing: before.filter(({ predicted }, i) => predicted === after[i]).length,
  };
}

/** Ids, mask and types, as tokenizers of the BERT family make them. */
function paddedBatch(texts: readonly Int32Array[]): Record<string, HostTensor> {
  const length = Math.max(...texts.map((ids) => ids.length));
  const filled = (at: (ids: Int32Array, place: number) => number): HostTensor => {
    const data = new BigInt64Array(texts.length * length);
    for (const [row, ids] of texts.entries())
      for (let place = 0; place < ids.length; place++) data[row * length + place] = BigInt(at(ids, place));
    return { dtype: "int64", dims: [texts.length, length], data };
  };
  return {
    input_ids: filled((ids, place) => ids[place]!),
    attention_mask: filled(() => 1),
    token_type_ids: filled(() => 0),
  };
}
