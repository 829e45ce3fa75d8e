/** Methods with a rank, by rank: macro F1 on validation and test, and the rule that chooses. */
import { grouped, metric, timeSpan } from "../../base/format.ts";
import type { RankChoice } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../../document/chart.ts";
import { type Block, type Chart, paragraph, remark, type Section, strong } from "../../document/document.ts";
import { type Colour, methodColour } from "../../document/palette.ts";
import { roundExtent } from "../round-extent.ts";
import { methodTitle, type View } from "../view.ts";

const THRESHOLD = "one standard error below the best on validation";

export function ranksSection(view: View): Section | undefined {
  const { ranks } = view.comparison;
  if (ranks.length === 0) return undefined;
  const methods = [...new Set(ranks.map(({ method }) => method))];
  /** What tells one choice from the others: its recipe, its method, both or nothing. */
  const nameOf = ({ recipe, method }: RankChoice): string =>
    [...(methods.length > 1 ? [methodTitle(method)] : []), ...(view.recipes.length > 1 ? [recipe] : [])].join(", ");
  return {
    id: "ranks",
    title: `${methods.map(methodTitle).join(" and ")} by rank`,
    blocks: [
      ...ranks.map((choice): Block => {
        const name = nameOf(choice);
        return paragraph(name ? [strong(name), `: ${choice.reason}`] : choice.reason);
      }),
      {
        block: "charts",
        legend: [
          { text: "validation", colour: "muted", dash: [6, 4] },
          ...methods.map((method) => ({
            text: methods.length > 1 ? `test, ${methodTitle(method)}` : "test",
            colour: methodColour(method),
            dash: [],
          })),
          { text: THRESHOLD, colour: "accent", dash: [2, 3] },
        ],
        charts: ranks.map((choice) => plot(choice, nameOf(choice))),
      },
      rankTable(view, nameOf),
      remark(
        "The smallest rank is taken whose validation macro F1 is within one standard error of the best; test plays no part in the choice.",
      ),
    ],
  };
}

function plot({ ranks, method, recipe, chosen, standardError }: RankChoice, name: string): Chart {
  const best = Math.max(...ranks.map(({ validationF1 }) => validationF1));
  const line = (name: string, colour: Colour, of: (one: RankChoice["ranks"][number]) => number) => ({
    type: "line",
    name,
    color: ink(colour),
    symbol: "circle",
    symbolSize: 7,
    emphasis: { disabled: true },
    lineStyle: { width: 1.8, type: colour === "muted" ? "dashed" : "solid" },
    data: ranks.map((one) => ({
      value: of(one),
      ...(one.setting === chosen && {
        symbolSize: 11,
        itemStyle: { color: ink("paper"), borderColor: ink(colour), borderWidth: 2.5 },
      }),
    })),
  });
  return drawChart({
    file: name.includes(recipe) ? `${method}-ranks-${recipe}` : `${method}-ranks`,
    title: name ? `Macro F1 by rank, ${name}` : "Macro F1 by rank",
    description: `Macro F1 of ${methodTitle(method)} by rank. ${ranks.map(({ rank, validationF1, testF1 }) => `Rank ${rank}: validation ${metric(validationF1)}, test ${metric(testF1)}`).join("; ")}.`,
    legend: ["validation", "test", THRESHOLD],
    option: {
      xAxis: { ...axis, type: "category", data: ranks.map(({ rank }) => String(rank)), name: "rank", nameGap: 26 },
      yAxis: {
        ...axis,
        type: "value",
        // What differs by less than the error of the measurement must not fill the picture.
        ...roundExtent(
          ranks.flatMap((one) => [one.validationF1, one.testF1]),
          { least: 8 * standardError, within: [0, 1] },
        ),
      },
      series: [
        line("validation", "muted", ({ validationF1 }) => validationF1),
        line("test", methodColour(method), ({ testF1 }) => testF1),
        {
          type: "line",
          name: THRESHOLD,
          symbol: "none",
          silent: true,
          lineStyle: { color: ink("accent"), width: 1.5, type: [2, 3], opacity: 1 },
          data: ranks.map(() => best - standardError),
        },
      ],
    },
    value: (s, i) => {
      const one = ranks[i]!;
      const figure =
        s === 0 ? `validation macro F1 ${metric(one.validationF1)}` : `test macro F1 ${metric(one.testF1)}`;
      return `rank ${one.rank}: ${figure}${one.setting === chosen ? ", chosen" : ""}`;
    },
  });
}

function rankTable(view: View, nameOf: (choice: RankChoice) => string): Block {
  return {
    block: "table",
    columns: [
      { title: "Rank" },
      { title: "Validation F1", figures: true },
      { title: "Test F1", figures: true },
      { title: "Trained parameters", figures: true },
      ...(view.timed ? [{ title: "Total time", figures: true }] : []),
    ],
    groups: view.comparison.ranks.map((choice) => ({
      ...(nameOf(choice) && { title: view.recipes.length > 1 ? `Recipe: ${nameOf(choice)}` : nameOf(choice) }),
      rows: choice.ranks.map(({ rank, setting, validationF1, testF1 }) => {
        const { cost } = view.of(setting);
        return [
          setting === choice.chosen ? { text: String(rank), below: "chosen", best: true } : String(rank),
          metric(validationF1),
          metric(testF1),
          grouped(Math.round(cost.trainableParameters)),
          ...(view.timed ? [timeSpan(cost.totalSeconds)] : []),
        ];
      }),
    })),
  };
}
