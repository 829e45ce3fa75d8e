/** Whether training slows down or grows with the data: the same number of steps on a thousand to a million texts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { AttuneJob } from "./attune.ts";
import { markdownTable, median, megabytes, seconds } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { inRounds, sharedInputs } from "./options.ts";
import { measureHere } from "./processes.ts";
import { writeResults } from "./results.ts";
import { loadTexts, writeSample } from "./samples.ts";
import type { AttuneSteps } from "./steps.ts";

/** Left out: memory is touched for the first time. */
const WARM_UP_STEPS = 3;
const GOAL = 1.05;
const GOAL_BYTES = 100e6;

export async function benchScale(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...inRounds,
      examples: { type: "string" },
      steps: { type: "string" },
      batch: { type: "string", default: "16" },
    },
  });
  const { short } = values;
  const sizes = (values.examples ?? (short ? "100,1000" : "1000,10000,100000,1000000")).split(",").map(Number);
  const steps = Number(values.steps ?? (short ? 6 : 250));
  const rounds = Number(values.rounds ?? (short ? 1 : 3));
  const [batchSize, threads] = [Number(values.batch), Number(values.threads)];
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const runs = new Map<number, AttuneSteps[]>(sizes.map((size) => [size, []]));
  try {
    const texts = await loadTexts(values.data);
    for (const size of sizes) writeSample(join(folder, `${size}`), texts, { train: size, others: 100 });
    for (let round = 1; round <= rounds; round++)
      for (const size of sizes) {
        const options = {
          model: values.model,
          data: join(folder, `${size}`),
          ...{ batchSize, threads, learningRate: 1e-5, sharedTexts: "keep" as const },
          epochs: Math.ceil((steps * batchSize) / size),
        };
        const run = measureHere<AttuneSteps>("attune.ts", { options, steps } satisfies AttuneJob);
        runs.get(size)!.push(run);
        console.log(
          `${size} texts, round ${round}: ${microseconds(perToken(run))} a token, ${megabytes(run.peakRssBytes)}, first step after ${seconds(run.startToFirstStepSeconds)}`,
        );
      }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const rows = sizes.map((size) => {
    const own = runs.get(size)!;
    return {
      size,
      secondsPerToken: median(own.map(perToken)),
      // Each round beside the smallest of the same round.
      ratio: median(own.map((run, i) => perToken(run) / perToken(runs.get(sizes[0]!)![i]!))),
      peakRssBytes: median(own.map(({ peakRssBytes }) => peakRssBytes)),
      startToFirstStepSeconds: median(own.map(({ startToFirstStepSeconds }) => startToFirstStepSeconds)),
    };
  });
  const least = rows[0]!.peakRssBytes;
  const table = markdownTable([
    ["training texts", "time per token", "over the first", "peak memory", "above the first", "start to first step"],
    ...rows.map(({ size, secondsPerToken, ratio, peakRssBytes, startToFirstStepSeconds }) => [
      size.toLocaleString("en"),
      microseconds(secondsPerToken),
      ratio.toFixed(3),
      megabytes(peakRssBytes),
      megabytes(peakRssBytes - least),
      seconds(startToFirstStepSeconds),
    ]),
  ]);
  const note = `Full fine-tuning, batch ${batchSize}, ${threads} threads: ${steps} steps each, the first ${WARM_UP_STEPS} left out, medians of ${rounds} rounds in turn. Goals: the last row over the first ≤ ${GOAL} and within ${megabytes(GOAL_BYTES)}.`;
  const markdown = `${note}\n\n${table}`;
  const found = { markdown, data: { threads, rounds, steps, batchSize, rows } };
  const path = writeResults(values.out, benchMachine(), found, "scale");
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const perToken = ({ stepSeconds, tokens }: AttuneSteps): number =>
  sum(stepSeconds.slice(WARM_UP_STEPS)) / sum(tokens.slice(WARM_UP_STEPS));
const microseconds = (value: number): string => `${(value * 1e6).toFixed(1)} µs`;
