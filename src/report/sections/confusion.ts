/** Confusion matrices, in which a click on a cell shows its texts, and the most frequent confusions. */

import { isolated, shortened } from "../../base/escape.ts";
import { grouped, percent } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import {
  type Block,
  type Chart,
  heading,
  more,
  paragraph,
  quoted,
  remark,
  type Section,
} from "../../document/document.ts";
import { cutMiddle } from "../../document/narrow-text.ts";
import { confusionMatrix, confusions } from "../class-scores.ts";
import { similarOrder } from "../similar-order.ts";
import { hasSeveralSeeds, type View } from "../view.ts";
import { errorChoices } from "./errors.ts";

/** Up to so many labels, every setting has a matrix with its figures; up to so many, a few settings have one without; with more, one. */
const MOST_WITH_FIGURES = 12;
const MOST_SIDE_BY_SIDE = 40;
const MOST_PAIRS = 10;
/** Of a label beside a matrix with figures, and beside one without, which is larger. */
const [LONGEST_NAME, LONGEST_SMALL_NAME] = [12, 20];

export function confusionSection(view: View): Section | undefined {
  // Where a text may have any number of labels, none is taken for another one.
  if (view.trained.length === 0 || view.multiLabel) return undefined;
  const labels = view.comparison.data.labels;
  const first = view.comparison.recommended && view.of(view.comparison.recommended.chosen);
  // Of the recipe of what is recommended: what differs between recipes is the subject of other sections.
  const same = view.leading.filter(({ recipe, id }) => id !== first?.id && (!first || recipe === first.recipe));
  const leading = [...(first ? [first] : []), ...same];
  const isSmall = labels.length <= MOST_WITH_FIGURES;
  const open = isSmall ? leading : leading.slice(0, labels.length <= MOST_SIDE_BY_SIDE ? 4 : 1);
  const rest = isSmall ? view.trained.filter((setting) => !leading.includes(setting)) : [];
  const choices = errorChoices(view);
  // All in the same order, that of the first.
  const order = isSmall ? [...labels.keys()] : similarOrder(confusionMatrix(leading[0]!));
  const matrices = (settings: readonly Setting[]): Block => ({
    block: "charts",
    legend: [],
    charts: settings.map((setting) => matrix(view, setting, { labels, order, isSmall, choices })),
  });
  return {
    id: "confusion",
    title: "Confusion matrices",
    blocks: [
      matrices(open),
      remark(
        `A row is a true label, a column an answer; ${isSmall ? "figures and shades are" : "the shade is"} the percentage of the row${hasSeveralSeeds(view.trained) ? ", over all seeds" : ""}.${
          isSmall ? "" : " Labels that are taken for each other stand side by side."
        } A click on a cell shows its texts among the errors.`,
      ),
      ...(rest.length > 0
        ? [more(rest.length > 1 ? `The other ${rest.length} settings` : "The other setting", [matrices(rest)])]
        : []),
      heading("The most frequent confusions"),
      pairsTable(view, leading),
    ],
  };
}

function pairsTable(view: View, settings: readonly Setting[]): Block {
  const found = settings.map(confusions);
  const pairs = found[0]!.slice(0, MOST_PAIRS);
  const name = view.name(settings[0]!);
  if (pairs.length === 0) return paragraph(`${name} takes no test text for one of another label.`);
  const others = settings.length > 2 ? "the other methods make" : "the other method makes";
  return {
    block: "table",
    caption: `Of ${name}${settings.length > 1 ? `, with what ${others} of the same texts` : ""}: share of the texts of that label.`,
    columns: [
      { title: "Label" },
      { title: "Taken for" },
      ...settings.map((setting) => ({ title: view.name(setting), figures: true })),
    ],
    groups: [
      {
        rows: pairs.map(({ truth, predicted }) => [
          [quoted(truth)],
          [quoted(predicted)],
          ...found.map((all) => {
            const same = all.find((one) => one.truth === truth && one.predicted === predicted);
            return { text: percent(same?.share ?? 0), shade: same?.share ?? 0 };
          }),
        ]),
      },
    ],
  };
}

interface MatrixFacts {
  readonly labels: readonly string[];
  /** Labels as they stand in rows and columns. */
  readonly order: readonly number[];
  readonly isSmall: boolean;
  readonly choices: ReturnType<typeof errorChoices>;
}

