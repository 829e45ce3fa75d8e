/** predictions/<split>.jsonl: what a run said of each text of a split, so that every figure can be recomputed. */
import type { Example, Truth } from "../tables/dataset.ts";
import { predictedLabels, softmax } from "../train/metrics.ts";
import { labelsAbove, sigmoid } from "../train/multi-label.ts";

/** A label name, or a list of them where a text may have any number of labels. */
type Named = string | readonly string[];

/** One line of such a file. */
export interface StoredPrediction {
  readonly id: string;
  readonly text: string;
  /** The second text of a sentence pair. */
  readonly pair?: string;
  readonly label: Named;
  readonly predicted: Named;
  /** One number per label, in the order of run.json's `labels`. */
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

/** What is predicted from logits [texts, labels], in names; with `thresholds`, all labels that reach theirs. */
export function predictedNames(
  logits: Float32Array,
  labels: readonly string[],
  thresholds: readonly number[] | undefined,
): Named[] {
  const predicted = thresholds ? labelsAbove(logits, thresholds) : predictedLabels(logits, labels.length);
  return predicted.map((truth) => namesOf(truth, labels));
}

/** The probability of each label. */
export const probabilitiesOf = (logits: Float32Array, thresholds: readonly number[] | undefined): number[] =>
  thresholds ? Array.from(logits, sigmoid) : softmax(logits);

/** One JSON object per text; `logits` are [texts, labels]. */
export function predictionLines(
  examples: Iterable<Example>,
  labels: readonly string[],
  logits: Float32Array,
  thresholds?: readonly number[],
): string {
  const predicted = predictedNames(logits, labels, thresholds);
  const lines = Array.from(examples, ({ id, text, pair, label, labels: several }, row) => {
    const values = logits.subarray(row * labels.length, (row + 1) * labels.length);
    const prediction: StoredPrediction = {
      id,
      text,
      ...(pair !== undefined && { pair }),
      label: namesOf(several ?? label, labels),
      predicted: predicted[row]!,
      logits: Array.from(values),
      probabilities: probabilitiesOf(values, thresholds),
    };
    return `${JSON.stringify(prediction)}\n`;
  });
  return lines.join("");
}

const namesOf = (truth: Truth, labels: readonly string[]): Named =>
  typeof truth === "number" ? labels[truth]! : truth.map((label) => labels[label]!);
