/** Scores of texts that have one label each. */
import {
  CALIBRATION_BINS,
  calibrationBin,
  classificationMetrics,
  type SplitMetrics,
  softmax,
} from "../train/metrics.ts";
import type { OneLabelPredictions } from "./read-predictions.ts";
import { oneLabelMeasures, type Scorer } from "./scorer.ts";

/** Its arrays are used again and again. */
export class OneLabelScorer implements Scorer {
  readonly predictions: OneLabelPredictions;
  readonly measures = oneLabelMeasures;
  readonly right: Uint8Array;
  /** Of the predicted label. */
  readonly confidence: Float64Array;
  /** Cross-entropy. */
  readonly #loss: Float64Array;
  readonly #bin: Int32Array;
  /** 1 where the text is right, less its probability. */
  readonly #surplus: Float64Array;
  readonly #support: Float64Array;
  readonly #claimed: Float64Array;
  readonly #correct: Float64Array;
  readonly #surplusOfBin = new Float64Array(CALIBRATION_BINS);

  constructor(predictions: OneLabelPredictions) {
    const { labels, truth, predicted, logits } = predictions;
    this.predictions = predictions;
    this.#loss = new Float64Array(truth.length);
    this.confidence = new Float64Array(truth.length);
    for (let i = 0; i < truth.length; i++) {
      const values = logits.subarray(i * labels.length, (i + 1) * labels.length);
      const probabilities = softmax(values);
      this.confidence[i] = probabilities[predicted[i]!]!;
      // From logits: a probability may be too small for a number.
      const top = Math.max(...values);
      this.#loss[i] = top - values[truth[i]!]! - Math.log(probabilities[values.indexOf(top)]!);
    }
    this.right = Uint8Array.from(truth, (label, i) => (predicted[i] === label ? 1 : 0));
    this.#bin = Int32Array.from(this.confidence, calibrationBin);
    this.#surplus = this.confidence.map((value, i) => this.right[i]! - value);
    this.#support = new Float64Array(labels.length);
    this.#claimed = new Float64Array(labels.length);
    this.#correct = new Float64Array(labels.length);
  }

  get textCount(): number {
    return this.right.length;
  }

  metrics(): SplitMetrics {
    const { truth, predicted, labels } = this.predictions;
    const { loss, calibrationError } = this.score(new Float64Array(this.textCount).fill(1));
    return { ...classificationMetrics(truth, predicted, labels), loss, calibrationError };
  }

  score(weights: Float64Array) {
    const { truth, predicted } = this.predictions;
    const [loss, right] = [this.#loss, this.right];
    const [bin, surplus, surplusOfBin] = [this.#bin, this.#surplus, this.#surplusOfBin];
    const [support, claimed, correct] = [this.#support, this.#claimed, this.#correct];
    for (const sums of [support, claimed, correct, surplusOfBin]) sums.fill(0);
    let lossSum = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      const label = truth[i]!;
      support[label]! += weight;
      claimed[predicted[i]!]! += weight;
      if (right[i] === 1) correct[label]! += weight;
      surplusOfBin[bin[i]!]! += weight * surplus[i]!;
      lossSum += weight * loss[i]!;
    }
    const count = weights.length;
    return {
      ...macroAverages(support, claimed, correct, count),
      calibrationError: surplusOfBin.reduce((sum, value) => sum + Math.abs(value), 0) / count,
      loss: lossSum / count,
    };
  }
}

/** As `classificationMetrics` has them: means over the labels that occur. */
function macroAverages(support: Float64Array, claimed: Float64Array, correct: Float64Array, count: number) {
  let [occurring, right, precision, recall, f1] = [0, 0, 0, 0, 0];
  for (let label = 0; label < support.length; label++) {
    if (support[label]! + claimed[label]! === 0) continue;
    occurring++;
    right += correct[label]!;
    if (claimed[label]! > 0) precision += correct[label]! / claimed[label]!;
    if (support[label]! > 0) recall += correct[label]! / support[label]!;
    f1 += (2 * correct[label]!) / (support[label]! + claimed[label]!);
  }
  return {
    accuracy: right / count,
    precision: precision / occurring,
    recall: recall / occurring,
    f1: f1 / occurring,
  };
}
