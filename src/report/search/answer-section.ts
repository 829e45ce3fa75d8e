/** The answer of a search: what to train with, how good it is, and what it cost to find. */

import { optionInWords } from "../../base/command-text.ts";
import { metric, plural } from "../../base/format.ts";
import { type Block, type Fact, paragraph, quoted, type Section, strong, type Text } from "../../document/document.ts";
import { metricTitle, scoreText } from "../../search/score-words.ts";
import { trainCommand } from "../../search/trial-run.ts";
import type { RatedTrial, ReportedSearch } from "./reported-search.ts";
import { searchCost } from "./search-cost.ts";

export function answerSection(view: ReportedSearch): Section {
  const [best] = view.rated;
  return { id: "answer", title: "The answer", blocks: [...unfinished(view), ...(best ? found(view, best) : [])] };
}

function unfinished({ state, rated }: ReportedSearch): Block[] {
  const underWay = state.trials.filter((trial) => trial.underWay !== undefined).length;
  const progress = state.end
    ? state.test || rated.length === 0
      ? undefined
      : "The search is over, but its best trial is not finished yet, so that there is no figure on test."
    : `The search has not come to its end: ${plural(state.trials.length, "trial")} so far, ${underWay} of them under way.`;
  return [
    ...(progress ? [paragraph([strong(progress)])] : []),
    ...(rated.length > 0
      ? []
      : [paragraph(state.steps.length > 0 ? "Every trial has failed." : "No trial has come to a rung.")]),
  ];
}

function found(view: ReportedSearch, best: RatedTrial): Block[] {
  const { search, state, rated, mostEpochs } = view;
  const name = metricTitle(search);
  const guess = rated.find(({ from, values }) => from === "recipe" && values.method === best.values.method);
  const items: Fact[] = [
    [
      "Best on validation",
      [strong(`${name} ${scoreText(search, best.score)}`), `: ${best.trial}, epoch ${best.bestEpoch} of ${mostEpochs}`],
      rated.length > 1 ? "By this figure it was chosen, so it looks a little better than it is." : "",
    ],
    ["Its values", valuesText(best)],
  ];
  if (guess && guess !== best)
    items.push([
      "The recipe's values",
      `${name} ${scoreText(search, guess.score)} on validation, in ${plural(guess.scores.length, "epoch")}`,
    ]);
  if (state.test) {
    const { f1, accuracy, loss } = state.test.metrics;
    items.push([
      "On test",
      [strong(`macro F1 ${metric(f1)}`), `, accuracy ${metric(accuracy)}, loss ${metric(loss)}`],
      "Measured once, at the end; no other trial was measured on test.",
    ]);
  }
  items.push(["What it cost", searchCost(view).inShort]);
  return [
    { block: "facts", large: true, items },
    paragraph("What to train with: this trains the same once more."),
    { block: "command", text: trainCommand(search, best.values) },
  ];
}

/** `learning rate 0.003, head mean`; a value may be any text. */
const valuesText = ({ values }: RatedTrial): Text =>
  Object.entries(values).flatMap(([option, value], i) => [
    `${i > 0 ? ", " : ""}${optionInWords(option)} `,
    quoted(String(value)),
  ]);
