/** Prediction beside transformers.js with the same weights on the same texts, from text to label on both sides. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { chosen } from "./chosen.ts";
import { markdownTable, median, megabytes, seconds, times } from "./figures.ts";
import type { InferJob, InferRun } from "./infer-side.ts";
import { modelKinds } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import { folderOf, writeClassifiers } from "./models.ts";
import { measureHere } from "./processes.ts";
import { resultsFolder, writeResults } from "./results.ts";
import { loadTexts } from "./samples.ts";

const GOAL = 1.8;
/** Probabilities of the two sides differ by no more. */
const TOLERANCE = 1e-4;

export async function benchInfer(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      models: { type: "string", default: "model" },
      data: { type: "string", default: "../shared/data/dair-ai/emotion" },
      limit: { type: "string" },
      batch: { type: "string", default: "1,8,32,64" },
      rounds: { type: "string" },
      threads: { type: "string", default: "2" },
      out: { type: "string", default: resultsFolder },
      short: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  const limit = Number(values.limit ?? (values.short ? 64 : 2000));
  const threads = Number(values.threads);
  const batches = values.batch.split(",").map(Number);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const rows = [["model", "side", "batch", "time", "texts/s", "peak memory", "Attune is faster", "goal"]];
  const found: object[] = [];
  try {
    const { splits, labels } = await loadTexts(values.data);
    const { test } = splits;
    const texts = Array.from({ length: Math.min(limit, test.length) }, (_, i) => test.at(i).text);
    const file = join(folder, "texts.json");
    writeFileSync(file, JSON.stringify(texts));
    for (const kind of chosen("models", values.models, modelKinds)) {
      const base = await folderOf(kind, folder, values.model);
      const own = join(folder, `for-${kind}`);
      mkdirSync(own);
      const job = { ...(await writeClassifiers(own, base, labels)), texts: file, threads };
      const sides = new Map<string, InferRun[]>([
        ...["attune", ...batches.map(String)].map((side): [string, InferRun[]] => [side, []]),
      ]);
      for (let round = 1; round <= rounds; round++)
        for (const [side, runs] of sides) {
          const batch = side === "attune" ? {} : { batch: Number(side) };
          runs.push(measureHere<InferRun>("infer-side.ts", { ...job, ...batch } satisfies InferJob));
          const name = side === "attune" ? side : `transformers.js, batch ${side}`;
          console.log(`${basename(base)}, round ${round}, ${name}: ${seconds(runs.at(-1)!.seconds)}`);
        }
      const secondsOf = (side: string) => median(sides.get(side)!.map((run) => run.seconds));
      const best = batches.map(String).reduce((a, b) => (secondsOf(b) < secondsOf(a) ? b : a));
      const difference = largestDifference(sides.get("attune")![0]!, sides.get(best)![0]!);
      if (difference > TOLERANCE)
        throw new Error(`the sides do not predict the same: probabilities differ by ${difference}`);
      for (const [side, runs] of sides) {
        const isAttune = side === "attune";
        rows.push([
          basename(base),
          isAttune ? "Attune" : `transformers.js${side === best ? ", its best" : ""}`,
          isAttune ? "by length" : side,
          seconds(secondsOf(side)),
          (texts.length / secondsOf(side)).toFixed(0),
          megabytes(Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes))),
          isAttune ? "–" : times(secondsOf(side) / secondsOf("attune")),
          side === best ? `≥ ${GOAL}×` : "–",
        ]);
      }
      const figures = [...sides].map(([side, runs]) => [side, runs.map((run) => run.seconds)]);
      const ratio = secondsOf(best) / secondsOf("attune");
      found.push({ model: basename(base), ratio, best, difference, seconds: Object.fromEntries(figures) });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const note = `${limit} texts, ${threads} threads, float32, the same weights; from text to label, loading left out; medians of ${rounds} rounds in turn. transformers.js takes the texts in their order, so many at once.`;
  const markdown = `${note}\n\n${markdownTable(rows)}`;
  const path = writeResults(
    values.out,
    benchMachine(),
    { markdown, data: { threads, rounds, texts: limit, found } },
    "infer",
  );
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

/** Of the probability of the most probable label, where both sides say the same one. */
function largestDifference(ours: InferRun, theirs: InferRun): number {
  return ours.scores.reduce((most, score, i) => Math.max(most, Math.abs(score - theirs.scores[i]!)), 0);
}
