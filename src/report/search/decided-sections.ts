/** How a search decided, which trials failed, and what repeats it. */

import { optionInWords } from "../../base/command-text.ts";
import { grouped, plural, timeSpan } from "../../base/format.ts";
import { code, type Fact, list, paragraph, quoted, remark, type Section, type Table } from "../../document/document.ts";
import { metricTitle } from "../../search/score-words.ts";
import type { Search } from "../../search/search-file.ts";
import { spaceInWords } from "../../search/space.ts";
import { LEAST_RESULTS } from "../../search/tpe.ts";
import { inARow } from "../conclusions/wording.ts";
import { methodTitle } from "../view.ts";
import type { ReportedSearch } from "./reported-search.ts";
import { searchCost } from "./search-cost.ts";

export function failuresSection({ state }: ReportedSearch): Section | undefined {
  const failed = state.trials.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return undefined;
  return {
    id: "failures",
    title: "Trials that failed",
    blocks: [
      remark("They count as the worst of their rung."),
      list(failed.map(({ trial, failure }) => [`${trial}: `, quoted(failure!)])),
    ],
  };
}

export function decidedSection(view: ReportedSearch): Section {
  const { search } = view;
  return {
    id: "decided",
    title: "How it was decided",
    blocks: [{ block: "facts", items: [...stopping(view), ...values(view), ...cost(view)] }, spacesTable(search)],
  };
}

function stopping({ search, state }: ReportedSearch): Fact[] {
  const { rungs, eta, pruner } = search;
  const name = metricTitle(search);
  if (pruner === "none" || rungs.length === 1)
    return [
      [
        "Trials",
        `${plural(state.trials.length, "trial")} of ${plural(rungs.at(-1)!, "epoch")}; none was stopped early. The ${name} of a trial is that of its best epoch.`,
      ],
    ];
  const reached = rungs.map((epochs, rung) => {
    // Minus infinity is that of a trial that failed on the way there.
    const there = state.trials.filter(({ rungScores }) => Number.isFinite(rungScores[rung])).length;
    return `${grouped(there)} ${rung === 0 ? "came to" : "to"} ${plural(epochs, "epoch")}`;
  });
  return [
    [
      "Stopping early",
      `Asynchronous successive halving (ASHA, Li et al. 2020): of the trials that have come to a rung the best ${eta === 2 ? "half" : `1/${eta}`} go on to the next, as soon as they are known. The ${name} of a trial is that of its best epoch so far.`,
    ],
    ["Trials", inARow(reached)],
  ];
}

const values = ({ search, state }: ReportedSearch): Fact[] => [
  [
    "Values",
    search.sampler === "random"
      ? "The recipe's first, then by chance."
      : `The recipe's first, then by chance, and past ${LEAST_RESULTS} results by a tree-structured Parzen estimator (TPE, Bergstra et al. 2011): ${grouped(state.trials.filter(({ from }) => from === "tpe").length)} of ${plural(state.trials.length, "trial")}.`,
  ],
];

function cost(view: ReportedSearch): Fact[] {
  const { state, search } = view;
  const { inShort } = searchCost(view);
  const limits = [
    ...(search.budget.trials === undefined ? [] : [plural(search.budget.trials, "trial")]),
    ...(search.budget.epochs === undefined ? [] : [plural(search.budget.epochs, "epoch")]),
    ...(search.budget.hours === undefined ? [] : [plural(search.budget.hours, "hour")]),
  ];
  return [
    [
      "Cost",
      `${inShort}; ${timeSpan(state.elapsed)} from the beginning to the last result, ${search.jobs === 1 ? "one trial at a time" : `with up to ${search.jobs} trials at once`}.`,
    ],
    ["Budget", limits.length > 0 ? inARow(limits) : "none"],
  ];
}

function spacesTable({ methods }: Search): Table {
  return {
    block: "table",
    caption: "What was searched; a first guess is the recipe's.",
    columns: [{ title: "Option" }, { title: "Values" }, { title: "By" }, { title: "First guess" }],
    groups: methods.map(({ method, spaces, firstGuess }) => ({
      ...(methods.length > 1 && { title: methodTitle(method) }),
      rows: Object.entries(spaces).map(([option, space]) => [
        optionInWords(option),
        [quoted(spaceInWords(space).replaceAll(",", ", "))],
        space.kind === "choice"
          ? "choice"
          : {
              uniform: "its size",
              "log-uniform": "its logarithm",
              integer: "whole numbers",
              "log-integer": "whole numbers, by the logarithm",
            }[space.kind],
        firstGuess[option] === undefined ? "" : [quoted(String(firstGuess[option]))],
      ]),
    })),
  };
}

export function repeatSection({ search }: ReportedSearch): Section {
  const { command, seed, attune, began, jobs, threads } = search;
  return {
    id: "repeat",
    title: "To repeat it",
    blocks: [
      paragraph(
        "This command repeats the search. Its decisions follow from the seed and from the order in which results come, which log.jsonl has:",
      ),
      { block: "command", text: command },
      {
        block: "facts",
        items: [
          ["Seed", String(seed)],
          ["Threads", `${plural(threads, "thread")} for each of ${plural(jobs, "trial")} at once`],
          ["Attune", [code(attune)]],
          ["Begun", began],
        ],
      },
    ],
  };
}
