/** Rules on quality: who is best, who differs from full fine-tuning, what a fair learning rate changes. */
import { metric, probability, signed } from "../../base/format.ts";
import type { Estimate, Setting } from "../../comparison/comparison.ts";
import { methodTitle, type View } from "../view.ts";
import type { Rule } from "./rule.ts";
import { foldedNames, inARow, isShown, least, most, names, SIGNIFICANCE } from "./wording.ts";

const f1 = ({ test }: Setting): number => test.f1.value;

/** The choice on validation, with its numbers, and whether test agrees. */
export const bestSetting: Rule = ({ comparison, of, name, trained }) => {
  if (!comparison.recommended || trained.length < 2) return undefined;
  const chosen = of(comparison.recommended.chosen);
  const top = most(trained, f1)!;
  const isAlone = trained.filter((setting) => f1(setting) === f1(top)).length === 1;
  const onTest =
    f1(top) === f1(chosen)
      ? `On test ${isAlone ? "it is the best, too, with macro F1" : "none has more than its macro F1 of"} ${metric(f1(chosen))}.`
      : `On test it has macro F1 ${metric(f1(chosen))}; ${name(top)} has the most there, ${metric(f1(top))}.`;
  return `${comparison.recommended.reason} ${onTest}`;
};

/** Holm-corrected differences, for each full fine-tuning that others are held against. */
export const againstFullFineTuning: Rule = (view) => {
  const { differences } = view.comparison;
  const references = [...new Set(differences.map(({ against }) => against))];
  return references.map((reference) => {
    const held = differences.filter(({ against }) => against === reference);
    const group = (found: typeof held) =>
      inARow(foldedNames(found.map(({ setting }) => view.shortName(view.of(setting)))));
    const better = held.filter((one) => isShown(one) && one.f1 > 0);
    const worse = held.filter((one) => isShown(one) && one.f1 < 0);
    const open = held.filter((one) => !isShown(one));
    const largest = Math.max(...[...better, ...worse].map(({ f1AdjustedP }) => f1AdjustedP));
    const shown = [
      better.length > 0 && `${group(better)} ${better.length > 1 ? "are" : "is"} better`,
      worse.length > 0 && `${group(worse)} ${worse.length > 1 ? "are" : "is"} worse`,
    ].filter((part) => part !== false);
    const count = better.length + worse.length;
    const atMost = count > 1 && largest >= 0.001 ? " or less" : "";
    const p = ` (${probability(largest)}${atMost} after Holm's correction)`;
    const said = [
      count > 0 && `${shown.join(", and ")}${p}`,
      open.length > 0 && `for ${group(open)} no difference can be shown`,
    ].filter((part) => part !== false);
    return `Against ${view.name(view.of(reference))}, by macro F1 on test: ${said.join("; ")}.`;
  });
};

/** Where accuracy tells more, or less, than macro F1. */
export const accuracyDisagrees: Rule = (view) => {
  const odd = view.comparison.differences.filter((one) => one.accuracyAdjustedP < SIGNIFICANCE !== isShown(one));
  const group = (found: typeof odd) =>
    names(
      view,
      found.map(({ setting }) => view.of(setting)),
    );
  const onlyAccuracy = odd.filter((one) => !isShown(one));
  const onlyF1 = odd.filter(isShown);
  return [
    ...(onlyAccuracy.length > 0
      ? [
          `In accuracy (exact McNemar test), a difference to full fine-tuning can be shown for ${group(onlyAccuracy)}, in macro F1 it cannot.`,
        ]
      : []),
    ...(onlyF1.length > 0
      ? [
          `In macro F1 a difference to full fine-tuning can be shown for ${group(onlyF1)}, in accuracy (exact McNemar test) it cannot.`,
        ]
      : []),
  ];
};

/** Settings that learned no more than which label is frequent. */
export const noBetterThanMajority: Rule = (view) => {
  const { majorityAccuracy } = view.comparison.data;
  if (majorityAccuracy === undefined) return undefined;
  const always = `always answering the most frequent ${view.multiLabel ? "labels" : "label"} (accuracy ${metric(majorityAccuracy)})`;
  return notBeating(view, always, majorityAccuracy, ({ test }) => test.accuracy);
};

