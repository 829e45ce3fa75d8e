/** Training curves: losses and macro F1 by epoch. */
import { metric } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import { type Chart, heading, type LegendEntry, remark, type Section } from "../../document/document.ts";
import type { EpochResult } from "../../train/trainer.ts";
import { roundExtent } from "../round-extent.ts";
import { colourOf, epochsOf, hasSeveralSeeds, type View } from "../view.ts";

const LOSSES = [0, Number.POSITIVE_INFINITY] as const;
const MEASURES = [
  { file: "training-loss", title: "Training loss", of: ({ trainLoss }: EpochResult) => trainLoss, within: LOSSES },
  {
    file: "validation-loss",
    title: "Validation loss",
    of: ({ validation }: EpochResult) => validation.loss,
    within: LOSSES,
  },
  {
    file: "validation-f1",
    title: "Validation macro F1",
    of: ({ validation }: EpochResult) => validation.f1,
    within: [0, 1],
  },
] as const;

/** Of losses as of scores, less is mostly noise. */
const LEAST_SPAN = 0.05;

/** Settings of one method differ in their lines; more than there are dashes, in their width. */
const DASHES: readonly (readonly number[])[] = [[], [8, 3], [4, 3], [1.5, 2.5], [8, 3, 1.5, 3]];

export function curvesSection(view: View): Section | undefined {
  const trained = view.trained.filter((setting) => epochsOf(setting) > 0);
  if (trained.length === 0) return undefined;
  const several = view.recipes.length > 1;
  return {
    id: "curves",
    title: "Training curves",
    blocks: [
      ...view.recipes.flatMap((recipe) => {
        const settings = trained.filter((setting) => setting.recipe === recipe);
        if (settings.length === 0) return [];
        return [
          ...(several ? [heading(`Recipe: ${recipe}`)] : []),
          {
            block: "charts" as const,
            legend: legendOf(view, settings),
            charts: MEASURES.map((measure) => curve(view, settings, measure, several ? recipe : undefined)),
          },
        ];
      }),
      remark(
        hasSeveralSeeds(trained)
          ? "Means over seeds. A ring marks an epoch that is the best on validation for some seed, whose weights are then kept and tested."
          : "A ring marks the best epoch on validation, whose weights are kept and tested.",
      ),
    ],
  };
}

function legendOf(view: View, settings: readonly Setting[]): LegendEntry[] {
  return settings.map((setting) => ({
    text: view.shortName(setting),
    colour: colourOf(setting),
    ...lineOf(setting, settings),
  }));
}

function lineOf(setting: Setting, settings: readonly Setting[]) {
  const place = settings.filter(({ method }) => method === setting.method).indexOf(setting);
  return { dash: DASHES[place % DASHES.length]!, width: 1.6 * (1 + Math.floor(place / DASHES.length)) };
}

function curve(
  view: View,
  settings: readonly Setting[],
  { file, title, of, within }: (typeof MEASURES)[number],
  recipe: string | undefined,
): Chart {
  const epochs = Math.max(...settings.map(epochsOf));
  const values = settings.map((setting) => Array.from({ length: epochs }, (_, i) => meanAt(setting, i, of)));
  return drawChart({
    file: recipe ? `${file}-${recipe}` : file,
    title: recipe ? `${title}, ${recipe}` : title,
    description: `${title} by epoch${settings.length > 1 ? `, one line for each of ${settings.length} settings` : ` of ${view.shortName(settings[0]!)}`}.`,
    legend: settings.map(view.shortName),
    option: {
      xAxis: {
        ...axis,
        type: "category",
        data: Array.from({ length: epochs }, (_, i) => String(i + 1)),
        name: "epoch",
        nameGap: 26,
        boundaryGap: epochs === 1,
      },
      yAxis: {
        ...axis,
        type: "value",
        ...roundExtent(
          values.flat().filter((value) => value !== undefined),
          { least: LEAST_SPAN, within },
        ),
      },
      series: settings.map((setting, s) => {
        const { dash, width } = lineOf(setting, settings);
        return {
          type: "line",
          name: view.shortName(setting),
          color: ink(colourOf(setting)),
          lineStyle: { width, ...(dash.length > 0 && { type: dash }) },
          emphasis: { disabled: true },
          symbol: "circle",
          symbolSize: 5,
          showAllSymbol: true,
          data: values[s]!.map((value, i) =>
            bestEpoch(setting, i + 1) && value !== undefined
              ? {
                  value,
                  symbolSize: 9,
                  itemStyle: { color: ink("paper"), borderColor: ink(colourOf(setting)), borderWidth: 2 },
                }
              : (value ?? null),
          ),
        };
      }),
    },
    value: (s, i) =>
      values[s]?.[i] === undefined
        ? undefined
        : `${view.shortName(settings[s]!)}, epoch ${i + 1}: ${metric(values[s]![i]!)}${bestEpoch(settings[s]!, i + 1)}`,
  });
}

/** How many seeds have an epoch as their best one: ", best epoch", ", best epoch of 2 of 3 seeds". */
function bestEpoch({ runs }: Setting, epoch: number): string {
  const count = runs.filter(({ result }) => result.bestEpoch === epoch).length;
  if (count === 0) return "";
  return `, best epoch${runs.length > 1 ? ` of ${count} of ${runs.length} seeds` : ""}`;
}

/** Mean over those seeds that came so far. */
function meanAt({ runs }: Setting, i: number, of: (epoch: EpochResult) => number): number | undefined {
  const values = runs.flatMap(({ result }) => (result.epochs[i] ? [of(result.epochs[i])] : []));
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}
