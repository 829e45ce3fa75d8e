/** The answer in five lines: which setting for quality, time, memory, storage, and the cheapest that gives up nothing. */
import { abbreviated, memory, metric, smallPercent } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { beatsMajority, isMeasure, isReference, type View } from "../view.ts";
import {
  againstFull,
  f1Difference,
  isShown,
  least,
  names,
  peakMemory,
  ratioOf,
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
  if (view.trained.length === 0) return [nothing("Best quality")];
  return [bestQuality(view), leastTime(view), leastMemory(view), leastToStore(view), cheapestOfEqual(view)];
}

/** The same with each thing said once: a setting that answers several questions answers them in one line. */
export function shortAnswer(view: View): AnswerLine[] {
  const lines = answer(view);
  if (view.trained.length === 1) return [{ ...joined(lines.slice(0, -1)), question: "What it came to" }];
  return [...groupBy(lines, (line) => line.answer).values()].map(joined);
}

function joined(lines: readonly AnswerLine[]): AnswerLine {
  const [first] = lines;
  if (lines.length === 1) return first!;
  const questions = lines.map(({ question }, i) => (i > 0 ? question[0]!.toLowerCase() + question.slice(1) : question));
  const figures = lines.flatMap(({ figure }) => figure?.split("; ") ?? []);
  // What another figure begins with is part of it.
  const whole = figures.filter(
    (one, i) => !figures.some((other, j) => other.startsWith(one) && (other !== one || j < i)),
  );
  const sentences = lines.flatMap(({ detail }) => detail.split(/(?<=[.!]) (?=\p{Lu})/u));
  const isCompared = sentences.some((sentence) => /^Against (?!it:)/.test(sentence));
  const said = sentences.filter((sentence) => !(isCompared && sentence.startsWith("Against it:")));
  return {
    question: questions.join("; "),
    answer: first!.answer,
    ...(whole.length > 0 && { figure: whole.join("; ") }),
    detail: [...new Set(said)].filter(Boolean).join(" "),
  };
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
  const top = best.f1.map(view.of);
  const onTest = top.includes(setting)
    ? top.length > 1
      ? "and none has more on test"
      : "and the best on test"
    : `while on test ${names(view, top)} ${top.length > 1 ? "have" : "has"} the most, ${metric(top[0]!.test.f1.value)}`;
  const equal = view.trained.filter((other) => other !== setting && other.validation!.f1 === setting.validation!.f1);
  const others = equal.length > 0 ? ` (as ${equal.length > 1 ? "have" : "has"} ${names(view, equal)})` : "";
  const chosen = `It has the best macro F1 on validation, ${metric(setting.validation!.f1)}${others}, ${onTest}. `;
  return {
    question,
    answer: view.name(setting),
    figure: `macro F1 ${metric(f1.value)} on test (95 % interval ${metric(f1.low)} – ${metric(f1.high)}), accuracy ${metric(accuracy.value)}`,
    detail: `${view.trained.length > 1 ? chosen : ""}${againstFull(view, setting)}`,
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

/** Of those that learned anything, the one that costs least; of several that cost the same, the better one. */
function cheapest(
  view: View,
  question: string,
  column: "totalSeconds" | "peakRssBytes" | "trainableParameters",
  figure: (setting: Setting) => string,
): AnswerLine {
  const cost = (setting: Setting) => setting.cost[column];
  const learned = view.trained.filter((setting) => beatsMajority(view, setting));
  const candidates = learned.length > 0 ? learned : view.trained;
  const lowest = Math.min(...candidates.map(cost));
  const all = candidates.filter((setting) => cost(setting) === lowest);
  const setting = least(all, ({ test }) => -test.f1.value);
  if (!setting) return nothing(question);
  const idle = view.trained.filter((other) => cost(other) < lowest);
  const others = all.filter((other) => other !== setting);
  const equal = others.length > 0 ? `${names(view, others)} ${others.length > 1 ? "need" : "needs"} as little.` : "";
  // That there is nothing to hold it against is said once, with the best quality.
  const against = view.comparison.differences.length > 0 ? againstFull(view, setting) : "";
  return {
    question,
    answer: view.name(setting),
    figure: `${figure(setting)}; macro F1 ${metric(setting.test.f1.value)} on test`,
    detail: [against, equal, idleOnes(view, idle)].filter(Boolean).join(" "),
  };
}

function idleOnes(view: View, settings: readonly Setting[]): string {
  if (settings.length === 0) return "";
  const [need, are] = settings.length > 1 ? ["need", "are"] : ["needs", "is"];
  return `${names(view, settings)} ${need} less, but ${are} not shown to do better than always answering the most frequent ${view.multiLabel ? "labels" : "label"}.`;
}

/** Of all settings that are not shown to be worse than full fine-tuning, the one that costs least. */
export function cheapestOfEqual(view: View): AnswerLine {
  const question = "Cheapest without a loss that can be shown";
  const { studies } = view.comparison;
  const full = view.trained.find(isMeasure);
  if (!full) {
    const isPlanned = studies.some(({ runs }) => runs.some(isReference));
    const why = view.trained.some(isReference)
      ? "does not beat the baselines"
      : isPlanned
        ? "has not finished"
        : `is not part of ${studies.length > 1 ? "these studies" : "this study"}`;
    return { question, answer: "Not known", detail: `Full fine-tuning ${why}, so nothing can be held against it.` };
  }
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
          ? `${held.length > 1 ? "Every other setting" : view.name(held[0]!.setting)} is shown to be worse in macro F1 on test.`
          : view.trained.length > 1
            ? "No other setting has its recipe, and a seed in common with it."
            : "Nothing else was trained to hold against it.",
    };
  const { setting, difference } = found;
  const name = view.name(found.full);
  const by = view.timed
    ? ratioOf(setting.cost.totalSeconds, found.full.cost.totalSeconds, `the total time of ${name}`)
    : ratioOf(setting.cost.peakRssBytes, found.full.cost.peakRssBytes, `the peak memory of ${name}`);
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
