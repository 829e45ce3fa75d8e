/** The answer in five lines: which setting for quality, time, memory, storage, and the cheapest that gives up nothing. */
import { abbreviated, memory, metric, percent } from "../../base/format.ts";
import type { Estimate, Setting } from "../../experiment/comparison.ts";
import type { View } from "../view.ts";
import {
  againstFull,
  f1Difference,
  isShown,
  least,
  names,
  peakMemory,
  times,
  totalTime,
  trainTime,
} from "./wording.ts";

export interface AnswerLine {
  readonly question: string;
  readonly answer: string;
  readonly reason: string;
}

export function answer(view: View): AnswerLine[] {
  return [bestQuality(view), leastTime(view), leastMemory(view), leastToStore(view), cheapestOfEqual(view)];
}

const interval = ({ value, low, high }: Estimate): string =>
  `${metric(value)} (95 % interval ${metric(low)} – ${metric(high)})`;

export function bestQuality(view: View): AnswerLine {
  const question = "Best quality";
  const { recommended, best } = view.comparison;
  if (!recommended)
    return { question, answer: "Nothing was trained", reason: "There is no finished run that trains anything." };
  const setting = view.of(recommended.chosen);
  const onTest = best.f1.includes(setting.id)
    ? "the best of all there, too"
    : `the best there is ${names(view, best.f1.map(view.of))} with ${metric(view.of(best.f1[0]!).test.f1.value)}`;
  return {
    question,
    answer: view.name(setting),
    reason: `Chosen on validation (macro F1 ${metric(setting.validation!.f1)}). On test: macro F1 ${interval(setting.test.f1)}, accuracy ${metric(setting.test.accuracy.value)}; ${onTest}. ${againstFull(view, setting)}`,
  };
}

export function leastTime(view: View): AnswerLine {
  const question = "Least time";
  const { timesComparable } = view.comparison;
  if (!timesComparable.comparable)
    return { question, answer: "Not compared", reason: `Times cannot be compared: ${timesComparable.reason}.` };
  return cheapest(
    view,
    question,
    "totalSeconds",
    (setting) => `${totalTime(setting)} in total, ${trainTime(setting)} of it training steps`,
  );
}

export const leastMemory = (view: View): AnswerLine =>
  cheapest(view, "Least memory", "peakRssBytes", (setting) => `${peakMemory(setting)} at its peak`);

export const leastToStore = (view: View): AnswerLine =>
  cheapest(
    view,
    "Least to train and store",
    "trainableParameters",
    ({ cost }) =>
      `${abbreviated(cost.trainableParameters)} parameters, ${percent(cost.trainableParameters / cost.totalParameters)} of the model; ${memory(cost.storedBytes)} for each task`,
  );

function cheapest(
  view: View,
  question: string,
  column: "totalSeconds" | "peakRssBytes" | "trainableParameters",
  figure: (setting: Setting) => string,
): AnswerLine {
  const all = view.comparison.best[column].map(view.of);
  const setting = all.reduce<Setting | undefined>(
    (a, b) => (a && a.test.f1.value >= b.test.f1.value ? a : b),
    undefined,
  );
  if (!setting)
    return { question, answer: "Nothing was trained", reason: "There is no finished run that trains anything." };
  const equal =
    all.length > 1
      ? ` ${names(
          view,
          all.filter((other) => other !== setting),
        )} ${all.length > 2 ? "need" : "needs"} no more.`
      : "";
  return {
    question,
    answer: view.name(setting),
    reason: `${figure(setting)}. Macro F1 on test ${metric(setting.test.f1.value)}. ${againstFull(view, setting)}${equal}`,
  };
}

/** Of all settings that are not shown to be worse than full fine-tuning, the one that costs least. */
export function cheapestOfEqual(view: View): AnswerLine {
  const question = "Cheapest without a loss that can be shown";
  const held = view.trained.flatMap((setting) => {
    const against = view.against(setting);
    return against && !(isShown(against.difference) && against.difference.f1 < 0) ? [{ setting, ...against }] : [];
  });
  const cost = ({ setting }: { setting: Setting }) =>
    view.timed ? setting.cost.totalSeconds : setting.cost.peakRssBytes;
  const found = least(held, cost);
  if (!found) {
    const hasFull = view.trained.some(({ method }) => method === "full");
    return {
      question,
      answer: hasFull && view.comparison.differences.length > 0 ? "Full fine-tuning" : "Not known",
      reason: hasFull
        ? view.comparison.differences.length > 0
          ? "Every other method is shown to be worse on test macro F1."
          : "Nothing else was trained to hold against full fine-tuning."
        : "Full fine-tuning is not part of this study, so there is nothing to hold the others against.",
    };
  }
  const { setting, full, difference } = found;
  const by = view.timed
    ? `${times(setting.cost.totalSeconds, full.cost.totalSeconds)} the total time of ${view.name(full)}`
    : `${times(setting.cost.peakRssBytes, full.cost.peakRssBytes)} the peak memory of ${view.name(full)}`;
  const gain = isShown(difference) ? "shown to be better" : "which does not prove them equal";
  return { question, answer: view.name(setting), reason: `It takes ${by}: ${f1Difference(difference)}, ${gain}.` };
}
