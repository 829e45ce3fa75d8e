/**
 * Parallel coordinates: an axis for each option, one below the other so that names and values can be read on a phone, and a line
 * for each trial through its values to its score.
 */

import { optionInWords } from "../../base/command-text.ts";
import { plural } from "../../base/format.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import type { Chart } from "../../document/document.ts";
import { cutTo } from "../../document/narrow-text.ts";
import { metricTitle, scoreText } from "../../search/score-words.ts";
import type { SearchedMethod, Space, Value } from "../../search/search-file.ts";
import { hasChoice, placeOf } from "../../search/space.ts";
import { methodTitle } from "../view.ts";
import {
  figureOf,
  QUARTERS,
  quartersOf,
  type RatedTrial,
  type ReportedSearch,
  worthSeeing,
} from "./reported-search.ts";

/** Of a chart, in pixels. */
const WIDTH = 520;
const AXIS_HEIGHT = 66;
/** The least distance of two ticks, as a share of an axis. */
const TICK_ROOM = 0.12;
const LONGEST_TICK = 14;

interface Axis {
  readonly name: string;
  readonly ticks: readonly { readonly place: number; readonly text: string }[];
  /** From 0 to 1; undefined where the trial has no value. */
  placeOf(trial: RatedTrial): number | undefined;
}

export function trialsChart(view: ReportedSearch, method: SearchedMethod, trials: readonly RatedTrial[]): Chart {
  const { search } = view;
  const searched = Object.entries(method.spaces).filter(([, space]) => hasChoice(space));
  const axes = [...searched.map(([option, space]) => optionAxis(option, space)), scoreAxis(view)];
  // Those that were stopped lie below those that were trained to their end, and the worse below the better.
  const drawn = trials.toSorted((a, b) => Number(a.isWhole) - Number(b.isWhole) || a.score - b.score);
  const title = search.methods.length > 1 ? `Trials of ${methodTitle(method.method)}` : "Trials";
  return drawChart({
    file: search.methods.length > 1 ? `trials-${method.method}` : "trials",
    title,
    description: `A line for each of ${trials.length} trials through the values of ${searched.map(([option]) => optionInWords(option)).join(", ")} and its ${metricTitle(search)} on validation.`,
    width: WIDTH,
    height: AXIS_HEIGHT * axes.length + 24,
    legend: quartersOf(trials),
    option: {
      grid: { left: 24, right: 24, top: 26, bottom: 34 },
      xAxis: { ...axis, type: "value", min: 0, max: 1, show: false },
      yAxis: { ...axis, type: "value", min: 0, max: axes.length - 1, inverse: true, show: false },
      series: [...drawn.map((trial) => trialLine(trial, axes)), ...axes.flatMap((one, i) => axisLines(one, i))],
    },
    value: (series, point) => {
      const trial = drawn[series];
      return trial && point < axes.length ? trialInWords(view, trial) : undefined;
    },
  });
}

function trialLine(trial: RatedTrial, axes: readonly Axis[]) {
  const { name, colour, width } = QUARTERS[trial.quarter]!;
  const dims = trial.isWhole ? 1 : 0.55;
  return {
    type: "line",
    name,
    color: ink(colour),
    z: trial.isWhole ? 3 : 2,
    lineStyle: { width, opacity: dims },
    itemStyle: { opacity: dims },
    emphasis: { disabled: true },
    connectNulls: true,
    symbol: "circle",
    symbolSize: trial.isWhole ? 6 : 4,
    showAllSymbol: true,
    data: axes.map((one, i) => {
      const place = one.placeOf(trial);
      return place === undefined ? null : [place, i];
    }),
  };
}

