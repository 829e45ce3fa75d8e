/** One measurement of features.ts, in a process of its own: the frozen features of a linear probe's training texts. */
import { peakRssBytes } from "../src/base/machine.ts";
import { cpuEngine } from "../src/engine/engines.ts";
import { prepareRun } from "../src/run/prepare-run.ts";
import { resolveOptions } from "../src/run/train-options.ts";
import type { Precision } from "../src/train/precision.ts";

export interface FeaturesJob {
  /** Folders. */
  readonly model: string;
  readonly data: string;
  readonly threads: number;
  readonly precision: Precision;
}

export interface FeaturesRun {
  readonly texts: number;
  readonly seconds: number;
  readonly peakRssBytes: number;
}

const job = JSON.parse(process.argv[2]!) as FeaturesJob;
const options = resolveOptions({ ...job, method: "probe", head: "mean", sharedTexts: "keep", out: "not-written" });
const run = await prepareRun(options, cpuEngine(job.threads));
const { texts, features } = run.job;
for (let i = 0; i < texts.count; i++) texts.ids(i);
const started = performance.now();
await features!();
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ texts: texts.count, seconds, peakRssBytes: peakRssBytes() } satisfies FeaturesRun));
await run.dispose();
