/**
 * What stopping early and learning from results are worth: ASHA with TPE against random search whose trials are all trained to
 * their end, both with the same budget of epochs, over seeds.
 */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { mean, standardDeviation } from "../src/base/spread.ts";
import { replay, type SearchState } from "../src/search/replay.ts";
import { readLog, readSearch } from "../src/search/search-folder.ts";
import { runBuilt } from "./built.ts";
import { markdownTable } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { measuring, sharedInputs } from "./options.ts";
import { writeResults } from "./results.ts";
import { loadTexts, writeSample } from "./samples.ts";

const SIDES = {
  "ASHA and TPE": ["--pruner", "asha", "--sampler", "tpe"],
  "random, to the end": ["--pruner", "none", "--sampler", "random"],
} as const;
type Side = keyof typeof SIDES;
const FIRST_SEED = 1;
/** Rows of the table, between no epoch and all. */
const POINTS = 6;

type Point = readonly [epochs: number, f1: number];

interface Repeat {
  readonly seed: number;
  readonly side: Side;
  readonly trials: number;
  readonly epochs: number;
  readonly seconds: number;
  /** After so many epochs of all trials, the best validation F1 so far. */
  readonly best: readonly Point[];
  /** The same without the first trial, whose values are the recipe's whatever searches. */
  readonly found: readonly Point[];
  readonly values: object;
  readonly testF1: number;
}

export async function benchSearch(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...measuring,
      threads: { type: "string", default: "1" },
      method: { type: "string", default: "lora" },
      "top-layers": { type: "string", default: "1" },
      limit: { type: "string" },
      others: { type: "string" },
      epochs: { type: "string" },
      budget: { type: "string" },
      eta: { type: "string", default: "3" },
      repeats: { type: "string" },
      searches: { type: "string" },
    },
  });
  const { short } = values;
  const sizes = {
    train: Number(values.limit ?? (short ? 60 : 400)),
    others: Number(values.others ?? (short ? 60 : 400)),
  };
  const [epochs, budget] = [Number(values.epochs ?? (short ? 4 : 9)), Number(values.budget ?? (short ? 12 : 81))];
  const repeats = Number(values.repeats ?? (short ? 1 : 3));
  const folder = values.searches ?? mkdtempSync(join(tmpdir(), "attune-search-"));
  console.error(`searches in ${folder}; go on with --searches ${folder}`);
  const data = join(folder, "data");
  if (!existsSync(data)) writeSample(data, await loadTexts(values.data), sizes);
  const found: Repeat[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + repeats; seed++)
    for (const side of Object.keys(SIDES) as Side[]) {
      const out = join(folder, `${SIDES[side].join("").replaceAll("--", "-").slice(1)}-s${seed}`);
      const fixed = [
        "--model",
        values.model,
        "--data",
        data,
        "--method",
        values.method,
        "--search",
        `top-layers=${values["top-layers"]}`,
      ];
      const budgets = ["--epochs", `${epochs}`, "--budget-epochs", `${budget}`, "--eta", values.eta];
      const where = ["--seed", `${seed}`, "--threads", values.threads, "--out", out, "--quiet"];
      if (!isOver(out)) runBuilt("search", ...fixed, ...budgets, ...SIDES[side], ...where);
      found.push(repeatOf(out, side, seed));
      console.error(`${out}: ${JSON.stringify(found.at(-1))}`);
    }
  const note =
    `${basename(values.model)} on ${basename(values.data)}, ${sizes.train} training texts and ${sizes.others} of validation and of test, ${values.method}, layers top:${values["top-layers"]}. ` +
    `Trials of up to ${epochs} epochs, eta ${values.eta}; ${budget} epochs for each search, ${repeats} ${repeats === 1 ? "seed" : "seeds"}; both begin with the recipe's values. ` +
    `The best macro F1 on validation so far in %, mean${repeats > 1 ? " ± standard deviation" : ""}:`;
  const markdown = [
    note,
    bestTable(found, budget, "best"),
    "The same without the first trial, the recipe's, which is in both alike:",
    bestTable(found, budget, "found"),
    "Each search:",
    repeatsTable(found),
  ].join("\n\n");
  const path = writeResults(
    values.out,
    benchMachine(),
    { markdown, data: { ...sizes, epochs, budget, model: basename(values.model), found } },
    "search",
  );
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

const stateOf = (folder: string): SearchState => replay(readSearch(folder), readLog(folder));

const isOver = (folder: string): boolean =>
  existsSync(join(folder, "search.json")) && stateOf(folder).test !== undefined;

function repeatOf(folder: string, side: Side, seed: number): Repeat {
  const { trials, steps, epochs, elapsed, best, test } = stateOf(folder);
  return {
    seed,
    side,
    trials: trials.length,
    epochs,
    seconds: elapsed,
    best: bestSoFar(steps),
    found: bestSoFar(steps.filter(({ trial }) => trial !== trials[0]!.trial)),
    values: trials.find(({ trial }) => trial === best!.trial)!.values,
    testF1: test!.metrics.f1,
  };
}

function bestSoFar(steps: SearchState["steps"]): Point[] {
  let best = Number.NEGATIVE_INFINITY;
  return steps.flatMap(({ epochs, score }): Point[] => {
    best = Math.max(best, score);
    return Number.isFinite(best) ? [[epochs, best]] : [];
  });
}

const spread = (all: readonly number[]): string =>
  `${(100 * mean(all)).toFixed(1)}${all.length > 1 ? ` ± ${(100 * standardDeviation(all)).toFixed(1)}` : ""}`;

function bestTable(found: readonly Repeat[], budget: number, which: "best" | "found"): string {
  const points = Array.from({ length: POINTS }, (_, i) => Math.round(((i + 1) * budget) / POINTS));
  const sides = Object.keys(SIDES) as Side[];
  const at = (side: Side, epochs: number) =>
    found
      .filter((one) => one.side === side)
      .map(({ [which]: best }) => best.findLast(([spent]) => spent <= epochs)?.[1]);
  const rows = points.map((epochs) => {
    const [ours, random] = sides.map((side) => at(side, epochs));
    // Before each repeat has a result there is no mean.
    const shown = [ours!, random!].map((all) => (all.includes(undefined) ? "–" : spread(all as number[])));
    const differences = ours!.map((f1, i) => (f1 ?? Number.NaN) - (random![i] ?? Number.NaN));
    return [`${epochs}`, ...shown, differences.some(Number.isNaN) ? "–" : spread(differences)];
  });
  return markdownTable([["epochs spent", ...sides, "difference, by seed"], ...rows]);
}

function repeatsTable(found: readonly Repeat[]): string {
  const rows = found.map(({ side, seed, trials, epochs, seconds, best, testF1, values }) => [
    side,
    `${seed}`,
    `${trials}`,
    `${epochs}`,
    `${Math.round(seconds)}`,
    (100 * best.at(-1)![1]).toFixed(1),
    (100 * testF1).toFixed(1),
    Object.entries(values)
      .map((pair) => pair.join(" "))
      .join(", "),
  ]);
  return markdownTable([
    ["search", "seed", "trials", "epochs", "seconds", "validation F1", "test F1", "values of the best"],
    ...rows,
  ]);
}
