/** What 8-bit products cost in accuracy: the same runs in float32 and in int8 or int8-all, over data sets, methods and seeds. */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { standardDeviation } from "../src/base/spread.ts";
import { type MethodName, methodNames, methodOf } from "../src/methods/registry.ts";
import type { RunResult } from "../src/run/run-result.ts";
import { type RecipeChoice, recipeChoices } from "../src/study/plan-schema.ts";
import type { SplitMetrics } from "../src/train/metrics.ts";
import { type TrainPrecision, trainPrecisionNames } from "../src/train/precision.ts";
import { chosen } from "./chosen.ts";
import { markdownTable, mean } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { measuring, sharedInputs } from "./options.ts";
import { writeResults } from "./results.ts";
import { doStudy, studiesFolder } from "./studies.ts";

const IN_BYTES = trainPrecisionNames.filter((name) => name !== "float32");
const RANK = 8;
/** Points by which the mean over seeds may differ. */
const GOAL = 0.5;

interface Place {
  readonly data: string;
  readonly method: MethodName;
  readonly seed: number;
}

interface Measured extends Place {
  readonly precision: TrainPrecision;
  readonly result: RunResult;
}

/** One run in both precisions. */
interface Pair extends Place {
  readonly float32: RunResult;
  readonly int8: RunResult;
}

export async function benchInt8Accuracy(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: sharedInputs.model,
      ...measuring,
      data: { type: "string", default: `${sharedInputs.data.default},../shared/data/banking77` },
      methods: { type: "string", default: "lora,prefix,prompt" },
      seeds: { type: "string", default: "42,43,44" },
      recipe: { type: "string", default: "tuned" },
      precision: { type: "string", default: "int8" },
      epochs: { type: "string" },
      limit: { type: "string" },
      studies: { type: "string" },
    },
  });
  const methods = chosen("methods", values.methods, methodNames);
  const [precision] = chosen("precision", values.precision, IN_BYTES);
  const [recipe] = chosen<RecipeChoice>("recipe", values.recipe, recipeChoices);
  const limit = values.limit ?? (values.short ? "64" : undefined);
  const epochs = values.epochs ?? (values.short ? "1" : undefined);
  const folder = studiesFolder(values.studies, "int8-accuracy", "studies");
  const plan = {
    ...({ model: values.model, methods, precision: ["float32", precision!], recipe: recipe! } as const),
    ...{ seeds: values.seeds.split(",").map(Number), threads: Number(values.threads) },
    ...(methods.some((method) => methodOf(method).hasRank) && { ranks: [RANK] }),
    ...(limit !== undefined && { limit: Number(limit) }),
    ...(epochs !== undefined && { epochs: Number(epochs) }),
  };
  const about = `${basename(values.model)}, recipe ${recipe}, ${limit ?? "all"} training texts${epochs === undefined ? "" : `, epochs: ${epochs}`}, ${values.threads} ${values.threads === "1" ? "thread" : "threads"}.`;
  const results: Measured[] = [];
  let written = "";
  const write = () => {
    const markdown = [about, ...tablesOf(pairsOf(results), precision!)].join("\n\n");
    // Of classes and confusions the runs' folders know.
    const short = ({ accuracy, f1, loss }: SplitMetrics) => ({ accuracy, f1, loss });
    const found = results.map(({ result: { test, testFloat32 }, ...place }) => ({
      ...{ ...place, test: short(test) },
      ...(testFloat32 && { testFloat32: short(testFloat32) }),
    }));
    written = writeResults(values.out, benchMachine(), { markdown, data: { plan, found } }, `${precision}-accuracy`);
    return markdown;
  };
  for (const path of values.data.split(",")) {
    const data = basename(path);
    await doStudy({ ...plan, data: path }, join(folder, data), ({ method, seed, options }, result) => {
      const { precision } = options as { readonly precision: TrainPrecision };
      results.push({ data, method, seed, precision, result });
      write();
    });
  }
  console.log(`${write()}\n\n${written}.md, .json`);
}

function pairsOf(results: readonly Measured[]): Pair[] {
  return results
    .filter(({ precision }) => precision === "float32")
    .flatMap(({ data, method, seed, result: float32 }) => {
      const same = (other: Measured) => other.data === data && other.method === method && other.seed === seed;
      const int8 = results.find((other) => other.precision !== "float32" && same(other))?.result;
      return int8 ? [{ data, method, seed, float32, int8 }] : [];
    });
}

/** Differences of each data set and method, of each method and of all; and the figures of each run. */
function tablesOf(pairs: readonly Pair[], precision: TrainPrecision): string[] {
  const summary = (name: string, of: readonly Pair[]) => {
    const accuracy = of.map(difference("accuracy"));
    const isWithin = Math.abs(mean(accuracy)) <= GOAL + 1e-9; // As many texts as that may differ.
    return [name, `${of.length}`, spread(accuracy), spread(of.map(difference("f1"))), isWithin ? "yes" : "no"];
  };
  const groups = (keyOf: (pair: Pair) => string) =>
    [...new Set(pairs.map(keyOf))].map((key) =>
      summary(
        key,
        pairs.filter((pair) => keyOf(pair) === key),
      ),
    );
  const measures = ["accuracy", "macro F1"].flatMap((what) => [
    `${what}: float32`,
    precision,
    `${precision}'s in float32`,
    "",
  ]);
  return [
    markdownTable([
      [`${precision} − float32, points`, "runs", "accuracy", "macro F1", `accuracy within ±${GOAL}`],
      ...groups((pair) => `${pair.data}, ${titleOf(pair)}`),
      ...groups(titleOf),
      ...(pairs.length > 0 ? [summary("all", pairs)] : []),
    ]),
    markdownTable([
      ["test, %", ...measures],
      ...pairs.map((pair) => [
        `${pair.data}, ${titleOf(pair)}, seed ${pair.seed}`,
        ...(["accuracy", "f1"] as const).flatMap((key) => [
          percent(pair.float32.test[key]),
          percent(pair.int8.test[key]),
          percent(pair.int8.testFloat32?.[key]),
          points(difference(key)(pair)),
        ]),
      ]),
    ]),
    `Mean and standard deviation. ${precision}'s in float32: the weights trained in ${precision}, tested in float32; no figure where the run fell back to float32.`,
  ];
}

const titleOf = ({ method }: Pair): string =>
  `${methodOf(method).title}${methodOf(method).hasRank ? `, rank ${RANK}` : ""}`;

const difference =
  (key: "accuracy" | "f1") =>
  ({ float32, int8 }: Pair): number =>
    100 * (int8.test[key] - float32.test[key]);

const percent = (share: number | undefined): string => (share === undefined ? "–" : (100 * share).toFixed(2));
const points = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const spread = (values: readonly number[]): string =>
  values.length > 1 ? `${points(mean(values))} ± ${standardDeviation(values).toFixed(2)}` : points(mean(values));
