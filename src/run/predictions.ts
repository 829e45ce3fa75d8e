/** predictions/<split>.jsonl: what a run said of each text of a split, so that every figure can be recomputed. */
import type { Example } from "../data/dataset.ts";
import { predictedLabels, softmax } from "../train/metrics.ts";

/** One line of such a file. */
export interface StoredPrediction {
  readonly id: string;
  readonly text: string;
  /** Label names. */
  readonly label: string;
  readonly predicted: string;
  /** One number per label, in the order of run.json's `labels`. */
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

/** One JSON object per text; `logits` are [texts, labels]. */
export function predictionLines(examples: readonly Example[], labels: readonly string[], logits: Float32Array): string {
  const predicted = predictedLabels(logits, labels.length);
  const lines = examples.map(({ id, text, label }, row) => {
    const values = logits.subarray(row * labels.length, (row + 1) * labels.length);
    const prediction: StoredPrediction = {
      id,
      text,
      label: labels[label]!,
      predicted: labels[predicted[row]!]!,
      logits: Array.from(values),
      probabilities: softmax(values),
    };
    return `${JSON.stringify(prediction)}\n`;
  });
  return lines.join("");
}
