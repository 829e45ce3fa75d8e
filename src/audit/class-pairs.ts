/** What confident learning says of classes: how many of their labels are wrong, and which the data cannot tell apart. */
import type { ClassAudit, LabelPair } from "./audit-result.ts";
import type { Judged } from "./confident-learning.ts";

/** `joint` is calibrated: [given, right] in texts. */
export function classAudits(
  labels: readonly string[],
  { probabilities, given, classes }: Judged,
  thresholds: Float64Array,
  joint: readonly (readonly number[])[],
): ClassAudit[] {
  const [texts, errors] = [new Float64Array(classes), new Float64Array(classes)];
  for (let text = 0; text < given.length; text++) {
    const row = probabilities.subarray(text * classes, (text + 1) * classes);
    texts[given[text]!]!++;
    if (row.some((p) => p > row[given[text]!]!)) errors[given[text]!]!++;
  }
  return labels.map((label, k) => ({
    label,
    texts: texts[k]!,
    threshold: thresholds[k]!,
    error: texts[k] === 0 ? 0 : errors[k]! / texts[k]!,
    wrong: texts[k]! - joint[k]![k]!,
  }));
}

/** Pairs that have labels of each other, or of whose texts many look like the other. */
const LEAST_TOLD_APART = 0.9;

export function labelPairs(
  labels: readonly string[],
  judged: Judged,
  joint: readonly (readonly number[])[],
): LabelPair[] {
  const { given, classes, probabilities } = judged;
  const texts = new Float64Array(classes);
  // [given, other]: texts for which the other label is more probable than the given one.
  const lost = Array.from({ length: classes }, () => new Float64Array(classes));
  for (let text = 0; text < given.length; text++) {
    const label = given[text]!;
    const row = probabilities.subarray(text * classes, (text + 1) * classes);
    texts[label]!++;
    for (let k = 0; k < classes; k++) if (row[k]! > row[label]!) lost[label]![k]!++;
  }
  const pairs: LabelPair[] = [];
  for (let i = 0; i < classes; i++)
    for (let j = i + 1; j < classes; j++) {
      if (texts[i] === 0 || texts[j] === 0) continue;
      const wrong = [joint[i]![j]! / texts[i]!, joint[j]![i]! / texts[j]!] as const;
      // Both labels count alike, however many texts they have.
      const toldApart = 1 - (lost[i]![j]! / texts[i]! + lost[j]![i]! / texts[j]!) / 2;
      if (wrong[0] + wrong[1] > 0 || toldApart < LEAST_TOLD_APART)
        pairs.push({ labels: [labels[i]!, labels[j]!], wrong, toldApart });
    }
  return pairs.sort((a, b) => a.toldApart - b.toldApart || b.wrong[0] + b.wrong[1] - a.wrong[0] - a.wrong[1]);
}
