/** Scores of each class against how many texts it has. */
import { grouped, metric, plural } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import {
  type Block,
  type Cell,
  type Chart,
  type LegendEntry,
  quoted,
  remark,
  type Section,
} from "../../document/document.ts";
import { methodColour } from "../../document/palette.ts";
import type { ClassMetrics } from "../../train/metrics.ts";
import { classScores, trainingTexts } from "../class-scores.ts";
import { colourOf, methodsIn, methodTitle, type View } from "../view.ts";

/** Up to so many classes are columns; more are rows. */
const MOST_COLUMNS = 8;

export function classesSection(view: View): Section | undefined {
  if (view.trained.length === 0) return undefined;
  const tests = classScores(view.trained[0]!);
  const sizes = trainingTexts(view) ?? tests.map(({ support }) => support);
  const which = trainingTexts(view) ? "training" : "test";
  const several = view.recipes.length > 1;
  const charts = view.recipes
    .filter((recipe) => view.leading.some((setting) => setting.recipe === recipe))
    .map((recipe) => plot(view, sizes, which, recipe, several));
  return {
    id: "classes",
    title: "Classes against their size",
    blocks: [
      { block: "charts", legend: legend(view), charts },
      remark(`F1 on test of each class; a dot is a class, placed by its number of ${which} texts.`),
      sizes.length > MOST_COLUMNS ? classRows(view, sizes, which) : classColumns(view, sizes, which),
    ],
  };
}

/** Sizes that differ by more than so many times are shown on a logarithmic axis. */
const WIDE = 30;

const legend = ({ leading }: View): LegendEntry[] =>
  methodsIn(leading).map((method) => ({ text: methodTitle(method), colour: methodColour(method) }));

function plot(view: View, sizes: readonly number[], which: string, recipe: string, several: boolean): Chart {
  const settings = view.leading.filter((setting) => setting.recipe === recipe);
  const scores = settings.map(classScores);
  const order = [...sizes.keys()]
    .toSorted((a, b) => sizes[a]! - sizes[b]!)
    .filter((k) => sizes[k]! > 0 && scores[0]![k]!.support > 0);
  const isWide = Math.max(...sizes) > WIDE * Math.min(...sizes.filter((size) => size > 0));
  return drawChart({
    file: several ? `class-sizes-${recipe}` : "class-sizes",
    title: several ? `F1 by class size, ${recipe}` : "F1 by class size",
    description: `F1 on test of each class against its number of ${which} texts, for ${plural(settings.length, "method")}.`,
    width: 460,
    height: 320,
    legend: settings.map(view.shortName),
    option: {
      xAxis: {
        ...axis,
        type: isWide ? "log" : "value",
        name: `${which} texts of the class${isWide ? ", logarithmic" : ""}`,
        nameGap: 26,
        axisLabel: {
          ...axis.axisLabel,
          formatter: (value: number) => grouped(Math.round(value)),
          hideOverlap: true,
          ...(isWide && { showMinLabel: false, showMaxLabel: false }),
        },
        ...(isWide && { min: Math.min(...order.map((k) => sizes[k]!)) / 1.3, max: Math.max(...sizes) * 1.3 }),
      },
      yAxis: { ...axis, type: "value", min: 0, max: 1, interval: 0.25, name: "F1", nameGap: 34 },
      series: settings.map((setting, s) => ({
        type: "scatter",
        name: view.shortName(setting),
        color: ink(colourOf(setting)),
        emphasis: { disabled: true },
        symbol: "circle",
        symbolSize: order.length > MOST_COLUMNS ? 5 : 7,
        itemStyle: { opacity: 0.85 },
        data: order.map((k) => [sizes[k]!, scores[s]![k]!.f1]),
      })),
    },
    value: (s, i) => {
      const one = scores[s]![order[i]!]!;
      return `${view.shortName(settings[s]!)}, ${one.label}: F1 ${metric(one.f1)}, ${grouped(sizes[order[i]!]!)} ${which} texts`;
    },
  });
}

/** A row for each setting. */
function classColumns(view: View, sizes: readonly number[], which: string): Block {
  const classes = bySize([...sizes.keys()], sizes);
  const scores = new Map(view.trained.map((setting) => [setting, classScores(setting)]));
  return {
    block: "table",
    caption: "F1 on test by class, largest first.",
    columns: [
      { title: "Method" },
      ...classes.map((k) => ({
        title: [quoted(view.comparison.data.labels[k]!)],
        note: `${grouped(sizes[k]!)} ${which}`,
        figures: true,
      })),
    ],
    groups: view.recipes.flatMap((recipe) => {
      const settings = view.trained.filter((setting) => setting.recipe === recipe);
      if (settings.length === 0) return [];
      const rows = settings.map((setting) => [
        { text: view.shortName(setting), colour: colourOf(setting) },
        ...classes.map((k) => scoreCell(setting, k, scores)),
      ]);
      return { ...(view.recipes.length > 1 && { title: `Recipe: ${recipe}` }), rows };
    }),
  };
}

/** A row for each class, with the settings that stand for their methods as columns. */
function classRows(view: View, sizes: readonly number[], which: string): Block {
  const scores = new Map(view.leading.map((setting) => [setting, classScores(setting)]));
  return {
    block: "table",
    sortable: true,
    caption: "F1 on test by class, largest first; a click on a title sorts by it.",
    columns: [
      { title: "Class" },
      { title: "Texts", note: which, figures: true },
      ...view.leading.map((setting) => ({ title: view.name(setting), figures: true })),
    ],
    groups: [
      {
        rows: bySize([...sizes.keys()], sizes).map((k) => [
          [quoted(view.comparison.data.labels[k]!)],
          grouped(sizes[k]!),
          ...view.leading.map((setting) => scoreCell(setting, k, scores)),
        ]),
      },
    ],
  };
}

const bySize = (classes: readonly number[], sizes: readonly number[]): number[] =>
  classes.toSorted((a, b) => sizes[b]! - sizes[a]!);

/** F1 of a class; marked where it is the best of several settings and not that of all. */
function scoreCell(setting: Setting, k: number, scores: ReadonlyMap<Setting, readonly ClassMetrics[]>): Cell {
  const { f1, support } = scores.get(setting)![k]!;
  if (support === 0) return { text: "–" };
  const others = [...scores.values()].map((all) => all[k]!.f1);
  const isBest = f1 === Math.max(...others) && others.some((other) => other < f1);
  return { text: f1.toFixed(3), shade: f1 ** 2 * 0.8, best: isBest };
}
