/** Metrics of texts with any number of labels, by scikit-learn's definitions, and the thresholds that decide labels. */
import { type ClassificationMetrics, numpyMean, ratio, type SplitMetrics } from "./metrics.ts";

/** Probability of a label from its logit, without overflow. */
export const sigmoid = (logit: number): number =>
  logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));

/** Labels of each row of logits [texts, labels] whose probability reaches their threshold. */
export function labelsAbove(logits: Float32Array, thresholds: readonly number[]): number[][] {
  const count = thresholds.length;
  return Array.from({ length: logits.length / count }, (_, row) =>
    thresholds.flatMap((threshold, k) => (sigmoid(logits[row * count + k]!) >= threshold ? [k] : [])),
  );
}

/** Mean binary cross-entropy over texts and labels, in float64. */
export function meanBinaryCrossEntropy(
  logits: Float32Array,
  truths: readonly (readonly number[])[],
  labelCount: number,
) {
  let total = 0;
  for (const [row, labels] of truths.entries())
    for (let k = 0; k < labelCount; k++) {
      const x = logits[row * labelCount + k]!;
      total += Math.max(x, 0) - (labels.includes(k) ? x : 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
  return ratio(total, truths.length * labelCount);
}

/** Loss and metrics of logits [texts, labels]. */
export function multiLabelMetrics(
  logits: Float32Array,
  truths: readonly (readonly number[])[],
  labels: readonly string[],
  thresholds: readonly number[],
): SplitMetrics {
  return {
    loss: meanBinaryCrossEntropy(logits, truths, labels.length),
    ...metricsOfDecisions(labelsAbove(logits, thresholds), truths, labels),
  };
}

/** Metrics of the labels that were decided on for each text; accuracy counts texts all of whose labels are right. */
export function metricsOfDecisions(
  predicted: readonly (readonly number[])[],
  truths: readonly (readonly number[])[],
  labels: readonly string[],
): ClassificationMetrics {
  const counts = labels.map(() => ({ correct: 0, support: 0, claimed: 0 }));
  let right = 0;
  for (const [row, truth] of truths.entries()) {
    const said = predicted[row]!;
    for (const k of truth) counts[k]!.support++;
    for (const k of said) counts[k]!.claimed++;
    const correct = said.filter((k) => truth.includes(k));
    for (const k of correct) counts[k]!.correct++;
    if (correct.length === said.length && said.length === truth.length) right++;
  }
  const scores = ({ correct, support, claimed }: (typeof counts)[number]) => ({
    precision: ratio(correct, claimed),
    recall: ratio(correct, support),
    f1: ratio(2 * correct, support + claimed),
  });
  const perClass = labels.map((label, k) => ({ label, ...scores(counts[k]!), support: counts[k]!.support }));
  const sum = (key: keyof (typeof counts)[number]) => counts.reduce((total, count) => total + count[key], 0);
  const micro = scores({ correct: sum("correct"), support: sum("support"), claimed: sum("claimed") });
  return {
    accuracy: ratio(right, truths.length),
    precision: numpyMean(perClass.map(({ precision }) => precision)),
    recall: numpyMean(perClass.map(({ recall }) => recall)),
    f1: numpyMean(perClass.map(({ f1 }) => f1)),
    microPrecision: micro.precision,
    microRecall: micro.recall,
    microF1: micro.f1,
    perClass,
    confusion: [],
  };
}

/**
 * For each label the threshold with the highest F1: halfway between two neighbouring probabilities, of equals the one
 * nearest to 0.5. A label that no text has keeps 0.5.
 */
export function chooseThresholds(
  logits: Float32Array,
  truths: readonly (readonly number[])[],
  labelCount: number,
): number[] {
  return Array.from({ length: labelCount }, (_, k) => {
    const rows = truths.map((labels, row) => ({
      probability: sigmoid(logits[row * labelCount + k]!),
      has: labels.includes(k),
    }));
    const support = rows.filter(({ has }) => has).length;
    if (support === 0) return 0.5;
    rows.sort((a, b) => b.probability - a.probability);
    let best = { f1: 0, threshold: 0.5 };
    let correct = 0;
    for (const [i, { probability, has }] of rows.entries()) {
      if (has) correct++;
      const next = rows[i + 1]?.probability ?? 0;
      if (next === probability) continue;
      // Of all thresholds between the two, 0.5 where it is one of them.
      const threshold = next < 0.5 && 0.5 <= probability ? 0.5 : (probability + next) / 2;
      const f1 = (2 * correct) / (support + i + 1);
      const isNearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
      if (f1 > best.f1 || (f1 === best.f1 && isNearer)) best = { f1, threshold };
    }
    return best.threshold;
  });
}
