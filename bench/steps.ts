/** Training for some steps and no longer, on an engine that a bench may watch. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakRssBytes } from "../src/base/machine.ts";
import type { Engine } from "../src/engine/engine.ts";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import { type PreparedRun, prepareRun } from "../src/run/prepare-run.ts";
import { resolveOptions, type TrainOptions } from "../src/run/train-options.ts";
import { packTexts } from "../src/train/evaluate.ts";
import { inPrecision } from "../src/train/precision.ts";
import { trainingProgram } from "../src/train/program.ts";
import { initialState, trainEpochs } from "../src/train/trainer.ts";
import { observed, type Watch } from "./observed-engine.ts";

/** AdamW as `train` has it by default, for benches that take steps without a run. */
export const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1 };

/** Options of `train` without those that the measurement decides. */
export type JobOptions = WithoutOut<TrainOptions>;
/** For each method by itself, which `Omit` alone would not keep apart. */
type WithoutOut<Options> = Options extends unknown ? Omit<Options, "out"> : never;

export interface AttuneSteps {
  readonly stepSeconds: readonly number[];
  /** Of these, those of the program: forward and backward. */
  readonly graphSeconds: readonly number[];
  readonly tokens: readonly number[];
  /** From the start of the process. */
  readonly startToFirstStepSeconds: number;
  readonly peakRssBytes: number;
}

/** The program of a step, and the sizes of its first batch. */
export async function programOf(given: JobOptions) {
  const options = resolveOptions({ ...given, out: "not-written" });
  const run = await prepareRun(options, onnxRuntimeEngine({ threads: 1 }));
  const { encoder, trained } = run.adapted;
  const { outputs } = trainingProgram(encoder, trained);
  const first = [...run.job.order!.of(1).subarray(0, options.batchSize)];
  const { sizes } = packTexts(run.job.texts, first, encoder);
  await run.dispose();
  return { outputs: inPrecision(options, run.adapted, { outputs }).programs.outputs, sizes };
}

/** Trains for so many steps, without evaluation. */
export async function takeSteps(
  given: JobOptions,
  steps: number,
  watch: Partial<Watch & { prepared(run: PreparedRun): void }> = {},
  makeEngine: (threads: number) => Engine = (threads) => onnxRuntimeEngine({ threads }),
): Promise<AttuneSteps> {
  const out = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const options = resolveOptions({ ...given, out });
  const graphSeconds: number[] = [];
  const ran = (seconds: number) => {
    graphSeconds.push(seconds);
    watch.ran?.(seconds);
  };
  const run = await prepareRun(options, observed(makeEngine(options.threads), { ...watch, ran }));
  watch.prepared?.(run);
  const startToFirstStepSeconds = performance.now() / 1000;
  const [stepSeconds, tokens]: [number[], number[]] = [[], []];
  const validate = async () => (await run.evaluate("validation")).metrics;
  for await (const event of trainEpochs({ ...run.job, validate }, initialState())) {
    if (event.type !== "step") continue;
    stepSeconds.push(event.seconds);
    tokens.push(event.tokens);
    if (stepSeconds.length >= steps) break;
  }
  const peak = peakRssBytes();
  await run.dispose();
  rmSync(out, { recursive: true });
  return { stepSeconds, graphSeconds, tokens, startToFirstStepSeconds, peakRssBytes: peak };
}
