/** Attune's side of a bench, in a process of its own: takes a job as JSON and prints what it measured as JSON. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakRssBytes } from "../src/run/machine.ts";
import { resolveOptions } from "../src/run/options.ts";
import { train } from "../src/run/train.ts";
import { type JobOptions, takeSteps } from "./steps.ts";

export interface AttuneJob {
  readonly options: JobOptions;
  /** Only so many steps, without evaluation. @default a whole run, start to result */
  readonly steps?: number;
}

export interface AttuneRun {
  /** From the start of the process to the result, all evaluations in it. */
  readonly totalSeconds: number;
  readonly trainSeconds: number;
  readonly peakRssBytes: number;
}

async function wholeRun(options: JobOptions): Promise<AttuneRun> {
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    for await (const event of train(resolveOptions({ ...options, out: join(folder, "run") }))) {
      if (event.type !== "result") continue;
      const { train: trainSeconds } = event.result.seconds;
      return { totalSeconds: performance.now() / 1000, trainSeconds, peakRssBytes: peakRssBytes() };
    }
    throw new Error("the run ended without a result");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { options, steps } = JSON.parse(process.argv[2]!) as AttuneJob;
console.log(JSON.stringify(steps === undefined ? await wholeRun(options) : await takeSteps(options, steps)));
