/** Scores of texts that have any number of labels, each decided by a threshold of its own. */
import type { SplitMetrics } from "../train/metrics.ts";
import { meanBinaryCrossEntropy, metricsOfDecisions, sigmoid } from "../train/multi-label.ts";
import type { MultiLabelPredictions } from "./read-predictions.ts";
import { multiLabelMeasures, type Scorer } from "./scorer.ts";

/** Its arrays are used again and again. */
export class MultiLabelScorer implements Scorer {
  readonly predictions: MultiLabelPredictions;
  readonly measures = multiLabelMeasures;
  readonly right: Uint8Array;
  /** Of the label whose decision is least sure. */
  readonly confidence: Float64Array;
  /** Binary cross-entropy, mean over labels. */
  readonly #loss: Float64Array;
  readonly #support: Float64Array;
  readonly #claimed: Float64Array;
  readonly #correct: Float64Array;

  constructor(predictions: MultiLabelPredictions) {
    const { labels, truth, predicted, logits } = predictions;
    const count = labels.length;
    this.predictions = predictions;
    this.right = Uint8Array.from(truth, (of, i) => (isSame(of, predicted[i]!) ? 1 : 0));
    this.confidence = Float64Array.from(truth, (_, i) => {
      const probabilities = Array.from(logits.subarray(i * count, (i + 1) * count), sigmoid);
      return Math.min(...probabilities.map((p, k) => (predicted[i]!.includes(k) ? p : 1 - p)));
    });
    this.#loss = Float64Array.from(truth, (of, i) =>
      meanBinaryCrossEntropy(logits.subarray(i * count, (i + 1) * count), [of], count),
    );
    this.#support = new Float64Array(count);
    this.#claimed = new Float64Array(count);
    this.#correct = new Float64Array(count);
  }

  get textCount(): number {
    return this.right.length;
  }

  metrics(): SplitMetrics {
    const { truth, predicted, labels } = this.predictions;
    const { loss } = this.score(new Float64Array(this.textCount).fill(1));
    return { ...metricsOfDecisions(predicted, truth, labels), loss };
  }

  score(weights: Float64Array) {
    const { truth, predicted } = this.predictions;
    const [support, claimed, correct] = [this.#support, this.#claimed, this.#correct];
    for (const sums of [support, claimed, correct]) sums.fill(0);
    let [rightSum, lossSum] = [0, 0];
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      if (weight === 0) continue;
      for (const label of truth[i]!) support[label]! += weight;
      for (const label of predicted[i]!) {
        claimed[label]! += weight;
        if (truth[i]!.includes(label)) correct[label]! += weight;
      }
      rightSum += weight * this.right[i]!;
      lossSum += weight * this.#loss[i]!;
    }
    return {
      ...averages(support, claimed, correct),
      accuracy: rightSum / weights.length,
      loss: lossSum / weights.length,
    };
  }
}

/** As `multiLabelMetrics` has them: means over all labels, and micro F1 of all decisions together. */
function averages(support: Float64Array, claimed: Float64Array, correct: Float64Array) {
  let [precision, recall, f1] = [0, 0, 0];
  let [allSupport, allClaimed, allCorrect] = [0, 0, 0];
  for (let label = 0; label < support.length; label++) {
    const [s, c, right] = [support[label]!, claimed[label]!, correct[label]!];
    if (c > 0) precision += right / c;
    if (s > 0) recall += right / s;
    if (s + c > 0) f1 += (2 * right) / (s + c);
    allSupport += s;
    allClaimed += c;
    allCorrect += right;
  }
  const all = allSupport + allClaimed;
  return {
    precision: precision / support.length,
    recall: recall / support.length,
    f1: f1 / support.length,
    microF1: all === 0 ? 0 : (2 * allCorrect) / all,
  };
}

/** Both are in the order of labels. */
const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((label, i) => label === b[i]);
