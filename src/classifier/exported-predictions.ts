/** How much a quantized model differs from the run it was made from: both on the run's own test texts. */
import { availableParallelism } from "node:os";
import { openOnnxFile } from "../engine/onnx-file.ts";
import type { HostTensor } from "../graph/tensor.ts";
import { predictedNames, type StoredPrediction } from "../run/predictions.ts";
import type { Text } from "../tables/dataset.ts";
import { TokenizedSplit, textsOf } from "../tokens/tokenized.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";

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
  { labels, thresholds }: { readonly labels: readonly string[]; readonly thresholds?: readonly number[] | undefined },
  tokenizer: Tokenizer,
  maxLength: number,
): Promise<Change> {
  const texts = before.map(({ text, pair }): Text => (pair === undefined ? text : [text, pair]));
  const tokens = new TokenizedSplit(textsOf(texts), tokenizer, maxLength);
  const order = before.map((_, i) => i).sort((a, b) => tokens.length(a) - tokens.length(b));
  const model = await openOnnxFile(file, availableParallelism());
  const after = new Array<string>(before.length);
  for (let from = 0; from < order.length; from += TEXTS_PER_BATCH) {
    const rows = order.slice(from, from + TEXTS_PER_BATCH);
    const logits = await model.run(paddedBatch(rows, tokens));
    for (const [k, found] of predictedNames(logits, labels, thresholds).entries()) after[rows[k]!] = String(found);
  }
  await model.dispose();
  const share = (of: (row: StoredPrediction, i: number) => boolean) => before.filter(of).length / before.length;
  return {
    texts: before.length,
    accuracy: [
      share(({ label, predicted }) => String(label) === String(predicted)),
      share(({ label }, i) => String(label) === after[i]),
    ],
    agreeing: before.filter(({ predicted }, i) => String(predicted) === after[i]).length,
  };
}

/** Ids, mask and types, as tokenizers of the BERT family make them. */
function paddedBatch(rows: readonly number[], tokens: TokenizedSplit): Record<string, HostTensor> {
  const length = Math.max(...rows.map((i) => tokens.length(i)));
  const filled = (at: (i: number, place: number) => number): HostTensor => {
    const data = new BigInt64Array(rows.length * length);
    for (const [row, i] of rows.entries())
      for (let place = 0; place < tokens.length(i); place++) data[row * length + place] = BigInt(at(i, place));
    return { dtype: "int64", dims: [rows.length, length], data };
  };
  return {
    input_ids: filled((i, place) => tokens.ids(i)[place]!),
    attention_mask: filled(() => 1),
    token_type_ids: filled((i, place) => (place < tokens.firstTokens(i) ? 0 : 1)),
  };
}
