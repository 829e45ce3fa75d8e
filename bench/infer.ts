/** Prediction beside transformers.js with the same weights on the same texts, from text to label on both sides. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type Precision, precisionNames } from "../src/train/precision.ts";
import { chosen } from "./chosen.ts";
import { markdownTable, median, megabytes, seconds, times } from "./figures.ts";
import type { InferJob, InferRun } from "./infer-side.ts";
import { modelKinds } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import { folderOf, writeClassifiers } from "./models.ts";
import { inRounds, sharedInputs } from "./options.ts";
import { onOwnCores } from "./own-cores.ts";
import { measureHere } from "./processes.ts";
import { writeResults } from "./results.ts";
import { loadTexts } from "./samples.ts";

/** transformers.js's seconds over Attune's, at least, each with its best batching. */
const GOALS: Readonly<Record<Precision, number>> = { float32: 1.8, int8: 1.5 };
/** In float32, probabilities of the two sides differ by no more. */
const TOLERANCE = 1e-4;

/** Attune, or transformers.js with so many texts at once. */
interface Side {
  readonly precision: Precision;
  readonly batch?: number;
  readonly runs: InferRun[];
}

export async function benchInfer(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...inRounds,
      models: { type: "string", default: "model" },
      limit: { type: "string" },
      batch: { type: "string", default: "1,8,32,64" },
      precision: { type: "string", default: precisionNames.join(",") },
    },
  });
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  const limit = Number(values.limit ?? (values.short ? 64 : 2000));
  const threads = Number(values.threads);
  const batches = values.batch.split(",").map(Number);
  const precisions = chosen("precision", values.precision, precisionNames);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const rows = [["model", "precision", "side", "batch", "time", "texts/s", "peak memory", "Attune is faster", "goal"]];
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
      const sides = precisions.flatMap((precision): Side[] => [
        { precision, runs: [] },
        ...batches.map((batch) => ({ precision, batch, runs: [] })),
      ]);
      for (let round = 1; round <= rounds; round++)
        for (const { precision, batch, runs } of sides) {
          const given = { ...job, precision, ...(batch !== undefined && { batch }) };
          const measure = () => measureHere<InferRun>("infer-side.ts", given satisfies InferJob);
          runs.push(onOwnCores(values.short ? 1 : threads, measure));
          const name = batch === undefined ? "attune" : `transformers.js, batch ${batch}`;
          console.log(`${basename(base)}, round ${round}, ${precision}, ${name}: ${seconds(runs.at(-1)!.seconds)}`);
        }
      for (const precision of precisions) {
        const all = sides.filter((side) => side.precision === precision);
        const attune = all.find(({ batch }) => batch === undefined)!;
        const best = all.filter((side) => side !== attune).reduce((a, b) => (secondsOf(b) < secondsOf(a) ? b : a));
        const difference = largestDifference(attune.runs[0]!, best.runs[0]!);
        if (precision === "float32" && difference > TOLERANCE)
          throw new Error(`the sides do not predict the same: probabilities differ by ${difference}`);
        for (const side of all)
          rows.push([
            basename(base),
            precision,
            side === attune ? "Attune" : `transformers.js${side === best ? ", its best" : ""}`,
            side === attune ? "by length" : String(side.batch),
            seconds(secondsOf(side)),
            (texts.length / secondsOf(side)).toFixed(0),
            megabytes(Math.max(...side.runs.map(({ peakRssBytes }) => peakRssBytes))),
            side === attune ? "–" : times(secondsOf(side) / secondsOf(attune)),
            side === best ? `≥ ${GOALS[precision]}×` : "–",
          ]);
        const ratio = secondsOf(best) / secondsOf(attune);
        const figures = all.map(({ batch, runs }) => [batch ?? "attune", runs.map((run) => run.seconds)]);
        const result = { model: basename(base), precision, ratio, best: best.batch, difference };
        found.push({ ...result, seconds: Object.fromEntries(figures) });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const note = `${limit} texts, ${threads} threads, the same weights (int8: transformers.js's q8, in the file that attune export writes); from text to label, loading left out; medians of ${rounds} rounds in turn. transformers.js takes the texts in their order, so many at once.`;
  const markdown = `${note}\n\n${markdownTable(rows)}`;
  const path = writeResults(
    values.out,
    benchMachine(),
    { markdown, data: { threads, rounds, texts: limit, found } },
    "infer",
  );
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

const secondsOf = ({ runs }: Side): number => median(runs.map((run) => run.seconds));

/** Of the probability of the most probable label, where both sides say the same one. */
function largestDifference(ours: InferRun, theirs: InferRun): number {
  return ours.scores.reduce((most, score, i) => Math.max(most, Math.abs(score - theirs.scores[i]!)), 0);
}