function matrix(view: View, setting: Setting, { labels, order, isSmall, choices }: MatrixFacts): Chart {
  const counts = confusionMatrix(setting);
  const totals = counts.map((row) => row.reduce((a, b) => a + b, 0));
  const cells = order.flatMap((i, y) =>
    order.map((j, x) => ({ i, j, x, y, count: counts[i]![j]!, share: totals[i] ? counts[i]![j]! / totals[i] : 0 })),
  );
  // A cell without texts needs no shape; with many labels they are most of them.
  const shown = isSmall ? cells : cells.filter(({ count }) => count > 0);
  const isLarge = labels.length > MOST_SIDE_BY_SIDE;
  const cut = distinctlyCut(labels, isSmall ? LONGEST_NAME : LONGEST_SMALL_NAME).map(isolated);
  const names = order.map((k) => cut[k]!);
  const longest = Math.max(...names.map((name) => name.length));
  const fontSize = isSmall ? 11 : isLarge ? Math.max(3, 400 / labels.length) : 9;
  const space = 14 + 0.61 * fontSize * longest;
  const nameAxis = {
    type: "category",
    data: names,
    axisLine: { show: false },
    axisTick: { show: false },
    // Without figures, lines lead the eye from a cell to its names.
    splitLine: {
      show: !isSmall,
      interval: 0,
      lineStyle: { color: ink("rule"), opacity: 0.6, width: isLarge ? 0.3 : 1 },
    },
    axisLabel: { color: axis.axisLabel.color, fontSize, interval: 0, margin: isLarge ? 3 : 8 },
  };
  return drawChart({
    file: `confusion-${setting.id.replace(/[^A-Za-z0-9.]+/g, "-")}`,
    title: view.name(setting),
    description: `Confusion matrix of ${view.name(setting)} on test, ${labels.length} labels.`,
    zoomable: isLarge,
    ...(isSmall ? { width: 400, height: 360 } : isLarge ? { width: 760, height: 760 } : { width: 640, height: 640 }),
    option: {
      grid: {
        left: space,
        right: 10,
        top: 8,
        bottom: isSmall ? (labels.length > 4 ? space * 0.72 + 8 : 30) : space + 4,
      },
      xAxis: { ...nameAxis, axisLabel: { ...nameAxis.axisLabel, rotate: isSmall ? (labels.length > 4 ? 45 : 0) : 90 } },
      yAxis: { ...nameAxis, inverse: true },
      series: [
        {
          type: "heatmap",
          emphasis: { disabled: true },
          label: {
            show: isSmall,
            color: ink("ink"),
            opacity: 1,
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) => cellFigure(shown[dataIndex]!),
          },
          data: shown.map(({ x, y, share }) => ({
            value: [x, y, share],
            itemStyle: {
              color: ink("heat"),
              // One text of a hundred is seen, too.
              opacity: share && isLarge ? 0.2 + 0.8 * share : share,
              ...(!isLarge && { borderColor: ink("paper"), borderWidth: 1 }),
            },
          })),
        },
      ],
      visualMap: { show: false, min: 0, max: 1, dimension: 2, inRange: { color: [ink("heat"), ink("heat")] } },
    },
    value: (_, k) => {
      const { i, j, count, share } = shown[k]!;
      return i === j
        ? `${labels[i]}: ${grouped(count)} right, ${percent(share)}`
        : `${labels[i]} taken for ${labels[j]}: ${grouped(count)}, ${percent(share)}`;
    },
    choice: (_, k) => choices(setting.id, labels[shown[k]!.i]!, labels[shown[k]!.j]!),
  });
}

/** At their ends, or in their middles where the ends are what tells them apart. */
function distinctlyCut(names: readonly string[], most: number): string[] {
  const cut = names.map((name) => shortened(name, most));
  return new Set(cut).size === names.length ? cut : names.map((name) => cutMiddle(most, name));
}

/** Whole percent; nothing where there is nothing, so that what is there stands out. */
function cellFigure({ count, share }: { readonly count: number; readonly share: number }): string {
  if (count === 0) return "";
  return share < 0.005 ? "< 1" : (100 * share).toFixed(0);
}
