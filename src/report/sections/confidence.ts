/** How far probabilities can be trusted: reliability, accuracy against coverage, and the right label among the first few. */
import { grouped, percent } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import { type Block, type Chart, heading, type LegendEntry, remark, type Section } from "../../document/document.ts";
import { roundExtent } from "../round-extent.ts";
import { colourOf, hasSeveralSeeds, type View } from "../view.ts";

export function confidenceSection(view: View): Section | undefined {
  const settings = view.leading;
  if (settings.length === 0) return undefined;
  const isRanked = settings.some(({ answers }) => answers.topK.length > 0);
  return {
    id: "confidence",
    title: "How far to trust the answers",
    blocks: [
      { block: "charts", legend: legend(view), charts: [reliabilityChart(view), coverageChart(view)] },
      remark(
        `On test${hasSeveralSeeds(settings) ? ", all seeds together" : ""}. Reliability: of ${view.multiLabel ? "labels" : "answers"} with about the same probability, the share that is right; ` +
          `on the diagonal probabilities come true, below it they are too high. A larger dot stands for more ${view.multiLabel ? "labels" : "texts"}. ` +
          "Coverage: only the surest answers are given, and the rest is left to a person.",
      ),
      heading("Thresholds for a wanted accuracy"),
      thresholdTable(view),
      remark(
        "Above the threshold, validation texts are answered with the wanted accuracy. What test texts come to stands below it: the share that is answered, and its accuracy.",
      ),
      ...(isRanked ? [heading("The right label among the first few"), topTable(view)] : []),
    ],
  };
}

const legend = (view: View): LegendEntry[] =>
  view.leading.map((setting) => ({ text: view.name(setting), colour: colourOf(setting), dash: [] }));

const line = (view: View, setting: Setting) => ({
  type: "line",
  name: view.name(setting),
  color: ink(colourOf(setting)),
  lineStyle: { width: 1.8 },
  emphasis: { disabled: true },
});

const share = {
  ...axis,
  type: "value",
  axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${Math.round(100 * value)} %` },
};

function reliabilityChart(view: View): Chart {
  const settings = view.leading;
  const bins = settings.map(({ answers }) => answers.reliability);
  const most = Math.max(...bins.flat().map(({ count }) => count));
  return drawChart({
    file: "reliability",
    title: "Reliability",
    description: "Share of right answers against their probability. On the diagonal, probabilities come true.",
    legend: settings.map(view.name),
    option: {
      xAxis: { ...share, min: 0, max: 1, interval: 0.25, name: "probability", nameGap: 26 },
      yAxis: { ...share, min: 0, max: 1, interval: 0.25, name: "right", nameGap: 42 },
      series: [
        ...settings.map((setting, s) => ({
          ...line(view, setting),
          symbol: "circle",
          showAllSymbol: true,
          data: bins[s]!.map(({ probability, right, count }) => ({
            value: [probability, right],
            symbolSize: 3 + 7 * Math.sqrt(count / most),
          })),
        })),
        {
          type: "line",
          z: 1,
          symbol: "none",
          silent: true,
          lineStyle: { color: ink("muted"), width: 1, type: "dashed" },
          data: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    },
    value: (s, i) => {
      const bin = bins[s]?.[i];
      return (
        bin &&
        `${view.name(settings[s]!)}: ${grouped(bin.count)} with a probability of about ${percent(bin.probability)}, ${percent(bin.right)} of them right`
      );
    },
  });
}

function coverageChart(view: View): Chart {
  const settings = view.leading;
  const accuracies = settings.flatMap(({ answers }) => answers.coverage.map(({ accuracy }) => accuracy));
  return drawChart({
    file: "coverage",
    title: "Accuracy against coverage",
    description: "Accuracy of the surest answers against the share of texts that they are given to.",
    legend: settings.map(view.name),
    option: {
      xAxis: { ...share, min: 0, max: 1, interval: 0.25, name: "texts that get an answer", nameGap: 26 },
      yAxis: { ...share, ...roundExtent(accuracies, { least: 0.1, within: [0, 1] }), name: "accuracy", nameGap: 42 },
      series: settings.map((setting) => ({
        ...line(view, setting),
        symbol: "circle",
        symbolSize: 2.5,
        showAllSymbol: true,
        data: setting.answers.coverage.map(({ coverage, accuracy }) => [coverage, accuracy]),
      })),
    },
    value: (s, i) => {
      const { threshold, coverage, accuracy } = settings[s]!.answers.coverage[i]!;
      return `${view.name(settings[s]!)}: answers from ${threshold.toFixed(3)} on, ${percent(coverage)} of the texts, accuracy ${percent(accuracy)}`;
    },
  });
}

function thresholdTable(view: View): Block {
  return {
    block: "table",
    columns: [
      { title: "Method" },
      ...view.leading[0]!.answers.wanted.map(({ accuracy }) => ({
        title: `${Math.round(100 * accuracy)} %`,
        figures: true,
      })),
    ],
    groups: [
      {
        rows: view.leading.map((setting) => [
          { text: view.name(setting), colour: colourOf(setting) },
          ...setting.answers.wanted.map(({ test }) =>
            test
              ? {
                  text: test.threshold.toFixed(3),
                  below: `${percent(test.coverage)}${test.coverage > 0 ? `, ${percent(test.accuracy)}` : ""}`,
                }
              : { text: "–", below: "not reached" },
          ),
        ]),
      },
    ],
  };
}

function topTable(view: View): Block {
  const ks = view.leading[0]!.answers.topK.map(({ k }) => k);
  return {
    block: "table",
    columns: [
      { title: "Method" },
      ...ks.map((k) => ({ title: k === 1 ? "the answer" : `the first ${k}`, figures: true })),
    ],
    groups: [
      {
        rows: view.leading.map((setting) => [
          { text: view.name(setting), colour: colourOf(setting) },
          ...setting.answers.topK.map(({ accuracy }) => ({ text: percent(accuracy), shade: accuracy ** 2 * 0.8 })),
        ]),
      },
    ],
  };
}
