/** Full fine-tuning, LoRA and the probe from two encoders on the same data, over seeds, as a Markdown table. */
import { join } from "node:path";
import { mean, standardDeviation } from "../src/base/spread.ts";
import { methodOf } from "../src/methods/registry.ts";
import type { RunResult } from "../src/run/run-result.ts";
import type { Plan } from "../src/study/plan-schema.ts";
import { doStudy } from "./studies.ts";

export const COMPARED = ["full", "lora", "probe"] as const;
type Compared = (typeof COMPARED)[number];

export interface Side {
  /** Of the column. */
  readonly name: string;
  /** Folder or name of the encoder, which may differ by seed. */
  readonly model: (seed: number) => string;
}

export interface Scoring {
  readonly data: string;
  readonly methods: readonly Compared[];
  readonly seeds: number;
  /** Of every run. */
  readonly options: Pick<Plan, "recipe" | "epochs" | "limit">;
  /** Folder of the studies; those that are there go on. */
  readonly out: string;
}

const FIRST_SEED = 42;

/** Does the runs that are not done, and prints the table. */
export async function printScores(sides: readonly [Side, Side], scoring: Scoring): Promise<void> {
  const { data, seeds, methods: names, options } = scoring;
  const found = [await resultsOf(sides[0], scoring), await resultsOf(sides[1], scoring)] as const;
  const epochs = options.epochs === undefined ? "" : `, epochs: ${options.epochs}`;
  const texts = options.limit === undefined ? "" : `, training texts: ${options.limit}`;
  const [before, after] = sides.map(({ name }) => name) as [string, string];
  const columns = ["accuracy, %", "macro F1, %"].flatMap((what) => [`${what}: ${before}`, after, "difference"]);
  console.log(
    `\n${data}, test, mean of ${seeds} ${seeds === 1 ? "seed" : "seeds"}${seeds > 1 ? " ± standard deviation" : ""}, recipe ${options.recipe}${epochs}${texts}:\n`,
  );
  console.log(`| | ${columns.join(" | ")} |`);
  console.log(`|---|${columns.map(() => "---:|").join("")}`);
  for (const method of names) {
    const cells = (["accuracy", "f1"] as const).flatMap((key) => {
      const [a, b] = found.map((results) => results.get(method)!.map(({ test }) => 100 * test[key])) as [
        number[],
        number[],
      ];
      const difference = mean(b) - mean(a);
      return [spread(a), spread(b), `${difference < 0 ? "−" : "+"}${Math.abs(difference).toFixed(1)}`];
    });
    console.log(`| ${methodOf(method).title}${methodOf(method).hasRank ? ", rank 8" : ""} | ${cells.join(" | ")} |`);
  }
}

const spread = (values: readonly number[]): string =>
  `${mean(values).toFixed(1)}${values.length > 1 ? ` ± ${standardDeviation(values).toFixed(1)}` : ""}`;

async function resultsOf(
  { name, model }: Side,
  { data, methods: chosen, seeds, options, out }: Scoring,
): Promise<Map<Compared, RunResult[]>> {
  const found = new Map<Compared, RunResult[]>(chosen.map((method) => [method, []]));
  for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
    // Splits that have to be made are the same for all seeds.
    const given = { data, methods: chosen, ranks: [8], seeds: [seed], splitSeed: FIRST_SEED, ...options };
    const study = join(out, `${name}-s${seed}`.replaceAll(" ", "-"));
    const plan = { ...given, model: model(seed) };
    await doStudy(plan, study, ({ method }, result) => found.get(method as Compared)!.push(result));
  }
  return found;
}
