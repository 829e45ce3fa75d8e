/** Which options matter, as far as so few trials can tell. */

import { optionInWords } from "../../base/command-text.ts";
import { percent, plural } from "../../base/format.ts";
import { type Block, heading, link, paragraph, remark, type Section, type Table } from "../../document/document.ts";
import { methodTitle } from "../view.ts";
import { type Importance, importancesOf, LEAST_TRIALS, SHUFFLES } from "./importance.ts";
import type { ReportedSearch } from "./reported-search.ts";

/** Chance that is no less explains as much. */
const SURE = 0.05;

export function importanceSection({ search, state }: ReportedSearch): Section | undefined {
  if (state.steps.length === 0) return undefined;
  const found = importancesOf(search, state);
  const blocks: Block[] =
    found.length > 0
      ? [
          ...found.flatMap((one) => [
            ...(one.method === undefined ? [] : [heading(methodTitle(one.method))]),
            importanceTable(one),
          ]),
          paragraph([
            "By ",
            link("PED-ANOVA", "https://arxiv.org/abs/2304.10255"),
            " (Watanabe, Bansal and Hutter 2023): an option matters as far as the best trials have other values of it than all trials have. " +
              "It sees each option by itself, and needs no more than the order of the trials: those at a higher rung are better, and within a rung those with a higher score.",
          ]),
          remark(
            `Few trials say little. The last column is how often an option that does nothing would seem to matter as much, by ${SHUFFLES} random orders of the trials; where that is ${percent(SURE)} or more, no influence is shown. Of twenty options that do nothing, one falls below it.`,
          ),
        ]
      : [paragraph(`Fewer than ${LEAST_TRIALS} trials have a result: too few to say which options matter.`)];
  return { id: "importance", title: "Which options matter", blocks };
}

function importanceTable({ trials, best, options }: Importance): Table {
  return {
    block: "table",
    caption: `The best ${best} of ${plural(trials, "trial")} against all of them.`,
    columns: [{ title: "Option" }, { title: "importance", bars: true }, { title: "as much by chance", figures: true }],
    groups: [
      {
        rows: options.map(({ option, share, chance }) => [
          optionInWords(option),
          { text: percent(share), bar: share },
          { text: percent(chance), ...(chance >= SURE && { below: "not shown" }) },
        ]),
      },
    ],
  };
}
