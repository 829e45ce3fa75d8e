/** A chart by echarts on a canvas, in the colours of the page, whose lines change without being drawn anew. */
import { LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Point } from "./curves.ts";

use([LineChart, ScatterChart, GridComponent, TooltipComponent, CanvasRenderer]);

export interface Series {
  readonly name: string;
  /** Name of a colour of the page: "method1". */
  readonly colour: string;
  readonly points: readonly Point[];
  /** What a point is called, where each is something of its own. */
  readonly names?: readonly string[];
}

export interface ChartProps {
  readonly title: string;
  readonly kind: "line" | "scatter";
  readonly series: readonly Series[];
  readonly x: { readonly title: string; readonly show: (value: number) => string };
  /** An axis spans at least `least`, so that noise does not look large. */
  readonly y: { readonly title?: string; readonly show: (value: number) => string; readonly least?: number };
  /** Marks each point: for few of them. */
  readonly dots?: boolean;
  readonly tall?: boolean;
}

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Another number whenever light and dark change. */
export function useScheme(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const see = () => setCount((before) => before + 1);
    dark.addEventListener("change", see);
    return () => dark.removeEventListener("change", see);
  }, []);
  return count;
}

export function Chart({ title, kind, series, x, y, dots = false, tall = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const scheme = useScheme();
  useEffect(() => {
    const element = place.current!;
    const made = init(element, null, { renderer: "canvas" });
    chart.current = made;
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.dispose();
    };
  }, []);
  // Another scheme has other colours.
  useEffect(() => {
    chart.current?.setOption(optionOf({ title, kind, series, x, y, dots }), { replaceMerge: ["series"] });
  }, [title, kind, series, x, y, dots, scheme]);
  return (
    <div ref={place} class={tall ? "chart tall" : "chart"} role="img" aria-label={describe(title, series, y.show)} />
  );
}

function optionOf({ kind, series, x, y, dots }: ChartProps) {
  const [ink, muted, rule, panel] = ["ink", "muted", "rule", "panel"].map(colour);
  const axis = {
    type: "value",
    scale: true,
    nameLocation: "middle",
    nameTextStyle: { color: muted },
    axisLabel: { color: muted, hideOverlap: true },
    axisLine: { show: true, lineStyle: { color: rule } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: rule } },
  } as const;
  return {
    animation: false,
    grid: { left: y.title ? 68 : 56, right: 18, top: 12, bottom: x.title ? 44 : 26 },
    xAxis: {
      ...axis,
      name: x.title,
      nameGap: 28,
      splitLine: { show: false },
      axisLabel: { ...axis.axisLabel, formatter: x.show },
    },
    yAxis: {
      ...axis,
      ...(y.title && { name: y.title, nameGap: 52 }),
      axisLabel: { ...axis.axisLabel, formatter: y.show },
      ...(y.least !== undefined && spanOf(y.least)),
    },
    tooltip: {
      trigger: kind === "line" ? "axis" : "item",
      // Drawn on the canvas: as HTML it would need styles that the page's policy forbids.
      renderMode: "richText",
      confine: true,
      backgroundColor: panel,
      borderColor: rule,
      textStyle: { color: ink, fontSize: 12 },
      axisPointer: { lineStyle: { color: muted }, label: { show: false } },
      formatter: (given: unknown) => tipText([given].flat() as Tip[], { x, y, kind, series }),
    },
    series: series.map(({ name, colour: own, points }) => ({
      type: kind,
      name,
      data: points,
      color: colour(own),
      symbol: dots || kind === "scatter" || points.length < 2 ? "circle" : "none",
      symbolSize: kind === "scatter" ? 10 : 6,
      ...(kind === "line" && { lineStyle: { width: 2 }, sampling: "lttb", progressive: 0 }),
      emphasis: { disabled: kind === "line" },
    })),
  };
}

interface Extent {
  readonly min: number;
  readonly max: number;
}

/** Of a share: never beyond 0 and 1, and with room above and below what would fill too little of it. */
function spanOf(least: number) {
  const room = ({ min, max }: Extent) => Math.max(0.1 * (max - min), (least - (max - min)) / 2);
  return {
    min: (extent: Extent) => Math.max(0, Math.floor(20 * (extent.min - room(extent))) / 20),
    max: (extent: Extent) => Math.min(1, Math.ceil(20 * (extent.max + room(extent))) / 20),
  };
}

interface Tip {
  readonly seriesIndex: number;
  readonly dataIndex: number;
  readonly value: Point;
  readonly marker: string;
}

const MOST_TIPS = 12;

function tipText(
  tips: readonly Tip[],
  { x, y, kind, series }: Pick<ChartProps, "x" | "y" | "kind" | "series">,
): string {
  const [first] = tips;
  if (!first) return "";
  if (kind === "scatter") {
    const { name, names } = series[first.seriesIndex]!;
    return [
      plain(names?.[first.dataIndex] ?? name),
      `${x.title} ${x.show(first.value[0])}`,
      `${y.title} ${y.show(first.value[1])}`,
    ].join("\n");
  }
  const lines = tips
    .slice(0, MOST_TIPS)
    .map(({ seriesIndex, value }) => `${y.show(value[1])}  ${plain(series[seriesIndex]!.name)}`);
  return [`${x.title} ${x.show(first.value[0])}`, ...lines].join("\n");
}

/** Rich text of echarts has styles in braces. */
const plain = (text: string): string => text.replace(/[{}|]/g, " ");

/** For those who do not see it. */
function describe(title: string, series: readonly Series[], show: (value: number) => string): string {
  const last = series.flatMap(({ name, points }) => (points.length > 0 ? [`${name} ${show(points.at(-1)![1])}`] : []));
  return last.length === 0 ? `${title}: nothing yet` : `${title}, last values: ${last.slice(0, MOST_TIPS).join(", ")}`;
}
