/** How a search went on: the best score so far by epochs spent, and the courses of the trials with the rungs. */

import { grouped } from "../../base/format.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import type { Chart } from "../../document/document.ts";
import { metricTitle, scoreText } from "../../search/score-words.ts";
import { type Extent, roundExtent } from "../round-extent.ts";
import {
  figureOf,
  figuresWithin,
  LEAST_SPAN,
  QUARTERS,
  quartersOf,
  type ReportedSearch,
  worthSeeing,
} from "./reported-search.ts";

const SIZE = { width: 480, height: 320 };

export function bestSoFarChart(view: ReportedSearch): Chart {
  const { search, state } = view;
  const steps = state.steps.filter(({ best }) => best !== undefined);
  const results = steps.filter(({ score }) => Number.isFinite(score));
  const best = steps.map(({ epochs, best: of }) => [epochs, figureOf(search, of!.score)] as const);
  const single = results.map(({ epochs, score }) => [epochs, figureOf(search, score)] as const);
  const name = metricTitle(search);
  return drawChart({
    file: "best-so-far",
    title: `Best ${name} so far, by epochs spent`,
    description: `After ${grouped(state.epochs)} epochs of all trials the best ${name} on validation is ${state.best ? scoreText(search, state.best.score) : "none"}.`,
    ...SIZE,
    option: {
      xAxis: {
        ...axis,
        type: "value",
        name: "epochs of all trials",
        nameGap: 26,
        min: 0,
        max: state.epochs,
        axisLabel: { ...axis.axisLabel, showMaxLabel: false },
      },
      yAxis: { ...axis, type: "value", name, nameGap: 40, ...figureExtent(view) },
      series: [
        {
          type: "line",
          color: ink("accent"),
          step: "end",
          symbol: "none",
          z: 2,
          lineStyle: { width: 2 },
          emphasis: { disabled: true },
          data: best,
        },
        { type: "scatter", color: ink("none"), symbolSize: 5, emphasis: { disabled: true }, clip: true, data: single },
      ],
    },
    value: (series, point) => {
      const result = series === 1 ? results[point] : undefined;
      return result && `${result.trial} at ${grouped(result.epochs)} epochs: ${scoreText(search, result.score)}`;
    },
  });
}

export function coursesChart(view: ReportedSearch): Chart {
  const { search, rated, mostEpochs } = view;
  const { rungs } = search;
  const drawn = rated.toReversed();
  const figures = drawn.map(({ scores }) => scores.map((score) => figureOf(search, score)));
  const extent = figureExtent(view);
  const name = metricTitle(search);
  return drawChart({
    file: "courses",
    title: `${name[0]!.toUpperCase()}${name.slice(1)} by epoch`,
    description: `${name} on validation of each trial by epoch; trials are judged behind ${rungs.join(", ")} epochs.`,
    ...SIZE,
    legend: quartersOf(rated),
    option: {
      xAxis: { ...axis, type: "value", name: "epoch", nameGap: 26, min: 0, max: mostEpochs, minInterval: 1 },
      yAxis: { ...axis, type: "value", name, nameGap: 40, ...extent },
      series: [
        ...drawn.map((trial, i) => {
          const { name: quarter, colour, width } = QUARTERS[trial.quarter]!;
          const opacity = trial.isWhole ? 1 : 0.7;
          return {
            type: "line",
            name: quarter,
            color: ink(colour),
            lineStyle: { width, opacity },
            itemStyle: { opacity },
            emphasis: { disabled: true },
            symbol: "circle",
            symbolSize: 4,
            showAllSymbol: true,
            data: figures[i]!.map((figure, epoch) => [epoch + 1, figure]),
          };
        }),
        ...rungs.map((epochs) => ({
          type: "line",
          z: 1,
          silent: true,
          symbol: "none",
          lineStyle: { color: ink("muted"), width: 1, type: "dashed" },
          data: [extent.min, extent.max].map((end) => [epochs, end]),
        })),
      ],
    },
    value: (series, point) => {
      const trial = drawn[series];
      return trial && `${trial.trial}, epoch ${point + 1}: ${scoreText(search, trial.scores[point]!)}`;
    },
  });
}

/** Of the axis of figures: around what is worth seeing, and the rest is cut. */
export function figureExtent(view: ReportedSearch): Extent {
  const { search, rated } = view;
  const figures = rated.flatMap(({ scores }) => scores.map((score) => figureOf(search, score)));
  return roundExtent(figures.filter(worthSeeing(view)), { least: LEAST_SPAN, within: figuresWithin(search) });
}
