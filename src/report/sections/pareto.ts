/** Pareto plots: macro F1 against a cost, with the settings that nothing beats in both. */
import { abbreviated, grouped, memory, metric, timeSpan } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { ParetoFront, Setting } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import { type Chart, remark, type Section } from "../../document/document.ts";
import { placeLabels } from "../../document/label-places.ts";
import { inARow } from "../conclusions/wording.ts";
import { roundExtent } from "../round-extent.ts";
import { colourOf, methodTitle, type View } from "../view.ts";

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
  const hasShapes = [...groupBy(view.trained, groupOf).values()].some((all) => all.length > 1);
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
        `Macro F1 on test with its 95 % interval. The dashed line is the Pareto front: what lies on it is beaten by no other setting in both at once.${
          hasShapes ? " Settings of one method differ in their shapes." : ""
        }${
          view.recipes.length > 1
            ? ` Rings are of the ${view.recipes[0]} recipe, full ones of the ${inARow(view.recipes.slice(1))} one.`
            : ""
        }${view.timed ? "" : ` Times cannot be compared: ${view.comparison.timesComparable.reason}.`}`,
      ),
    ],
  };
}

const titleOf = ({ method }: Setting): string => methodTitle(method);
/** What has one colour, and one filling. */
const groupOf = ({ method, recipe }: Setting): string => `${recipe}/${method}`;

/** In a plot: `r 8` of `LoRA, rank 8`, else the method's first word. */
function plotLabel({ title }: Setting, isAlone: boolean): string {
  const [method, ...rest] = title.split(", ");
  if (isAlone || rest.length === 0) return method!.replace(/ (fine-)?tuning(?= \(|$)/, "").replace(/^Linear p/, "P");
  return rest.join(", ").replace("rank ", "r ");
}

/** Of a plot, in pixels: from these it is known where each point lies, and so where labels can stand. */
const [WIDTH, HEIGHT] = [500, 340];
const GRID = { left: 56, right: 16, top: 12, bottom: 44 };
/** A generous width of one character of a label. */
const CHARACTER = 6.4;
/** Settings of one method differ in their shapes. */
const SHAPES = ["circle", "rect", "triangle", "diamond", "path://M0 0H10L5 9Z", "arrow", "pin"];

function plot(view: View, { cost, settings: front }: ParetoFront): Chart {
  const { title, shown, tick } = COSTS[cost];
  const costs = view.trained.map((setting) => setting.cost[cost]);
  const isWide = Math.min(...costs) > 0 && Math.max(...costs) / Math.min(...costs) > WIDE;
  const groups = [...groupBy(view.trained, groupOf).values()];
  const onFront = new Set(front);
  const place = (value: number) => (isWide ? Math.log(value) : value);
  const x = isWide ? { min: Math.min(...costs) / 1.6, max: Math.max(...costs) * 1.6 } : roundExtent(costs);
  const y = roundExtent(
    view.trained.flatMap(({ test }) => [test.f1.low, test.f1.high]),
    { within: [0, 1] },
  );
  const area = { width: WIDTH - GRID.left - GRID.right, height: HEIGHT - GRID.top - GRID.bottom };
  const [low, high] = [place(x.min), place(x.max)];
  // What lies on the front gets its label first.
  const labelled = [...groups.flat()].sort((a, b) => Number(onFront.has(b.id)) - Number(onFront.has(a.id)));
  const texts = labelled.map((setting) =>
    plotLabel(
      setting,
      groups.some((all) => all.length === 1 && all[0] === setting),
    ),
  );
  const points = labelled.map(({ cost: { [cost]: value }, test }, i) => ({
    x: ((place(value) - low) / (high - low)) * area.width,
    y: ((y.max - test.f1.value) / (y.max - y.min)) * area.height,
    width: CHARACTER * texts[i]!.length,
  }));
  const labels = placeLabels(points, area).flatMap((at, i) => {
    if (!at) return [];
    const along = low + (at.x / area.width) * (high - low);
    const value = [isWide ? Math.exp(along) : along, y.max - (at.y / area.height) * (y.max - y.min)];
    const {
      cost: { [cost]: own },
      test,
    } = labelled[i]!;
    return [{ text: texts[i]!, value, line: at.isAway ? [[own, test.f1.value], value] : undefined }];
  });
  const rings = view.recipes.length > 1 ? view.recipes[0] : undefined;
  const legend = groups.map((all) => titleOf(all[0]!));
  return drawChart({
    file: `f1-against-${title.replace(" ", "-")}`,
    title: `Macro F1 against ${title}`,
    description: `Each setting by its ${title} and its macro F1 on test. On the Pareto front: ${front.map((id) => view.name(view.of(id))).join(", ")}.`,
    width: WIDTH,
    height: HEIGHT,
    legend: [...new Set(legend)],
    option: {
      grid: GRID,
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
        ...x,
      },
      yAxis: { ...axis, type: "value", ...y, name: "macro F1", nameGap: 38 },
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
          data: all.map((setting, i) => ({
            value: [setting.cost[cost], setting.test.f1.value],
            symbol: SHAPES[i % SHAPES.length],
          })),
        })),
        ...view.trained.map((setting) => ({
          type: "line",
          z: 1,
          silent: true,
          symbol: "none",
          lineStyle: { color: ink(colourOf(setting)), width: 1.2, opacity: 0.55 },
          data: [setting.test.f1.low, setting.test.f1.high].map((end) => [setting.cost[cost], end]),
        })),
        ...labels.map(({ text, value, line }) => ({
          type: "line",
          z: line ? 1 : 3,
          silent: true,
          clip: false,
          color: ink("muted"),
          symbol: "circle",
          symbolSize: 0.1,
          lineStyle: { color: ink("muted"), width: 0.8 },
          data: [...(line ? [line[0]!] : []), value].map((at) => ({
            value: at,
            label: {
              show: at === value,
              position: "inside",
              formatter: text,
              fontSize: 11,
              color: ink("ink"),
              opacity: 1,
              textBorderColor: ink("paper"),
              textBorderWidth: 3,
            },
          })),
        })),
      ],
    },
    value: (s, i) => {
      const setting = groups[s - 1]?.[i];
      return (
        setting &&
        `${view.name(setting)}: macro F1 ${metric(setting.test.f1.value)} (95 % interval ${metric(setting.test.f1.low)} – ${metric(setting.test.f1.high)}), ${title} ${shown(setting.cost[cost])}`
      );
    },
  });
}
