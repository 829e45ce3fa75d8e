/** Charts by echarts, drawn to SVG without a browser: readable without scripts, with each value as an SVG title. */
import { createRequire } from "node:module";
import type { EChartsCoreOption, init } from "echarts/core";
import { escapeHtml, wellFormed } from "../base/escape.ts";
import type { Chart, RowChoice } from "./document.ts";
import { type Colour, palette } from "./palette.ts";

const require = createRequire(import.meta.url);

/**
 * Loaded with the first chart, and as the one file that `require` gets: its 600 modules were most of what a command, or a
 * program that imports "attune", had to load.
 */
const echarts = () => require("echarts") as { readonly init: typeof init };

export interface ChartPlan extends Omit<Chart, "themed" | "standalone" | "width"> {
  readonly width?: number;
  readonly height?: number;
  /** Names of series that stand in the legend of a picture that stands alone. */
  readonly legend?: readonly string[];
  readonly option: ChartOption;
  /** What is said of a series' point. */
  value(series: number, point: number): string | undefined;
  /** The rows of a list that a click on a point shows, where it does anything. */
  choice?(series: number, point: number): RowChoice | undefined;
}

/** echarts' own, of which the parts that every chart shares are filled in. */
export type ChartOption = Omit<EChartsCoreOption, "grid"> & { readonly grid?: Readonly<Record<string, number>> };

const WIDTH = 400;
const HEIGHT = 300;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const FONT_SIZE = 12;

/** As it is drawn; the colours of the light scheme are names for those of the page. */
export const ink = (name: Colour): string => palette[name].light;

/** Axis parts that every chart has. */
export const axis = {
  nameLocation: "middle",
  nameTextStyle: { color: ink("muted"), fontSize: FONT_SIZE },
  axisLabel: { color: ink("muted"), fontSize: FONT_SIZE - 1 },
  axisLine: { show: true, lineStyle: { color: ink("rule") } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: ink("rule"), opacity: 0.7 } },
} as const;

export function drawChart(plan: ChartPlan): Chart {
  const { file, title, description, width = WIDTH, height = HEIGHT, zoomable = false } = plan;
  const names = plan.legend ?? [];
  const grid = { left: 56, right: 16, top: 12, bottom: 44, ...plan.option.grid };
  const themed = svgOf(plan, { ...plan.option, grid }, width, height);
  const legendHeight = legendRows(names, width) * LEGEND_ROW;
  const { choice: _, ...still } = plan;
  const alone = svgOf(
    still,
    {
      ...plan.option,
      backgroundColor: ink("paper"),
      title: { text: title, left: 12, top: 8, textStyle: { color: ink("ink"), fontSize: 14, fontWeight: 600 } },
      grid: { ...grid, top: grid.top + TITLE_HEIGHT, bottom: grid.bottom + legendHeight },
      ...(names.length > 0 && {
        legend: {
          data: [...names],
          left: 12,
          right: 12,
          bottom: 6,
          itemWidth: 24,
          itemGap: 18,
          itemHeight: 7,
          textStyle: { color: ink("ink"), fontSize: FONT_SIZE - 1 },
        },
      }),
    },
    width,
    height + TITLE_HEIGHT + legendHeight,
  );
  return { file, title, description, width, zoomable, themed: withPageColours(themed), standalone: alone };
}

const TITLE_HEIGHT = 32;
const LEGEND_ROW = 22;

/** echarts breaks its legend into lines by itself but does not say how many there are. */
function legendRows(names: readonly string[], width: number): number {
  let [rows, used] = [0, Number.POSITIVE_INFINITY];
  for (const name of names) {
    const needed = 52 + 6.4 * name.length;
    if (used + needed > width - 24) {
      rows++;
      used = 0;
    }
    used += needed;
  }
  return rows;
}

function svgOf(plan: ChartPlan, option: EChartsCoreOption, width: number, height: number) {
  const { title, description } = plan;
  const chart = echarts().init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    const texts = { fontFamily: FONT, fontSize: FONT_SIZE };
    chart.setOption({ animation: false, textStyle: texts, ...(guarded(option) as EChartsCoreOption) });
    return tidied(chart.renderToSVGString(), plan)
      .replaceAll(GUARD, "")
      .replace(
        /(<svg [^>]*?)width="\d+" height="\d+"/,
        `$1viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
      )
      .replace(/ viewBox="[^"]*"(?=[^>]* viewBox=)/, "")
      .replace(/<svg /, `<svg role="img" aria-label="${escapeHtml(`${title}. ${description}`)}" `);
  } finally {
    chart.dispose();
  }
}

/** Takes no room and is not seen, so that one that a label has may go with it. */
const GUARD = "\u2060";

/**
 * echarts remembers the widths of texts as properties of an object, so that the label "__proto__" would change what all objects
 * of the program have: names that every object has are drawn with a character before them.
 */
function guarded(value: unknown): unknown {
  if (typeof value === "string") return value in Object.prototype ? `${GUARD}${value}` : value;
  if (Array.isArray(value)) return value.map(guarded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, guarded(part)]));
}

/** Values become titles; names get the chart's own, so that several stand in one page; what only scripts read goes. */
function tidied(svg: string, { file, value, choice }: ChartPlan): string {
  return wellFormed(svg)
    .replace(/<style[^>]*><!\[CDATA\[[\s\S]*?\]\]>\s*<\/style>/g, "")
    .replace(/ class="zr\d+-cls-\d+"/g, "")
    .replace(/zr\d+-/g, `${file}-`)
    .replace(
      /<(\w+)([^>]*?) ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)" ecmeta_ssr_type="chart"([^>]*)><\/\1>/g,
      (_, tag, before, series, point, after) => {
        const at = [Number(series), Number(point)] as const;
        const said = value(...at);
        const rows = choice?.(...at);
        const chooses = rows ? ` data-choose="${escapeHtml(choiceText(rows))}"` : "";
        return `<${tag}${before}${after}${chooses}>${said === undefined ? "" : `<title>${escapeHtml(said)}</title>`}</${tag}>`;
      },
    )
    .replace(/ ecmeta_[a-z_]+="[^"]*"/g, "")
    .replace(/ pointer-events="visible"/g, "")
    .replace(/>\n+</g, "><");
}

/** As the page's script reads it. */
const choiceText = ({ list, names }: RowChoice): string => [list, ...names.map((pair) => pair.join("="))].join(" ");

/** Colours by name, and the font of the page. */
function withPageColours(svg: string): string {
  let themed = svg.replaceAll(/font-family:[^;"]*;?/g, "");
  for (const [name, { light }] of Object.entries(palette)) themed = themed.replaceAll(`"${light}"`, `"var(--${name})"`);
  return themed;
}
