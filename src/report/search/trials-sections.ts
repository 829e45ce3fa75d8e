/** The trials of a search: all of them as lines through their values, the best as a table, and their courses. */

import { optionInWords } from "../../base/command-text.ts";
import { plural, timeSpan } from "../../base/format.ts";
import { type LegendEntry, quoted, remark, type Section, type Table } from "../../document/document.ts";
import { metricTitle, scoreText } from "../../search/score-words.ts";
import type { TrialSource } from "../../search/search-file.ts";
import { hasChoice } from "../../search/space.ts";
import { bestSoFarChart, coursesChart, figureExtent } from "./progress-charts.ts";
import { byMethod, figureOf, QUARTERS, type ReportedSearch } from "./reported-search.ts";
import { trialsChart } from "./trials-chart.ts";

const legend: readonly LegendEntry[] = QUARTERS.map(({ name, colour, width }) => ({
  text: name,
  colour,
  width,
  dash: [],
}));

export function trialsSection(view: ReportedSearch): Section | undefined {
  const charted = byMethod(view).filter(
    ({ method, trials }) => trials.length > 0 && Object.values(method.spaces).some(hasChoice),
  );
  if (charted.length === 0) return undefined;
  const { search, rated } = view;
  const whole = rated.filter(({ isWhole }) => isWhole).length;
  const stopped = rated.length - whole;
  return {
    id: "trials",
    title: "The trials",
    blocks: [
      { block: "charts", legend, charts: charted.map(({ method, trials }) => trialsChart(view, method, trials)) },
      remark(
        `Each line is a trial: where it crosses an axis is its value of that option, and where it ends its ${metricTitle(search)}. ${
          stopped === 0
            ? "All were trained to their end."
            : `${plural(whole, "trial")} that came to the last rung ${whole === 1 ? "lies" : "lie"} on top; the ${stopped} that stopped before ${stopped === 1 ? "is" : "are"} fainter, and had fewer epochs for their score.`
        }`,
      ),
    ],
  };
}

export function progressSection(view: ReportedSearch): Section | undefined {
  const { search, rated } = view;
  if (rated.length === 0) return undefined;
  const { min, max } = figureExtent(view);
  const figures = rated.map(({ score }) => figureOf(search, score));
  const unseen = figures.filter((figure) => figure < min || figure > max).length;
  return {
    id: "progress",
    title: "How it went on",
    blocks: [
      { block: "charts", legend, charts: [bestSoFarChart(view), coursesChart(view)] },
      remark(
        `In the first picture a dot is a trial at a rung; in the second a line is a trial, and the dashed lines are the rungs.${
          unseen > 0
            ? ` ${plural(unseen, "trial")} so much worse that all else would be one line ${unseen === 1 ? "is" : "are"} beyond the axes.`
            : ""
        }`,
      ),
    ],
  };
}

const SHOWN = 20;
const SOURCES: Readonly<Record<TrialSource, string>> = { recipe: "recipe", random: "chance", tpe: "results" };

export function bestSection(view: ReportedSearch): Section | undefined {
  if (view.rated.length === 0) return undefined;
  return {
    id: "best",
    title: "The best trials",
    blocks: [
      bestTrials(view, SHOWN),
      remark(
        "Values come from the recipe, by chance, or by what the results so far say. A trial that stopped early had fewer epochs for its score. All trials are in trials.csv.",
      ),
    ],
  };
}

export function bestTrials(view: ReportedSearch, most: number): Table {
  const { search, rated, seconds } = view;
  const options = [...new Set(rated.flatMap(({ values }) => Object.keys(values)))];
  return {
    block: "table",
    sortable: true,
    columns: [
      { title: "Trial" },
      { title: metricTitle(search), note: "on validation", figures: true },
      { title: "epochs", figures: true },
      { title: "best epoch", figures: true },
      ...options.map((option) => ({
        title: optionInWords(option),
        figures: rated.every(({ values }) => typeof values[option] !== "string"),
      })),
      { title: "values by" },
      { title: "training", figures: true },
    ],
    groups: [
      {
        rows: rated
          .slice(0, most)
          .map((trial, i) => [
            trial.trial,
            { text: scoreText(search, trial.score), best: i === 0 },
            String(trial.scores.length),
            String(trial.bestEpoch),
            ...options.map((option) =>
              trial.values[option] === undefined ? "" : [quoted(String(trial.values[option]))],
            ),
            SOURCES[trial.from],
            timeSpan(seconds.get(trial.trial)!),
          ]),
      },
    ],
  };
}