/** The axis itself, its name above it, and its ticks below. */
function axisLines({ name, ticks }: Axis, at: number) {
  const still = { type: "line", z: 1, silent: true, symbol: "circle", symbolSize: 0.1, clip: false } as const;
  const label = { show: true, opacity: 1, textBorderColor: ink("paper"), textBorderWidth: 3 };
  return [
    {
      ...still,
      lineStyle: { color: ink("edge"), width: 1 },
      color: ink("edge"),
      data: [
        {
          value: [0, at],
          label: { ...label, position: [0, -20], formatter: name, color: ink("ink"), fontWeight: 600, fontSize: 12 },
        },
        { value: [1, at] },
      ],
    },
    {
      ...still,
      z: 4,
      lineStyle: { width: 0, opacity: 0 },
      color: ink("edge"),
      data: ticks.map(({ place, text }) => ({
        value: [place, at],
        label: {
          ...label,
          position: "bottom",
          align: place < 0.03 ? "left" : place > 0.97 ? "right" : "center",
          distance: 4,
          formatter: text,
          color: ink("muted"),
          fontSize: 11,
        },
      })),
    },
  ];
}

function optionAxis(option: string, space: Space): Axis {
  const place = (value: Value) =>
    space.kind === "choice" ? (space.values.indexOf(value) + 0.5) / space.values.length : placeOf(space, Number(value));
  const ticks = (space.kind === "choice" ? space.values : roundValues(space)).map((value) => ({
    place: place(value),
    text: cutTo(LONGEST_TICK, typeof value === "number" ? numberInWords(value) : String(value)),
  }));
  return {
    name: `${optionInWords(option)}${space.kind.startsWith("log") ? ", logarithmic" : ""}`,
    ticks: apart(ticks),
    placeOf: ({ values: { [option]: value } }) => (value === undefined ? undefined : place(value)),
  };
}

/** Scores that are far worse than most stand at the beginning. */
function scoreAxis(view: ReportedSearch): Axis {
  const { search, rated } = view;
  const isSeen = worthSeeing(view);
  const seen = rated.map(({ score }) => score).filter((score) => isSeen(figureOf(search, score)));
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const place = (score: number) => (high > low ? Math.max(0, (score - low) / (high - low)) : 1);
  const cut = seen.length < rated.length;
  return {
    name: `${metricTitle(search)} on validation`,
    ticks: [
      ...(high > low ? [{ place: 0, text: `${scoreText(search, low)}${cut ? " or worse" : ""}` }] : []),
      { place: 1, text: scoreText(search, high) },
    ],
    placeOf: ({ score }) => place(score),
  };
}

/** The ends, and round numbers between them. */
function roundValues({ kind, from, to }: Exclude<Space, { readonly kind: "choice" }>): number[] {
  const between =
    kind === "log-uniform"
      ? powers(10, from, to)
      : kind === "log-integer"
        ? powers(2, from, to)
        : [1, 2, 3].map((i) => from + (i * (to - from)) / 4);
  const whole = kind === "integer" ? between.map(Math.round) : between;
  return [...new Set([from, to, ...whole])];
}

const powers = (base: number, from: number, to: number): number[] => {
  const [first, last] = [from, to].map((end) => Math.log(end) / Math.log(base));
  const found: number[] = [];
  for (let power = Math.ceil(first!); power <= last!; power++) found.push(Number((base ** power).toPrecision(12)));
  return found;
};

/** Of ticks that would stand in each other, the one that comes first. */
function apart(ticks: Axis["ticks"]): Axis["ticks"] {
  const kept: { readonly place: number; readonly text: string }[] = [];
  for (const tick of ticks) if (kept.every(({ place }) => Math.abs(place - tick.place) >= TICK_ROOM)) kept.push(tick);
  return kept;
}

/** As short as it can be written: 1e-5, 0.0316, 128. */
function numberInWords(value: number): string {
  const [plain, power] = [String(Number(value.toPrecision(3))), Number(value.toPrecision(3)).toExponential()];
  return plain.length <= power.length + 2 ? plain : power.replace("+", "");
}

function trialInWords({ search }: ReportedSearch, { trial, values, score, scores }: RatedTrial): string {
  const said = Object.entries(values).map(
    ([option, value]) => `${optionInWords(option)} ${typeof value === "number" ? numberInWords(value) : value}`,
  );
  const epochs = plural(scores.length, "epoch");
  return `${trial}: ${metricTitle(search)} ${scoreText(search, score)} in ${epochs}; ${said.join(", ")}`;
}
