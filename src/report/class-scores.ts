/** Scores of classes and what is taken for what, over a setting's seeds. */
import type { Setting } from "../comparison/comparison.ts";
import type { ClassMetrics } from "../train/metrics.ts";
import type { View } from "./view.ts";

/** Means over seeds, in the order of labels. */
export function classScores({ runs }: Setting): ClassMetrics[] {
  const all = runs.map(({ test }) => test.perClass);
  const mean = (k: number, of: (one: ClassMetrics) => number) =>
    all.reduce((sum, one) => sum + of(one[k]!), 0) / all.length;
  return all[0]!.map(({ label, support }, k) => ({
    label,
    support,
    precision: mean(k, ({ precision }) => precision),
    recall: mean(k, ({ recall }) => recall),
    f1: mean(k, ({ f1 }) => f1),
  }));
}

/** Texts by true and predicted label, over all seeds. */
export function confusionMatrix({ runs }: Setting): number[][] {
  const size = runs[0]!.test.confusion.length;
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => runs.reduce((sum, { test }) => sum + test.confusion[i]![j]!, 0)),
  );
}

export interface Confusion {
  readonly truth: string;
  readonly predicted: string;
  /** Over all seeds. */
  readonly count: number;
  /** Of all texts with that true label. */
  readonly share: number;
}

/** Wrong answers by pair of labels, the most frequent first. */
export function confusions(setting: Setting): Confusion[] {
  const labels = setting.runs[0]!.test.perClass.map(({ label }) => label);
  return confusionMatrix(setting)
    .flatMap((row, i) => {
      const texts = row.reduce((a, b) => a + b, 0);
      return row.flatMap((count, j) =>
        i === j || count === 0 ? [] : [{ truth: labels[i]!, predicted: labels[j]!, count, share: count / texts }],
      );
    })
    .toSorted((a, b) => b.count - a.count);
}

/** Training texts by label, where they are known. */
export const trainingTexts = ({ comparison }: View): readonly number[] | undefined => comparison.data.counts.train;
