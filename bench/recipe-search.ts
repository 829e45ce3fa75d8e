/** How far the recipe `tuned` is from the best learning rate: each method at multiples of its rule's rate, on validation. */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { AttuneError } from "../src/base/error.ts";
import { lastOf } from "../src/base/last-of.ts";
import { standardDeviation } from "../src/base/spread.ts";
import { type MethodName, methodNames, methodOf } from "../src/methods/registry.ts";
import type { RunResult } from "../src/run/run-result.ts";
import { openPlan } from "../src/study/open-plan.ts";
import { resolvePlan } from "../src/study/plan.ts";
import type { Plan } from "../src/study/plan-schema.ts";
import { type TrainPrecision, trainPrecisionNames } from "../src/train/precision.ts";
import { chosen } from "./chosen.ts";
import { markdownTable, mean } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { includedInputs, measuring } from "./options.ts";
import { writeResults } from "./results.ts";
import { doStudy, studiesFolder } from "./studies.ts";

const RANK = 8;
const METHODS = "full,lora,probe,prefix,prompt,bitfit,ia3";

/** One method on one data set. */
interface Cell {
  readonly data: string;
  readonly method: MethodName;
  /** What the recipe would take. */
  readonly rule: number;
  readonly runs: readonly Run[];
}

interface Run {
  readonly rate: number;
  readonly seed: number;
  readonly result: RunResult;
}

export async function benchRecipeSearch(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...includedInputs,
      ...measuring,
      methods: { type: "string", default: METHODS },
      factors: { type: "string", default: "0.5,1,2" },
      seeds: { type: "string", default: "42" },
      precision: { type: "string", default: "float32" },
      epochs: { type: "string" },
      limit: { type: "string" },
      studies: { type: "string" },
    },
  });
  const methods = chosen("methods", values.methods, methodNames);
  const [precision] = chosen<TrainPrecision>("precision", values.precision, trainPrecisionNames);
  const factors = values.factors.split(",").map(Number);
  if (!factors.includes(1) || !factors.every((factor) => factor > 0))
    throw new AttuneError("bench/factors", `--factors ${values.factors}: give numbers above 0, 1 among them`);
  const seeds = values.seeds.split(",").map(Number);
  const limit = values.limit ?? (values.short ? "64" : undefined);
  const epochs = values.epochs ?? (values.short ? "1" : undefined);
  const shared = {
    ...({ model: values.model, recipe: "tuned", seeds, threads: Number(values.threads) } as const),
    ...(precision !== "float32" && { precision: precision! }),
    ...(limit !== undefined && { limit: Number(limit) }),
    ...(epochs !== undefined && { epochs: Number(epochs) }),
  };
  const encoder = basename(values.model);
  const folder = studiesFolder(values.studies, "recipe-search", "studies");
  const cells: Cell[] = [];
  let written = "";
  for (const path of values.data.split(",")) {
    const data = basename(path);
    const ranks = methods.some((method) => methodOf(method).hasRank) ? { ranks: [RANK] } : {};
    const rules = await ratesOfRules({ ...shared, data: path, methods: [...methods], ...ranks });
    const plan: Plan = {
      ...{ ...shared, data: path, methods: [] },
      runs: methods.map((method) => ({
        ...{ method, learningRate: factors.map((factor) => factor * rules.get(method)!) },
        ...(methodOf(method).hasRank && { rank: RANK }),
      })),
    };
    const found = methods.map((method) => ({ data, method, rule: rules.get(method)!, runs: [] as Run[] }));
    await doStudy(
      plan,
      join(folder, `${encoder}-${data}`.replaceAll(":", "-")),
      ({ method, seed, options }, result) => {
        const { learningRate: rate } = options as { readonly learningRate: number };
        found.find((cell) => cell.method === method)!.runs.push({ rate, seed, result });
      },
    );
    cells.push(...found);
    const about = `${encoder}, recipe tuned, ${precision}, seeds ${seeds.join(", ")}.`;
    const markdown = `${about}\n\n${regretTable(cells)}`;
    written = writeResults(
      values.out,
      benchMachine(),
      { markdown, data: { shared, cells: inShort(cells) } },
      `recipe-search-${encoder.replaceAll(":", "-")}`,
    );
    console.log(markdown);
  }
  console.log(`\n${written}.md, .json`);
}

/** The learning rates that the recipe has for this model and these data. */
async function ratesOfRules(plan: Plan): Promise<Map<MethodName, number>> {
  const { runs } = await lastOf(openPlan(resolvePlan(plan), undefined, undefined));
  return new Map(
    runs.map(({ method, options }) => {
      const { learningRate } = options as { readonly learningRate?: number };
      if (learningRate === undefined)
        throw new AttuneError("bench/no-rate", `--methods ${method}: the recipe has no learning rate for it`);
      return [method, learningRate];
    }),
  );
}

/** Macro F1 on validation of the epoch that is kept. */
const bestOf = ({ epochs }: RunResult): number => Math.max(...epochs.map(({ validation }) => validation.f1));

/** Rates in ascending order, each with the mean over seeds. */
function ratesOf({ runs }: Cell) {
  const rates = [...new Set(runs.map(({ rate }) => rate))].sort((a, b) => a - b);
  return rates.map((rate) => {
    const scores = runs.filter((run) => run.rate === rate).map(({ result }) => bestOf(result));
    return { rate, scores, score: mean(scores) };
  });
}

/** What the rule's rate is worse than the best, and what the runs with it have on the test texts. */
function regretTable(cells: readonly Cell[]): string {
  const rows = cells.map((cell) => {
    const rates = ratesOf(cell);
    const best = Math.max(...rates.map(({ score }) => score));
    const shown = rates.map(({ rate, score, scores }) => {
      const spread = scores.length > 1 ? ` ± ${standardDeviation(scores).toFixed(4)}` : "";
      const text = `${rate.toExponential()} ${score.toFixed(4)}${spread}`;
      return score === best ? `**${text}**` : text;
    });
    const own = rates.find(({ rate }) => rate === cell.rule)!;
    const tested = cell.runs.filter(({ rate }) => rate === cell.rule).map(({ result }) => result);
    const bagOfWords = tested[0]!.baselines?.bagOfWords?.f1;
    return [
      `${cell.data}, ${methodOf(cell.method).title}`,
      shown.join(" · "),
      cell.rule.toExponential(),
      (best - own.score).toFixed(4),
      mean(tested.map(({ test }) => test.f1)).toFixed(3),
      bagOfWords?.toFixed(3) ?? "–",
    ];
  });
  const head = ["", "rate, macro F1 on validation", "the rule's", "regret", "test", "bag of words"];
  return markdownTable([head, ...rows]);
}

/** Of classes and confusions the runs' folders know. */
const inShort = (cells: readonly Cell[]) =>
  cells.map(({ runs, ...cell }) => ({
    ...cell,
    runs: runs.map(({ rate, seed, result }) => ({
      ...{ rate, seed, validation: bestOf(result), epochs: result.epochs.length, bestEpoch: result.bestEpoch },
      ...{ test: result.test.f1, steps: result.steps },
    })),
  }));
