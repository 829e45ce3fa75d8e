/** result.json of a run that has come to its end, from what was measured. */

import { peakRssBytes } from "../base/machine.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { TrainingState } from "../train/trainer.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { RunResult } from "./run-result.ts";
import type { ResolvedTrainOptions } from "./train-options.ts";

export interface Measured {
  readonly base: SplitMetrics;
  readonly test: SplitMetrics;
  readonly testFloat32: SplitMetrics | undefined;
  /** Of each label, where a text may have any number of them. */
  readonly thresholds: readonly number[] | undefined;
  readonly judged: Pick<RunResult, "baselines" | "verdict">;
  readonly seconds: RunResult["seconds"];
  readonly storedBytes: number;
}

export function makeResult(
  { method, seed }: ResolvedTrainOptions,
  run: PreparedRun,
  state: TrainingState,
  { base, test, testFloat32, thresholds, judged, seconds, storedBytes }: Measured,
): RunResult {
  const { epochs, bestEpoch, start, step, tokens } = state;
  const { labels } = run.dataset;
  const { order, texts } = run.job;
  // Each text as often as it is drawn.
  const trainedOn = epochs.length * (order ?? texts).count;
  const once = run.featureOperations();
  const parts = run.memory.trainables.map((trainable) => trainable.bytes());
  return {
    method,
    seed,
    base,
    epochs,
    bestEpoch,
    ...(start && { start }),
    test,
    ...(testFloat32 && { testFloat32 }),
    ...(thresholds && { thresholds: Object.fromEntries(labels.map((label, i) => [label, thresholds[i]!])) }),
    ...judged,
    imbalance: run.imbalance,
    seconds,
    ...(epochs.length > 0 && { examplesPerSecond: trainedOn / (seconds.train + seconds.sharedInTraining) }),
    operations: {
      forward: state.operations.forward / Math.max(1, trainedOn),
      backward: state.operations.backward / Math.max(1, trainedOn),
      ...(once !== undefined && { once: once / texts.count }),
    },
    parameters: run.parameters,
    memory: {
      peakRssBytes: peakRssBytes(),
      weightBytes: run.memory.weightBytes,
      gradientBytes: parts.reduce((sum, { gradient }) => sum + gradient, 0),
      optimizerBytes: parts.reduce((sum, { optimizer }) => sum + optimizer, 0),
      frozenFeatureBytes: run.frozenFeatureBytes(),
    },
    storedBytes,
    steps: step,
    tokens,
  };
}
