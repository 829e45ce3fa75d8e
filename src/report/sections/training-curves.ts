/** Training curves: losses and macro F1 by epoch. */
import { metric } from "../../base/format.ts";
import type { Setting } from "../../experiment/comparison.ts";
import type { EpochResult } from "../../train/trainer.ts";
import { axis, drawChart, ink } from "../chart.ts";
import type { Chart, LegendEntry, Section } from "../document.ts";
import { colourOf, epochsOf, type View } from "../view.ts";

const MEASURES = [
  { file: "training-loss", title: "Training loss", of: ({ trainLoss }: EpochResult) => trainLoss },
  { file: "validation-loss", title: "Validation loss", of: ({ validation }: EpochResult) => validation.loss },
  { file: "validation-f1", title: "Validation macro F1", of: ({ validation }: EpochResult) => validation.f1 },
] as const;

/** Settings of one method differ in their lines. */
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
          ...(several ? [{ block: "heading" as const, text: `Recipe: ${recipe}` }] : []),
          {
            block: "charts" as const,
            legend: legendOf(view, settings),
            charts: MEASURES.map((measure) => curve(view, settings, measure, several ? recipe : undefined)),
          },
        ];
      }),
      {
        block: "paragraph",
        quiet: true,
        text: "Means over seeds. A ring marks the best epoch on validation, whose weights are kept and tested.",
      },
    ],
  };
}

function legendOf(view: View, settings: readonly Setting[]): LegendEntry[] {
  return settings.map((setting) => ({
    text: view.shortName(setting),
    colour: colourOf(setting),
    dash: dashOf(setting, settings),
  }));
}

const dashOf = (setting: Setting, settings: readonly Setting[]): readonly number[] => {
  const place = settings.filter(({ method }) => method === setting.method).indexOf(setting);
  return DASHES[place % DASHES.length]!;
};

function curve(
  view: View,
  settings: readonly Setting[],
  { file, title, of }: (typeof MEASURES)[number],
  recipe: string | undefined,
): Chart {
  const epochs = Math.max(...settings.map(epochsOf));
  const values = settings.map((setting) => Array.from({ length: epochs }, (_, i) => meanAt(setting, i, of)));
  return drawChart({
    file: recipe ? `${file}-${recipe}` : file,
    title: recipe ? `${title}, ${recipe}` : title,
    description: `${title} by epoch, one line for each of ${settings.length} settings.`,
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
      yAxis: { ...axis, type: "value", scale: true, splitNumber: 4 },
      series: settings.map((setting, s) => {
        const [best, dash] = [bestEpoch(setting), dashOf(setting, settings)];
        return {
          type: "line",
          name: view.shortName(setting),
          color: ink(colourOf(setting)),
          lineStyle: { width: 1.6, ...(dash.length > 0 && { type: dash }) },
          emphasis: { disabled: true },
          symbol: "circle",
          symbolSize: 5,
          showAllSymbol: true,
          data: values[s]!.map((value, i) =>
            i + 1 === best && value !== undefined
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
        : `${view.shortName(settings[s]!)}, epoch ${i + 1}: ${metric(values[s]![i]!)}${i + 1 === bestEpoch(settings[s]!) ? ", best epoch" : ""}`,
  });
}

/** Of the first seed: that of several need not be the same. */
const bestEpoch = ({ runs }: Setting): number => runs[0]!.result.bestEpoch;

/** Mean over those seeds that came so far. */
function meanAt({ runs }: Setting, i: number, of: (epoch: EpochResult) => number): number | undefined {
  const values = runs.flatMap(({ result }) => (result.epochs[i] ? [of(result.epochs[i])] : []));
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}
