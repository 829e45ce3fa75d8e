/** The learning curve as a chart: errors at each size, the line through them, and where it leads with twice the texts. */
import { grouped, percent } from "../base/format.ts";
import { axis, drawChart, ink } from "../document/chart.ts";
import type { Chart } from "../document/document.ts";
import type { LearningCurve } from "./audit-result.ts";
import { errorAt } from "./learning-curve.ts";

const STEPS = 40;

export function curveChart({ points, fit, gain }: LearningCurve): Chart {
  const [least, whole] = [points[0]!.texts, points.at(-1)!.texts];
  const line = Array.from({ length: STEPS + 1 }, (_, i) => least * ((2 * whole) / least) ** (i / STEPS));
  const means = points.map(({ texts, errors }) => [texts, errors.reduce((a, b) => a + b, 0) / errors.length] as const);
  const folds = points.flatMap(({ texts, errors }) => errors.map((error) => [texts, error] as const));
  const twice = errorAt(fit, 2 * whole);
  const shown = ([texts, error]: readonly [number, number], what: string) =>
    `${grouped(Math.round(texts))} texts: ${percent(error)} ${what}`;
  return drawChart({
    file: "learning-curve",
    title: "Error by number of training texts",
    description: `Error falls from ${percent(means[0]![1])} with ${grouped(least)} texts to ${percent(means.at(-1)![1])} with ${grouped(whole)}; with twice as many it would be about ${percent(twice)}.`,
    width: 560,
    option: {
      xAxis: { ...axis, type: "log", name: "training texts", nameGap: 26, min: least, max: 2 * whole },
      yAxis: {
        ...axis,
        type: "value",
        scale: true,
        axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${Number((100 * value).toFixed(1))} %` },
      },
      series: [
        {
          type: "line",
          color: ink("accent"),
          symbol: "none",
          emphasis: { disabled: true },
          data: line.map((texts) => [texts, errorAt(fit, texts)]),
        },
        { type: "scatter", color: ink("muted"), symbolSize: 4, emphasis: { disabled: true }, data: folds },
        { type: "scatter", color: ink("accent"), symbolSize: 8, emphasis: { disabled: true }, data: means },
        {
          type: "line",
          color: ink("accent"),
          symbolSize: 6,
          lineStyle: { width: 2 },
          emphasis: { disabled: true },
          // The interval of the gain, seen as one of the error.
          data: [
            [2 * whole, twice + gain.estimate - gain.low],
            [2 * whole, twice + gain.estimate - gain.high],
          ],
        },
      ],
    },
    value: (series, point) =>
      series === 1
        ? shown(folds[point]!, "wrong in one fold")
        : series === 2
          ? shown(means[point]!, "wrong")
          : series === 3
            ? shown([2 * whole, twice], "wrong, by the line")
            : undefined,
  });
}
