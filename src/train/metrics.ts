/** Classification metrics by scikit-learn's definitions, with zero_division=0. */

export interface ClassMetrics {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Texts that have this label. */
  readonly support: number;
}

export interface ClassificationMetrics {
  /** Texts that got their label; where a text may have any number, all of them and no other. */
  readonly accuracy: number;
  /** Macro averages: means over the labels that occur in truth or prediction. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of all labels of all texts together; only where a text may have any number of labels. */
  readonly microPrecision?: number;
  readonly microRecall?: number;
  readonly microF1?: number;
  /** One entry per label, whether it occurs or not. */
  readonly perClass: readonly ClassMetrics[];
  /** [true label][predicted label] → texts; empty where a text may have any number of labels */
  readonly confusion: readonly (readonly number[])[];
}

/** What is reported of a split. */
export interface SplitMetrics extends ClassificationMetrics {
  /** Mean cross-entropy per text. */
  readonly loss: number;
  /** How far the top label's probability is from how often it is right, by `calibrationError`; not where there may be several. */
  readonly calibrationError?: number;
}

/** Metrics of predicted against true labels, both as indices into `labels`. */
export function classificationMetrics(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: readonly string[],
): ClassificationMetrics {
  const confusion = labels.map(() => new Array<number>(labels.length).fill(0));
  for (let i = 0; i < truth.length; i++) confusion[truth[i]!]![predicted[i]!]!++;
  const rows = labels.map((label, k) => {
    const correct = confusion[k]![k]!;
    const support = confusion[k]!.reduce((a, b) => a + b, 0);
    const claimed = confusion.reduce((sum, row) => sum + row[k]!, 0);
    return {
      occurs: support + claimed > 0,
      metrics: {
        label,
        precision: ratio(correct, claimed),
        recall: ratio(correct, support),
        f1: ratio(2 * correct, support + claimed),
        support,
      },
      correct,
    };
  });
  const occurring = rows.filter(({ occurs }) => occurs).map(({ metrics }) => metrics);
  const correct = rows.reduce((sum, row) => sum + row.correct, 0);
  return {
    accuracy: ratio(correct, truth.length),
    precision: numpyMean(occurring.map(({ precision }) => precision)),
    recall: numpyMean(occurring.map(({ recall }) => recall)),
    f1: numpyMean(occurring.map(({ f1 }) => f1)),
    perClass: rows.map(({ metrics }) => metrics),
    confusion,
  };
}

export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export const numpyMean = (values: readonly number[]): number => ratio(pairwiseSum(values), values.length);

/** NumPy's summation order, so that means agree with scikit-learn's to the last digit. */
function pairwiseSum(values: readonly number[]): number {
  const n = values.length;
  if (n < 8) return values.reduce((a, b) => a + b, 0);
  if (n > 128) {
    const half = Math.floor(n / 2);
    const middle = half - (half % 8);
    return pairwiseSum(values.slice(0, middle)) + pairwiseSum(values.slice(middle));
  }
  const r = values.slice(0, 8);
  let i = 8;
  for (; i < n - (n % 8); i += 8) for (let j = 0; j < 8; j++) r[j]! += values[i + j]!;
  let sum = r[0]! + r[1]! + (r[2]! + r[3]!) + (r[4]! + r[5]! + (r[6]! + r[7]!));
  for (; i < n; i++) sum += values[i]!;
  return sum;
}

/** Mean cross-entropy of logits [texts, labels], in float64. */
export function meanCrossEntropy(logits: Float32Array, truth: ArrayLike<number>, labelCount: number): number {
  let total = 0;
  for (let row = 0; row < truth.length; row++) {
    const values = logits.subarray(row * labelCount, (row + 1) * labelCount);
    const { top, sum } = shiftedSum(values);
    total += Math.log(sum) - (values[truth[row]!]! - top);
  }
  return ratio(total, truth.length);
}

export const CALIBRATION_BINS = 15;

/** Of 15 bins of equal width, that of a probability p: bin m, from 0, holds m/15 < p ≤ (m+1)/15, and the first 0 as well. */
export const calibrationBin = (probability: number): number =>
  Math.max(0, Math.ceil(probability * CALIBRATION_BINS) - 1);

/**
 * Expected calibration error (Guo et al. 2017), in float64: texts go into bins by the probability p of their top label; the
 * difference between accuracy and mean p in each bin, weighted by its share of the texts.
 */
export function calibrationError(logits: Float32Array, truth: ArrayLike<number>, labelCount: number): number {
  const predicted = predictedLabels(logits, labelCount);
  // Right texts minus the sum of their probabilities.
  const surplus = new Array<number>(CALIBRATION_BINS).fill(0);
  for (const [row, label] of predicted.entries()) {
    const probability = 1 / shiftedSum(logits.subarray(row * labelCount, (row + 1) * labelCount)).sum;
    surplus[calibrationBin(probability)]! += (label === truth[row] ? 1 : 0) - probability;
  }
  return ratio(
    surplus.reduce((sum, value) => sum + Math.abs(value), 0),
    truth.length,
  );
}

/** Probabilities of one row of logits, in float64. */
export function softmax(logits: Float32Array): number[] {
  const { top, sum } = shiftedSum(logits);
  return Array.from(logits, (value) => Math.exp(value - top) / sum);
}

/** Σ exp(value - top): shifted by the largest value, so that nothing overflows. */
function shiftedSum(values: Float32Array): { readonly top: number; readonly sum: number } {
  const top = Math.max(...values);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - top);
  return { top, sum };
}

/** Loss and metrics of logits [texts, labels]. */
export function splitMetrics(logits: Float32Array, truth: readonly number[], labels: readonly string[]): SplitMetrics {
  return {
    loss: meanCrossEntropy(logits, truth, labels.length),
    calibrationError: calibrationError(logits, truth, labels.length),
    ...classificationMetrics(truth, predictedLabels(logits, labels.length), labels),
  };
}

/** The label with the largest logit, for each row of [texts, labels]; the first of equals. */
export function predictedLabels(logits: Float32Array, labelCount: number): number[] {
  return Array.from({ length: logits.length / labelCount }, (_, row) => {
    let best = 0;
    for (let label = 1; label < labelCount; label++)
      if (logits[row * labelCount + label]! > logits[row * labelCount + best]!) best = label;
    return best;
  });
}
