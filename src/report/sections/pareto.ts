/** Pareto plots: macro F1 against a cost, with the settings that nothing beats in both. */
import { abbreviated, grouped, memory, metric, timeSpan } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { ParetoFront, Setting } from "../../experiment/comparison.ts";
import { axis, drawChart, ink } from "../chart.ts";
import { type Chart, remark, type Section } from "../document.ts";
import { colourOf, type View } from "../view.ts";

interface CostAxis {
  readonly title: string;
  shown(value: number): string;
  /** On the axis, where a round number stands best in one unit. */
  tick(value: number): string;
}

const inSeconds = (value: number): string => `${grouped(value)} s`;

const COSTS: Readonly<Record<ParetoFront["cost"], CostAxis>> = {
  trainSeconds: { title: "training time", shown: timeSpan, tick: inSeconds },
  totalSeconds: { title: "total time", shown: timeSpan, tick: inSeconds },
  peakRssBytes: { title: "peak memory", shown: memory, tick: memory },
  trainableParameters: { title: "trained parameters", shown: abbreviated, tick: abbreviated },
};

/** Costs that differ by more than so many times are shown on a logarithmic axis. */
const WIDE = 8;

export function paretoSection(view: View): Section | undefined {
  if (view.trained.length < 2) return undefined;
  const fronts = view.comparison.pareto.filter(({ cost }) => view.timed || !cost.endsWith("Seconds"));
  const methods = groupBy(view.trained, ({ method }) => method);
  const several = view.recipes.length > 1;
  return {
    id: "pareto",
    title: "Quality against cost",
    blocks: [
      {
        block: "charts",
        legend: [...methods.values()].map(([first]) => ({ text: titleOf(first!), colour: colourOf(first!) })),
        charts: fronts.map((front) => plot(view, front)),
      },
      remark(
        `Macro F1 on test. The line is the Pareto front: what lies on it is beaten by no other setting in both at once.${
          several ? ` Full dots are of the ${view.recipes.at(-1)} recipe, rings of the ${view.recipes[0]} one.` : ""
        }${view.timed ? "" : ` Times cannot be compared: ${view.comparison.timesComparable.reason}.`}`,
      ),
    ],
  };
}

const titleOf = ({ title }: Setting): string => title.split(", ")[0]!;

/** In a plot: `r 8` of `LoRA, rank 8`, else the method's first word. */
function plotLabel({ title }: Setting, isAlone: boolean): string {
  const [method, ...rest] = title.split(", ");
  if (isAlone || rest.length === 0) return method!.replace(/ (fine-)?tuning$/, "").replace(/^Linear p/, "P");
  return rest.join(", ").replace("rank ", "r ");
}

function plot(view: View, { cost, settings: front }: ParetoFront): Chart {
  const { title, shown, tick } = COSTS[cost];
  const costs = view.trained.map((setting) => setting.cost[cost]);
  const isWide = Math.min(...costs) > 0 && Math.max(...costs) / Math.min(...costs) > WIDE;
  const groups = [...groupBy(view.trained, ({ method, recipe }) => `${recipe}/${method}`).values()];
  const onFront = new Set(front);
  const place = (value: number) => (isWide ? Math.log(value) : value);
  const [low, high] = [place(Math.min(...costs)), place(Math.max(...costs))];
  // A label stands where there is room.
  const isRight = (value: number) => place(value) - low > 0.6 * (high - low);
  const rings = view.recipes.length > 1 ? view.recipes[0] : undefined;
  const legend = groups.map((all) => titleOf(all[0]!));
  return drawChart({
    file: `f1-against-${title.replace(" ", "-")}`,
    title: `Macro F1 against ${title}`,
    description: `Each setting by its ${title} and its macro F1 on test. On the Pareto front: ${front.map((id) => view.name(view.of(id))).join(", ")}.`,
    width: 500,
    height: 340,
    legend: [...new Set(legend)],
    option: {
      xAxis: {
        ...axis,
        type: isWide ? "log" : "value",
        scale: true,
        name: isWide ? `${title}, logarithmic` : title,
        nameGap: 26,
        splitNumber: 3,
        axisLabel: {
          ...axis.axisLabel,
          formatter: tick,
          hideOverlap: true,
          ...(isWide && { showMinLabel: false, showMaxLabel: false }),
        },
        ...(isWide && { min: Math.min(...costs) / 1.6, max: Math.max(...costs) * 1.6 }),
      },
      yAxis: { ...axis, type: "value", scale: true, splitNumber: 4, name: "macro F1", nameGap: 38 },
      series: [
        {
          type: "line",
          z: 1,
          step: "end",
          symbol: "none",
          silent: true,
          lineStyle: { color: ink("muted"), width: 1, type: "dashed" },
          data: front.map((id) => [view.of(id).cost[cost], view.of(id).test.f1.value]),
        },
        ...groups.map((all) => ({
          type: "scatter",
          name: titleOf(all[0]!),
          color: ink(colourOf(all[0]!)),
          symbolSize: 10,
          emphasis: { disabled: true },
          itemStyle: {
            opacity: 1,
            borderWidth: 2,
            borderColor: ink(colourOf(all[0]!)),
            color: ink(all[0]!.recipe === rings ? "paper" : colourOf(all[0]!)),
          },
          label: {
            fontSize: 11,
            color: ink("ink"),
            opacity: 1,
            distance: 7,
            textBorderColor: ink("paper"),
            textBorderWidth: 3,
          },
          labelLayout: { hideOverlap: true },
          data: all.map((setting) => ({
            value: [setting.cost[cost], setting.test.f1.value],
            label: {
              formatter: plotLabel(setting, all.length === 1),
              show: onFront.has(setting.id) || all.length === 1 || setting === all[0] || setting === all.at(-1),
              position: isRight(setting.cost[cost]) ? "left" : "right",
            },
          })),
        })),
      ],
    },
    value: (s, i) => {
      const setting = groups[s - 1]?.[i];
      return (
        setting &&
        `${view.name(setting)}: macro F1 ${metric(setting.test.f1.value)}, ${title} ${shown(setting.cost[cost])}`
      );
    },
  });
}
