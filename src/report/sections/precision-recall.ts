/** Precision against recall: of all labels together, and of each. */

import { shortened } from "../../base/escape.ts";
import { metric } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import type { PrecisionRecall } from "../../comparison/statistics/precision-recall.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import { type Block, type Chart, more, quoted, remark, type Section } from "../../document/document.ts";
import type { Colour, palette } from "../../document/palette.ts";
import { colourOf, type View } from "../view.ts";

/** More lines cannot be told apart. */
const MOST_CLASSES = 8;

interface Line {
  readonly name: string;
  readonly colour: Colour;
  readonly curve: PrecisionRecall;
}

export function precisionRecallSection(view: View): Section | undefined {
  const lines = view.leading.flatMap((setting): Line[] => {
    const { micro } = setting.answers.precisionRecall;
    return micro ? [{ name: view.name(setting), colour: colourOf(setting), curve: micro }] : [];
  });
  if (lines.length === 0) return undefined;
  const chosen = view.comparison.recommended ? view.of(view.comparison.recommended.chosen) : view.leading[0]!;
  const classes = classLines(view, chosen);
  const isPart = classes.length < view.comparison.data.labels.length;
  return {
    id: "precision-recall",
    title: "Precision against recall",
    blocks: [
      { block: "charts", legend: legendOf(lines), charts: [plot("precision-recall", "All labels together", lines)] },
      {
        block: "charts",
        legend: legendOf(classes),
        charts: [
          plot(
            "precision-recall-classes",
            `${view.name(chosen)}: ${isPart ? `the ${classes.length} labels with the lowest average precision` : "each label"}`,
            classes,
          ),
        ],
      },
      remark(
        "Average precision stands in brackets. On test, for every threshold on the probability of a label: how many of the texts that reach it have the label, and how many of those that have it reach it.",
      ),
      more("Average precision of each label", [averageTable(view)]),
    ],
  };
}

/** Classes have the colours that methods have elsewhere; the legend says which. */
function classLines(view: View, { answers }: Setting): Line[] {
  const { labels } = view.comparison.data;
  const found = answers.precisionRecall.perClass.flatMap((curve, k) => (curve ? [{ name: labels[k]!, curve }] : []));
  return found
    .toSorted((a, b) => a.curve.averagePrecision - b.curve.averagePrecision)
    .slice(0, MOST_CLASSES)
    .map((one, i) => ({ ...one, name: shortened(one.name, 30), colour: `method${i + 1}` as keyof typeof palette }));
}

const legendOf = (lines: readonly Line[]) =>
  lines.map(({ name, colour, curve }) => ({
    text: `${name} (${metric(curve.averagePrecision)})`,
    colour,
    dash: [],
  }));

function plot(file: string, title: string, lines: readonly Line[]): Chart {
  return drawChart({
    file,
    title,
    description: `Precision against recall. Average precision: ${lines.map(({ name, curve }) => `${name} ${metric(curve.averagePrecision)}`).join(", ")}.`,
    legend: lines.map(({ name }) => name),
    option: {
      xAxis: { ...axis, type: "value", min: 0, max: 1, interval: 0.25, name: "recall", nameGap: 26 },
      yAxis: { ...axis, type: "value", min: 0, max: 1, interval: 0.25, name: "precision", nameGap: 36 },
      series: lines.map(({ name, colour, curve }) => ({
        type: "line",
        name,
        color: ink(colour),
        lineStyle: { width: 1.8 },
        emphasis: { disabled: true },
        symbol: "circle",
        symbolSize: 2,
        showAllSymbol: true,
        data: curve.points,
      })),
    },
    value: (s, i) => {
      const [recall, precision] = lines[s]!.curve.points[i]!;
      return `${lines[s]!.name}: recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}`;
    },
  });
}

function averageTable(view: View): Block {
  return {
    block: "table",
    sortable: true,
    columns: [{ title: "Label" }, ...view.leading.map((setting) => ({ title: view.name(setting), figures: true }))],
    groups: [
      {
        rows: view.comparison.data.labels.map((label, k) => [
          [quoted(label)],
          ...view.leading.map(({ answers }) => {
            const average = answers.precisionRecall.perClass[k]?.averagePrecision;
            return average === undefined ? "–" : { text: average.toFixed(3), shade: average ** 2 * 0.8 };
          }),
        ]),
      },
    ],
  };
}
