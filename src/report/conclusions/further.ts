/** Rules on what else the numbers show: ranks, calibration, hard texts, faults of the data, runs that are missing. */
import { grouped, metric, percent, plural } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { failureOf } from "../../comparison/failed-settings.ts";
import { rankName } from "../view.ts";
import type { Rule } from "./rule.ts";
import { least, most } from "./wording.ts";

/** The rule and its numbers, as they were computed. */
export const rank: Rule = ({ comparison, recipes }) =>
  comparison.ranks.map(
    ({ recipe, method, reason }) => `${rankName(method)}${recipes.length > 1 ? ` (${recipe})` : ""}: ${reason}`,
  );

/** Whose probabilities can be believed. */
export const calibration: Rule = ({ leading, name, multiLabel }) => {
  if (multiLabel) return undefined;
  const error = ({ test }: Setting) => test.calibrationError!.value;
  const [low, high] = [least(leading, error), most(leading, error)];
  if (!low || !high || low === high) return undefined;
  return `Probabilities are most to be believed with ${name(low)} (calibration error ${metric(error(low))}) and least with ${name(high)} (${metric(error(high))}).`;
};

/** Above this share of the test texts, being wrong says more of the methods than of the texts. */
const MANY = 0.25;

/** Texts that nothing helps with, if at least two settings have learned: a limit of the data rather than of a method. */
export const hardTexts: Rule = ({ comparison, trained, settings }) => {
  const texts = settings[0]?.runs[0]?.testTexts ?? 0;
  const wrong = comparison.allWrong.length;
  if (trained.length < 2 || wrong === 0) return undefined;
  const found = `${plural(wrong, "test text")} of ${grouped(texts)} (${percent(wrong / texts)}) ${wrong === 1 ? "is" : "are"} wrong in every setting`;
  const learned = trained.filter((setting) => !failureOf(setting)).length;
  if (learned < 2)
    return `${found}: as ${learned === 0 ? "none" : "only one"} of them beats the baselines, that says nothing of the texts.`;
  return wrong / texts > MANY
    ? `${found}: so many that no method here has learned enough to say which texts are hard.`
    : `${found}: ambiguous or wrongly labelled texts set a limit that no method here passes.`;
};

export const repeatedTexts: Rule = ({ comparison: { data } }) => {
  const { duplicates, counts } = data;
  if (!duplicates) return undefined;
  const test = counts.test?.reduce((a, b) => a + b, 0);
  const said = [
    duplicates.trainTest > 0 &&
      `${plural(duplicates.trainTest, "test text")}${test ? ` (${percent(duplicates.trainTest / test)})` : ""} also ${duplicates.trainTest === 1 ? "stands" : "stand"} in the training texts, so figures on test are a little too good`,
    duplicates.contradictions > 0 &&
      `${plural(duplicates.contradictions, "text")} ${duplicates.contradictions === 1 ? "stands" : "stand"} with more than one label, which nobody can get right every time`,
  ].filter((part) => part !== false);
  return said.length > 0 ? `In the data, ${said.join("; ")}.` : undefined;
};

const NOTEWORTHY_CUT = 0.01;
export const cutTexts: Rule = ({ comparison: { data } }) =>
  data.cutShare !== undefined && data.cutShare > NOTEWORTHY_CUT
    ? `${percent(data.cutShare)} of the texts are longer than the limit and were cut; a larger --max-length may help.`
    : undefined;

export const unfinished: Rule = ({ settings, comparison: { failed, missing } }) => {
  const finished = settings.reduce((sum, { runs }) => sum + runs.length, 0);
  const said = [
    failed.length > 0 && `${plural(failed.length, "run")} failed`,
    missing.length > 0 && `${plural(missing.length, "run")} ${missing.length === 1 ? "has" : "have"} not ended yet`,
  ].filter((part) => part !== false);
  return said.length > 0
    ? `${said.join(", and ")}: what is said here is of the ${finished === 1 ? "one finished run" : "finished runs"} alone.`
    : undefined;
};

export const further: readonly Rule[] = [rank, calibration, hardTexts, repeatedTexts, cutTexts, unfinished];
