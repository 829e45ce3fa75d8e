/** LoRA by rank: macro F1 on validation and test, and the rule that chooses. */
import { grouped, metric, timeSpan } from "../../base/format.ts";
import type { RankChoice } from "../../comparison/comparison.ts";
import { axis, drawChart, ink } from "../chart.ts";
import { type Block, type Chart, paragraph, remark, type Section, strong } from "../document.ts";
import { type Colour, methodColour } from "../palette.ts";
import type { View } from "../view.ts";

const LORA = methodColour("lora");
const THRESHOLD = "one standard error below the best on validation";

export function ranksSection(view: View): Section | undefined {
  const { ranks } = view.comparison;
  if (ranks.length === 0) return undefined;
  const several = view.recipes.length > 1;
  return {
    id: "ranks",
    title: "LoRA by rank",
    blocks: [
      ...ranks.map(
        (choice): Block => paragraph(several ? [strong(choice.recipe), `: ${choice.reason}`] : choice.reason),
      ),
      {
        block: "charts",
        legend: [
          { text: "validation", colour: "muted", dash: [6, 4] },
          { text: "test", colour: LORA, dash: [] },
          { text: THRESHOLD, colour: "accent", dash: [2, 3] },
        ],
        charts: ranks.map((choice) => plot(choice, several)),
      },
      rankTable(view, several),
      remark(
        "The smallest rank is taken whose validation macro F1 is within one standard error of the best; test plays no part in the choice.",
      ),
    ],
  };
}

function plot({ ranks, recipe, chosen, standardError }: RankChoice, several: boolean): Chart {
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
    file: several ? `lora-ranks-${recipe}` : "lora-ranks",
    title: several ? `Macro F1 by rank, ${recipe}` : "Macro F1 by rank",
    description: `Macro F1 of LoRA by rank. ${ranks.map(({ rank, validationF1, testF1 }) => `Rank ${rank}: validation ${metric(validationF1)}, test ${metric(testF1)}`).join("; ")}.`,
    legend: ["validation", "test", THRESHOLD],
    option: {
      xAxis: { ...axis, type: "category", data: ranks.map(({ rank }) => String(rank)), name: "rank", nameGap: 26 },
      yAxis: { ...axis, type: "value", scale: true, splitNumber: 4 },
      series: [
        line("validation", "muted", ({ validationF1 }) => validationF1),
        line("test", LORA, ({ testF1 }) => testF1),
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

function rankTable(view: View, several: boolean): Block {
  return {
    block: "table",
    columns: [
      { title: "Rank" },
      { title: "Validation F1", figures: true },
      { title: "Test F1", figures: true },
      { title: "Trained parameters", figures: true },
      ...(view.timed ? [{ title: "Total time", figures: true }] : []),
    ],
    groups: view.comparison.ranks.map(({ ranks, recipe, chosen }) => ({
      ...(several && { title: `Recipe: ${recipe}` }),
      rows: ranks.map(({ rank, setting, validationF1, testF1 }) => {
        const { cost } = view.of(setting);
        return [
          setting === chosen ? { text: String(rank), below: "chosen", best: true } : String(rank),
          metric(validationF1),
          metric(testF1),
          grouped(Math.round(cost.trainableParameters)),
          ...(view.timed ? [timeSpan(cost.totalSeconds)] : []),
        ];
      }),
    })),
  };
}
