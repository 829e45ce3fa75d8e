/** How long the frozen features of many texts take, in float32 and in int8: the most of what a linear probe does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { precisionNames } from "../src/train/precision.ts";
import type { FeaturesJob, FeaturesRun } from "./features-side.ts";
import { markdownTable, median, megabytes, seconds, times } from "./figures.ts";
import { WHOLE } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import { onOwnCores } from "./own-cores.ts";
import { measureHere } from "./processes.ts";
import { resultsFolder, writeResults } from "./results.ts";
import { loadTexts, writeSample } from "./samples.ts";

/** Seconds in float32 over those in int8, at least. */
const GOAL = 2;
const OTHER_TEXTS = 100;

export async function benchFeatures(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      data: { type: "string", default: "../shared/data/dair-ai/emotion" },
      examples: { type: "string" },
      rounds: { type: "string" },
      threads: { type: "string", default: "2" },
      out: { type: "string", default: resultsFolder },
      short: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  const examples = Number(values.examples ?? (values.short ? 64 : WHOLE));
  const threads = Number(values.threads);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const found = Object.fromEntries(precisionNames.map((precision) => [precision, [] as FeaturesRun[]]));
  try {
    const data = writeSample(join(folder, "data"), await loadTexts(values.data), {
      train: examples,
      others: OTHER_TEXTS,
    });
    for (let round = 1; round <= rounds; round++)
      for (const precision of precisionNames) {
        const job: FeaturesJob = { model: values.model, data, threads, precision };
        const measure = () => measureHere<FeaturesRun>("features-side.ts", job);
        found[precision]!.push(onOwnCores(values.short ? 1 : threads, measure));
        console.log(`round ${round}, ${precision}: ${seconds(found[precision]!.at(-1)!.seconds)}`);
      }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const secondsOf = (precision: string) => median(found[precision]!.map((run) => run.seconds));
  const rows = precisionNames.map((precision) => [
    precision,
    seconds(secondsOf(precision)),
    (examples / secondsOf(precision)).toFixed(0),
    megabytes(Math.max(...found[precision]!.map(({ peakRssBytes }) => peakRssBytes))),
    times(secondsOf("float32") / secondsOf(precision)),
    precision === "int8" ? `≥ ${GOAL}×` : "–",
  ]);
  const head = ["precision", "time", "texts/s", "peak memory", "faster than float32", "goal"];
  const note = `${basename(values.model)}, linear probe, ${examples} texts, ${threads} threads: frozen features of all training texts, tokens and loading left out; medians of ${rounds} rounds in turn.`;
  const markdown = `${note}\n\n${markdownTable([head, ...rows])}`;
  const path = writeResults(values.out, benchMachine(), { markdown, data: { threads, rounds, found } }, "features");
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}
