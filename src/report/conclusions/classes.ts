/** Rules on classes: which suffer, whether size is why, what is taken for what. */

import { isolated } from "../../base/escape.ts";
import { grouped, metric, percent } from "../../base/format.ts";
import { classScores, confusions, trainingTexts } from "../class-scores.ts";
import type { Rule } from "./rule.ts";
import { least, most } from "./wording.ts";

/** So far below the macro average, or below this at all, a class suffers. */
const BEHIND = 0.1;
const LOW = 0.5;
const MOST_NAMED = 5;

/** Of what is recommended: classes far below its average, with their size. */
export const suffering: Rule = (view) => {
  const { recommended } = view.comparison;
  if (!recommended) return undefined;
  const setting = view.of(recommended.chosen);
  const sizes = trainingTexts(view);
  const weak = classScores(setting)
    .map((one, i) => ({ ...one, size: sizes?.[i] }))
    .filter(({ f1, support }) => support > 0 && (f1 < LOW || f1 < setting.test.f1.value - BEHIND))
    .toSorted((a, b) => a.f1 - b.f1);
  if (weak.length === 0)
    return `With ${view.name(setting)} no class falls more than ${BEHIND} below its macro F1 of ${metric(setting.test.f1.value)}.`;
  const said = weak.slice(0, MOST_NAMED).map(({ label, f1, size }) => {
    const trained = size === undefined ? "" : `, ${grouped(size)} training texts`;
    return `${isolated(label)} (F1 ${metric(f1)}${trained})`;
  });
  const others = weak.length > MOST_NAMED ? `, and ${weak.length - MOST_NAMED} more` : "";
  const which = weak.length > 1 ? "these classes suffer" : "this class suffers";
  return `With ${view.name(setting)}, ${which}, measured by its macro F1 of ${metric(setting.test.f1.value)}: ${said.join(", ")}${others}.`;
};

/** Whether small classes are the weak ones: Spearman's rank correlation over classes. */
const ENOUGH_CLASSES = 5;
const STRONG = 0.6;
export const sizeMatters: Rule = (view) => {
  const scores = view.trained.map(classScores);
  // What is not in test has no score.
  const inTest = scores[0] ? [...scores[0].keys()].filter((k) => scores[0]![k]!.support > 0) : [];
  const all = trainingTexts(view);
  if (!all || inTest.length < ENOUGH_CLASSES) return undefined;
  const sizes = inTest.map((k) => all[k]!);
  const f1 = inTest.map((k) => scores.reduce((sum, one) => sum + one[k]!.f1, 0) / scores.length);
  const correlation = spearman(sizes, f1);
  if (Math.abs(correlation) < STRONG) return undefined;
  return correlation > 0
    ? `Classes with more training texts are recognized better: over classes, Spearman's correlation of size and mean F1 is ${correlation.toFixed(2)}.`
    : `Classes with fewer training texts are recognized better, against expectation: over classes, Spearman's correlation of size and mean F1 is ${correlation.toFixed(2).replace("-", "−")}.`;
};

/** Classes that a setting never answers, though they occur. */
export const neverAnswered: Rule = (view) => {
  const found = view.trained.flatMap((setting) => {
    const missing = classScores(setting).filter(
      ({ support, recall, precision }) => support > 0 && recall === 0 && precision === 0,
    );
    return missing.length > 0
      ? [{ name: view.name(setting), labels: missing.map(({ label }) => isolated(label)) }]
      : [];
  });
  if (found.length === 0) return undefined;
  const said = found.map(({ name, labels }) => {
    const shown = labels.slice(0, MOST_NAMED).join(", ");
    return `${name} (${shown}${labels.length > MOST_NAMED ? `, and ${labels.length - MOST_NAMED} more` : ""})`;
  });
  const count = new Set(found.flatMap(({ labels }) => labels)).size;
  return `${count > 1 ? "Some classes are" : "One class is"} never, or never rightly, answered: ${said.join("; ")}. Accuracy hides this; macro F1 does not.`;
};

/** Of what is recommended: the confusion that costs the largest share of a class. */
export const confusion: Rule = (view) => {
  const { recommended } = view.comparison;
  if (!recommended) return undefined;
  const setting = view.of(recommended.chosen);
  const worst = most(confusions(setting), ({ count }) => count);
  if (!worst || worst.count < 1) return undefined;
  return `Most often ${isolated(worst.truth)} is taken for ${isolated(worst.predicted)}: ${percent(worst.share)} of its test texts with ${view.name(setting)}.`;
};

/** For each small class, who does best with it: where macro F1 is decided. */
export const smallestClass: Rule = (view) => {
  const sizes = trainingTexts(view);
  const smallest = sizes && least([...sizes.keys()], (k) => sizes[k]!);
  if (smallest === undefined || view.leading.length < 2) return undefined;
  const f1 = (setting: (typeof view.leading)[number]) => classScores(setting)[smallest]!.f1;
  const [top, low] = [most(view.leading, f1)!, least(view.leading, f1)!];
  if (f1(top) === f1(low)) return undefined;
  const label = classScores(top)[smallest]!.label;
  return `The smallest class, ${isolated(label)} (${grouped(sizes![smallest]!)} training texts), is recognized best by ${view.name(top)} (F1 ${metric(f1(top))}) and worst by ${view.name(low)} (${metric(f1(low))}).`;
};

/** Pearson's correlation of ranks, equal values having the mean of theirs. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const center = (a.length - 1) / 2;
  const sum = (of: (i: number) => number) => x.reduce((total, _, i) => total + of(i), 0);
  const spread = Math.sqrt(sum((i) => (x[i]! - center) ** 2) * sum((i) => (y[i]! - center) ** 2));
  return spread === 0 ? 0 : sum((i) => (x[i]! - center) * (y[i]! - center)) / spread;
}

const ranks = (values: readonly number[]): number[] =>
  values.map(
    (value) =>
      values.filter((other) => other < value).length + (values.filter((other) => other === value).length - 1) / 2,
  );

export const classes: readonly Rule[] = [suffering, sizeMatters, smallestClass, neverAnswered, confusion];
