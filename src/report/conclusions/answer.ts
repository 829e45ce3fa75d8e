/** The answer in five lines: which setting for quality, time, memory, storage, and the cheapest that gives up nothing. */
import { abbreviated, memory, metric, smallPercent } from "../../base/format.ts";
import type { Setting } from "../../experiment/comparison.ts";
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
  /** A setting, or why there is none. */
  readonly answer: string;
  /** The figure that decides. */
  readonly figure?: string;
  /** What it costs against full fine-tuning, and how it was chosen. */
  readonly detail: string;
}

export function answer(view: View): AnswerLine[] {
  return [bestQuality(view), leastTime(view), leastMemory(view), leastToStore(view), cheapestOfEqual(view)];
}

const nothing = (question: string): AnswerLine => ({
  question,
  answer: "Nothing was trained",
  detail: "There is no finished run that trains anything.",
});

export function bestQuality(view: View): AnswerLine {
  const question = "Best quality";
  const { recommended, best } = view.comparison;
  if (!recommended) return nothing(question);
  const setting = view.of(recommended.chosen);
  const { f1, accuracy } = setting.test;
  const onTest = best.f1.includes(setting.id)
    ? "and the best on test"
    : `while on test ${names(view, best.f1.map(view.of))} has the most, ${metric(view.of(best.f1[0]!).test.f1.value)}`;
  return {
    question,
    answer: view.name(setting),
    figure: `macro F1 ${metric(f1.value)} on test (95 % interval ${metric(f1.low)} – ${metric(f1.high)}), accuracy ${metric(accuracy.value)}`,
    detail: `It has the best macro F1 on validation, ${metric(setting.validation!.f1)}, ${onTest}. ${againstFull(view, setting)}`,
  };
}

export function leastTime(view: View): AnswerLine {
  const question = "Least time";
  const { timesComparable } = view.comparison;
  if (!timesComparable.comparable)
    return { question, answer: "Not compared", detail: `Times cannot be compared: ${timesComparable.reason}.` };
  const figure = (setting: Setting) => `${totalTime(setting)} in total, ${trainTime(setting)} of it training steps`;
  return cheapest(view, question, "totalSeconds", figure);
}

export const leastMemory = (view: View): AnswerLine =>
  cheapest(view, "Least memory", "peakRssBytes", (setting) => `${peakMemory(setting)} at its peak`);

export function leastToStore(view: View): AnswerLine {
  const figure = ({ cost }: Setting) =>
    `${abbreviated(cost.trainableParameters)} parameters, ${smallPercent(cost.trainableParameters / cost.totalParameters)} of all; ${memory(cost.storedBytes)} for each task`;
  return cheapest(view, "Least to train and store", "trainableParameters", figure);
}

/** Of several that cost the same, the better one. */
function cheapest(
  view: View,
  question: string,
  column: "totalSeconds" | "peakRssBytes" | "trainableParameters",
  figure: (setting: Setting) => string,
): AnswerLine {
  const all = view.comparison.best[column].map(view.of);
  const setting = least(all, ({ test }) => -test.f1.value);
  if (!setting) return nothing(question);
  const others = all.filter((other) => other !== setting);
  const equal = others.length > 0 ? ` ${names(view, others)} ${others.length > 1 ? "need" : "needs"} as little.` : "";
  return {
    question,
    answer: view.name(setting),
    figure: `${figure(setting)}; macro F1 ${metric(setting.test.f1.value)} on test`,
    detail: `${againstFull(view, setting)}${equal}`,
  };
}

/** Of all settings that are not shown to be worse than full fine-tuning, the one that costs least. */
export function cheapestOfEqual(view: View): AnswerLine {
  const question = "Cheapest without a loss that can be shown";
  const full = view.trained.find(({ method }) => method === "full");
  if (!full)
    return {
      question,
      answer: "Not known",
      detail: "Full fine-tuning is not part of this study, so there is nothing to hold the others against.",
    };
  const held = view.trained.flatMap((setting) => {
    const against = view.against(setting);
    return against ? [{ setting, ...against }] : [];
  });
  const found = least(
    held.filter(({ difference }) => !isShown(difference) || difference.f1 > 0),
    ({ setting: { cost } }) => (view.timed ? cost.totalSeconds : cost.peakRssBytes),
  );
  if (!found)
    return {
      question,
      answer: view.name(full),
      detail:
        held.length > 0
          ? "Every other setting is shown to be worse in macro F1 on test."
          : "Nothing else was trained to hold against it.",
    };
  const { setting, difference } = found;
  const by = view.timed
    ? `${times(setting.cost.totalSeconds, found.full.cost.totalSeconds)} the total time of ${view.name(found.full)}`
    : `${times(setting.cost.peakRssBytes, found.full.cost.peakRssBytes)} the peak memory of ${view.name(found.full)}`;
  const gain = isShown(difference)
    ? "It is shown to be better."
    : "That none can be shown does not prove that there is none.";
  return {
    question,
    answer: view.name(setting),
    figure: by,
    detail: `Against it: ${f1Difference(difference)}. ${gain}`,
  };
}
