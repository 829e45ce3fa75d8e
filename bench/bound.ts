/** How close a step's program comes to its own matrix products alone, run by the same engine on the same batches. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { BoundJob, BoundSteps } from "./bound-attune.ts";
import { chosen } from "./chosen.ts";
import { markdownTable, mean, median, milliseconds } from "./figures.ts";
import { jobNames, jobOf, type ModelKind, modelKinds } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import { folderOf } from "./models.ts";
import { inRounds, sharedInputs } from "./options.ts";
import { onOwnCores } from "./own-cores.ts";
import { measureHere } from "./processes.ts";
import { writeResults } from "./results.ts";
import { loadTexts, writeSample } from "./samples.ts";

const WARM_UP_STEPS = 3;
const GOALS: Readonly<Partial<Record<ModelKind, number>>> = { "bert-base": 1.08, "deberta-base": 1.35 };
const GOAL_OF_OTHERS = 1.15;

export async function benchBound(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...inRounds,
      models: { type: "string", default: "bert-base,model" },
      jobs: { type: "string", default: "full,lora" },
      batch: { type: "string", default: "16" },
      steps: { type: "string" },
    },
  });
  const kinds = chosen("models", values.models, modelKinds);
  const names = chosen("jobs", values.jobs, jobNames);
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  const steps = Number(values.steps ?? (values.short ? 5 : 23));
  const [batchSize, threads] = [Number(values.batch), Number(values.threads)];
  const machine = benchMachine();
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const rows = [["step", "graph", "its products", "GFLOP/s of these", "graph / products", "goal"]];
  const found: object[] = [];
  try {
    const texts = await loadTexts(values.data);
    const data = writeSample(join(folder, "texts"), texts, { train: steps * batchSize, others: 8 });
    for (const kind of kinds) {
      const model = await folderOf(kind, folder, values.model);
      for (const job of names) {
        const { title, options } = jobOf(job);
        const common = { model, data, batchSize, threads, epochs: 1, sharedTexts: "keep" } as const;
        const work = { steps, options: { ...common, ...options } } as BoundJob;
        const sides: Record<"graph" | "products", BoundSteps[]> = { graph: [], products: [] };
        for (let round = 0; round < rounds; round++) {
          for (const side of ["graph", "products"] as const) {
            const measure = () =>
              measureHere<BoundSteps>("bound-attune.ts", { ...work, productsOnly: side === "products" });
            sides[side].push(onOwnCores(values.short ? 1 : threads, measure));
          }
        }
        const [graph, products] = [secondsOf(sides.graph), secondsOf(sides.products)];
        const speed = mean(sides.products[0]!.operations.slice(WARM_UP_STEPS)) / products / 1e9;
        const name = `${basename(model)}, batch ${batchSize}, ${title}`;
        const goal = kind === "model" ? "–" : `≤ ${GOALS[kind] ?? GOAL_OF_OTHERS}`;
        const ratio = graph / products;
        rows.push([name, milliseconds(graph), milliseconds(products), speed.toFixed(0), ratio.toFixed(3), goal]);
        console.log(rows.at(-1)!.join("  "));
        found.push({ name, graph, products, ratio, count: sides.products[0]!.count, speed, sides });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const note = `Threads: ${threads}. The same ${steps - WARM_UP_STEPS} batches on both sides, of each the median of ${rounds} rounds in turn, and their mean.`;
  const markdown = `${note}\n\n${markdownTable(rows)}`;
  const path = writeResults(values.out, machine, { markdown, data: { threads, rounds, steps, found } }, "bound");
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

/** A batch is the same one in every round. */
function secondsOf(runs: readonly BoundSteps[]): number {
  const batches = runs[0]!.graphSeconds.map((_, i) => median(runs.map(({ graphSeconds }) => graphSeconds[i]!)));
  return mean(batches.slice(WARM_UP_STEPS));
}
