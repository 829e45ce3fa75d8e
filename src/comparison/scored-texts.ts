/** What every figure of a run follows from, text by text, so that it can be computed again for many resamples. */
import { CALIBRATION_BINS, calibrationBin, classificationMetrics, softmax } from "../train/metrics.ts";
import type { Predictions } from "./read-predictions.ts";
import { RESAMPLES, resample } from "./statistics/bootstrap.ts";
import { mean } from "./statistics/spread.ts";

export const measures = ["accuracy", "precision", "recall", "f1", "calibrationError", "loss"] as const;
export type Measure = (typeof measures)[number];

export interface ScoredTexts {
  readonly labelCount: number;
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
  /** Cross-entropy. */
  readonly loss: Float64Array;
  /** Of the predicted label. */
  readonly probability: Float64Array;
}

export function scoreTexts({ labels, truth, predicted, logits }: Predictions): ScoredTexts {
  const loss = new Float64Array(truth.length);
  const probability = new Float64Array(truth.length);
  for (let i = 0; i < truth.length; i++) {
    const values = logits.subarray(i * labels.length, (i + 1) * labels.length);
    const probabilities = softmax(values);
    probability[i] = probabilities[predicted[i]!]!;
    // From logits: a probability may be too small for a number.
    const top = Math.max(...values);
    loss[i] = top - values[truth[i]!]! - Math.log(probabilities[values.indexOf(top)]!);
  }
  return { labelCount: labels.length, truth, predicted, loss, probability };
}

/** Metrics of all texts, each once. */
export function metricsOf(texts: ScoredTexts, labels: readonly string[]) {
  const { loss, calibrationError } = new Scorer(texts).score(new Float64Array(texts.truth.length).fill(1));
  return { ...classificationMetrics(texts.truth, texts.predicted, labels), loss, calibrationError };
}

/** For each measure of each run, one figure per resample of the texts, which all runs share. */
export function resampledScores(
  runs: readonly ScoredTexts[],
  resamples = RESAMPLES,
): Readonly<Record<Measure, Float64Array>>[] {
  const scorers = runs.map((texts) => new Scorer(texts));
  const scores = runs.map(
    () =>
      Object.fromEntries(measures.map((name) => [name, new Float64Array(resamples)])) as Record<Measure, Float64Array>,
  );
  let r = 0;
  for (const weights of resample(runs[0]?.truth.length ?? 0, resamples, "texts")) {
    for (const [run, scorer] of scorers.entries()) {
      const figures = scorer.score(weights);
      for (const name of measures) scores[run]![name][r] = figures[name];
    }
    r++;
  }
  return scores;
}

/** The mean over runs that differ in their seed, for each resample; with several, the seeds are drawn anew as well. */
export function overSeeds(figures: readonly Float64Array[]): Float64Array {
  if (figures.length === 1) return figures[0]!;
  const resamples = figures[0]!.length;
  const means = new Float64Array(resamples);
  let r = 0;
  for (const weights of resample(figures.length, resamples, "seeds")) {
    means[r] = mean(figures.map((figure, i) => figure[r]! * weights[i]!));
    r++;
  }
  return means;
}

/** Scores of weighted texts. Its arrays are used again and again: it runs ten thousand times for each run. */
class Scorer {
  readonly #texts: ScoredTexts;
  readonly #bin: Int32Array;
  /** 1 where the text is right, less its probability. */
  readonly #surplus: Float64Array;
  readonly #support: Float64Array;
  readonly #claimed: Float64Array;
  readonly #correct: Float64Array;
  readonly #surplusOfBin = new Float64Array(CALIBRATION_BINS);

  constructor(texts: ScoredTexts) {
    this.#texts = texts;
    const { truth, predicted, probability, labelCount } = texts;
    this.#bin = Int32Array.from(probability, calibrationBin);
    this.#surplus = probability.map((value, i) => (truth[i] === predicted[i] ? 1 : 0) - value);
    this.#support = new Float64Array(labelCount);
    this.#claimed = new Float64Array(labelCount);
    this.#correct = new Float64Array(labelCount);
  }

  score(weights: Float64Array): Record<Measure, number> {
    const { truth, predicted, loss } = this.#texts;
    const [bin, surplus, surplusOfBin] = [this.#bin, this.#surplus, this.#surplusOfBin];
    const [support, claimed, correct] = [this.#support, this.#claimed, this.#correct];
    for (const sums of [support, claimed, correct, surplusOfBin]) sums.fill(0);
    let lossSum = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      const label = truth[i]!;
      support[label]! += weight;
      claimed[predicted[i]!]! += weight;
      if (predicted[i] === label) correct[label]! += weight;
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