/** Settings for which counting words would do as well. */
export const noBetterThanBagOfWords: Rule = (view) => {
  const { bagOfWords } = view.comparison.data;
  if (!bagOfWords) return undefined;
  const what = `logistic regression on word counts (macro F1 ${metric(bagOfWords.f1)})`;
  const said = notBeating(view, what, bagOfWords.f1, ({ test }) => test.f1);
  const none = view.trained.length > 1 && view.trained.every(({ test }) => test.f1.low <= bagOfWords.f1);
  return said && [...said, ...(none ? ["No setting is shown to beat it."] : [])];
};

/** What is worse than a baseline, and what the interval over test texts, or seeds, does not tell from it. */
function notBeating(view: View, baseline: string, score: number, of: (setting: Setting) => Estimate) {
  const found = view.trained.filter((setting) => of(setting).low <= score);
  if (found.length === 0) return undefined;
  const isBelow = (setting: Setting) => of(setting).high < score;
  const below = found.filter(isBelow);
  const equal = found.filter((setting) => !isBelow(setting));
  return [
    ...(below.length > 0
      ? [`${names(view, below)} ${below.length === 1 ? "does" : "do"} worse than ${baseline}.`]
      : []),
    ...(equal.length > 0 ? [`${names(view, equal)} cannot be told from ${baseline}.`] : []),
  ];
}

/** With two recipes: what changes for each method when it gets options of its own. */
export const fairOptions: Rule = ({ leading }) => {
  const pairs = leading.flatMap((controlled) => {
    if (controlled.recipe !== "controlled") return [];
    const tuned = leading.find(({ recipe, method }) => recipe === "tuned" && method === controlled.method);
    return tuned ? [{ method: controlled.method, from: f1(controlled), to: f1(tuned) }] : [];
  });
  if (pairs.length === 0) return undefined;
  const change = ({ from, to }: (typeof pairs)[number]) => to - from;
  const said = pairs
    .toSorted((a, b) => change(b) - change(a))
    .map((pair) => `${methodTitle(pair.method)} ${metric(pair.from)} → ${metric(pair.to)} (${signed(change(pair))})`);
  const changes = `What a fair learning rate changes in macro F1 on test, from the controlled to the tuned recipe: ${said.join(", ")}`;
  const rank = (of: (pair: (typeof pairs)[number]) => number) =>
    pairs.toSorted((a, b) => of(b) - of(a)).map(({ method }) => method);
  const [before, after] = [rank(({ from }) => from), rank(({ to }) => to)];
  if (pairs.length === 1) return `${changes}.`;
  const order = before.every((method, i) => method === after[i])
    ? "The order of the methods stays the same."
    : `The order of the methods changes: ${before.map(methodTitle).join(" > ")} under one learning rate for all, ${after.map(methodTitle).join(" > ")} with each its own.`;
  return `${changes}. ${order}`;
};

/** How far the seeds are apart, and that one seed says nothing of it. */
export const seeds: Rule = ({ trained, name }) => {
  const several = trained.filter(({ test }) => test.f1.standardDeviation !== undefined);
  if (several.length === 0) {
    if (trained.length === 0) return undefined;
    const all = new Set(trained.flatMap(({ runs }) => runs.map(({ planned }) => planned.seed)));
    return `${all.size === 1 ? "One seed was run" : "Each setting was run with one seed"}: the intervals are over test texts and do not contain how much another seed would change.`;
  }
  const deviation = ({ test }: Setting) => test.f1.standardDeviation!;
  const [steady, wild] = [least(several, deviation)!, most(several, deviation)!];
  if (several.length === 1)
    return `Between the seeds of ${name(steady)}, the standard deviation of macro F1 is ${metric(deviation(steady))}.`;
  if (steady === wild)
    return `Between seeds, the standard deviation of macro F1 is ${metric(deviation(steady))} in every setting with several.`;
  return `Between seeds, the standard deviation of macro F1 lies between ${metric(deviation(steady))} (${name(steady)}) and ${metric(deviation(wild))} (${name(wild)}).`;
};

export const quality: readonly Rule[] = [
  bestSetting,
  againstFullFineTuning,
  accuracyDisagrees,
  noBetterThanMajority,
  noBetterThanBagOfWords,
  fairOptions,
  seeds,
];
