/** Attune's side of a bench, in a process of its own: takes a job as JSON and prints what it measured as JSON. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakRssBytes } from "../src/base/machine.ts";
import { train } from "../src/run/train.ts";
import { resolveOptions, type TrainOptions } from "../src/run/train-options.ts";
import { type JobOptions, takeSteps } from "./steps.ts";

export interface AttuneJob {
  readonly options: JobOptions;
  /** Only so many steps, without evaluation. @default a whole run, start to result */
  readonly steps?: number;
}

export interface AttuneRun {
  /** From the start of the process to the result, all evaluations in it. */
  readonly totalSeconds: number;
  /** Of these, those before anything that grows with the data: model, programs, the first look at the tables. */
  readonly startSeconds: number;
  readonly peakRssBytes: number;
}

async function wholeRun(options: JobOptions): Promise<AttuneRun> {
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  let startSeconds = 0;
  try {
    for await (const event of train(resolveOptions({ ...options, out: join(folder, "run") }) as TrainOptions)) {
      if (event.type === "start") startSeconds = performance.now() / 1000;
      if (event.type === "result")
        return { totalSeconds: performance.now() / 1000, startSeconds, peakRssBytes: peakRssBytes() };
    }
    throw new Error("the run ended without a result");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { options, steps } = JSON.parse(process.argv[2]!) as AttuneJob;
console.log(JSON.stringify(steps === undefined ? await wholeRun(options) : await takeSteps(options, steps)));
