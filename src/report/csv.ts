/** results.csv and epochs.csv: every run and every epoch as a row, for other tools. */

import { csvField } from "../base/escape.ts";
import type { ComparedRun, Comparison } from "../comparison/comparison.ts";
import type { PlannedRun } from "../study/study.ts";

type Field = string | number | undefined;
type Columns<Row> = Readonly<Record<string, (row: Row) => Field>>;

/** A run, finished or not. */
interface RunRow {
  readonly planned: PlannedRun;
  readonly status: "done" | "failed" | "missing";
  readonly reason?: string;
  readonly run?: ComparedRun;
}

const runColumns: Columns<RunRow> = {
  run: ({ planned }) => planned.name,
  setting: ({ planned }) => planned.setting,
  title: ({ planned }) => planned.title,
  recipe: ({ planned }) => planned.recipe,
  method: ({ planned }) => planned.method,
  seed: ({ planned }) => planned.seed,
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  test_accuracy: ({ run }) => run?.test.accuracy,
  test_macro_precision: ({ run }) => run?.test.precision,
  test_macro_recall: ({ run }) => run?.test.recall,
  test_macro_f1: ({ run }) => run?.test.f1,
  test_micro_f1: ({ run }) => run?.test.microF1,
  test_loss: ({ run }) => run?.test.loss,
  test_calibration_error: ({ run }) => run?.test.calibrationError,
  test_float32_accuracy: ({ run }) => run?.result.testFloat32?.accuracy,
  test_float32_macro_f1: ({ run }) => run?.result.testFloat32?.f1,
  test_float32_loss: ({ run }) => run?.result.testFloat32?.loss,
  base_accuracy: ({ run }) => run?.result.base.accuracy,
  base_macro_f1: ({ run }) => run?.result.base.f1,
  base_loss: ({ run }) => run?.result.base.loss,
  best_epoch: ({ run }) => run?.result.bestEpoch,
  epochs: ({ run }) => run?.result.epochs.length,
  steps: ({ run }) => run?.result.steps,
  trained_tokens: ({ run }) => run?.result.tokens,
  train_seconds: ({ run }) => run?.result.seconds.train,
  evaluation_seconds: ({ run }) => run?.result.seconds.evaluation,
  total_seconds: ({ run }) => run?.result.seconds.total,
  shared_seconds: ({ run }) => run?.result.seconds.shared,
  seconds_to_best_epoch: ({ run }) => run?.result.seconds.toBestEpoch,
  texts_per_second: ({ run }) => run?.result.examplesPerSecond,
  trainable_parameters: ({ run }) => run?.result.parameters.trainable,
  total_parameters: ({ run }) => run?.result.parameters.total,
  peak_rss_bytes: ({ run }) => run?.result.memory.peakRssBytes,
  weight_bytes: ({ run }) => run?.result.memory.weightBytes,
  gradient_bytes: ({ run }) => run?.result.memory.gradientBytes,
  optimizer_bytes: ({ run }) => run?.result.memory.optimizerBytes,
  frozen_feature_bytes: ({ run }) => run?.result.memory.frozenFeatureBytes,
  forward_operations_per_text: ({ run }) => run?.result.operations.forward,
  backward_operations_per_text: ({ run }) => run?.result.operations.backward,
  stored_bytes: ({ run }) => run?.result.storedBytes,
  learning_rate: ({ run }) => run?.facts.options.learningRate,
  computed_in: ({ run }) => run?.facts.precision?.used,
  threads: ({ run }) => run?.facts.options.threads,
  processor: ({ run }) => run?.facts.machine.processor,
  attune: ({ run }) => run?.facts.attune,
  engine: ({ run }) => run?.facts.engine,
  node: ({ run }) => run?.facts.node,
  model_sha256: ({ run }) => run?.facts.modelSha256,
  data_sha256: ({ run }) => run?.facts.dataSha256,
  options: ({ planned }) => JSON.stringify(planned.options),
};

/** The columns that come first, as they stand in the file. */
const headerOf = (columns: Columns<never>): string => Object.keys(columns).slice(0, 3).join(",");
export const RESULTS_HEADER = headerOf(runColumns);

/** Every planned run, also those that failed or have not ended. */
export function resultsCsv({ studies, settings, failed, missing }: Comparison): string {
  const finished = new Map(settings.flatMap(({ runs }) => runs.map((run) => [run.planned.name, run])));
  const finishedRows = settings.flatMap(({ id, runs }) =>
    runs.map((run): RunRow => ({ planned: { ...run.planned, setting: id }, status: "done", run })),
  );
  const planned = studies.flatMap(({ runs }) => runs);
  const other = (name: string, status: "failed" | "missing", reason?: string): RunRow[] => {
    const plan = planned.find((one) => one.name === name && !finished.has(name));
    return plan ? [{ planned: plan, status, ...(reason && { reason }) }] : [];
  };
  return table(runColumns, [
    ...finishedRows,
    ...failed.flatMap(({ name, reason }) => other(name, "failed", reason)),
    ...missing.flatMap((name) => other(name, "missing")),
  ]);
}

interface EpochRow {
  readonly setting: string;
  readonly run: ComparedRun;
  readonly epoch: ComparedRun["result"]["epochs"][number];
}

const epochColumns: Columns<EpochRow> = {
  run: ({ run }) => run.planned.name,
  setting: ({ setting }) => setting,
  recipe: ({ run }) => run.planned.recipe,
  method: ({ run }) => run.planned.method,
  seed: ({ run }) => run.planned.seed,
  epoch: ({ epoch }) => epoch.epoch,
  best: ({ run, epoch }) => (epoch.epoch === run.result.bestEpoch ? 1 : 0),
  train_loss: ({ epoch }) => epoch.trainLoss,
  validation_loss: ({ epoch }) => epoch.validation.loss,
  validation_accuracy: ({ epoch }) => epoch.validation.accuracy,
  validation_macro_precision: ({ epoch }) => epoch.validation.precision,
  validation_macro_recall: ({ epoch }) => epoch.validation.recall,
  validation_macro_f1: ({ epoch }) => epoch.validation.f1,
  validation_micro_f1: ({ epoch }) => epoch.validation.microF1,
  validation_calibration_error: ({ epoch }) => epoch.validation.calibrationError,
  seconds: ({ epoch }) => epoch.seconds,
};

export const EPOCHS_HEADER = headerOf(epochColumns);

export const epochsCsv = ({ settings }: Comparison): string =>
  table(
    epochColumns,
    settings.flatMap(({ id, runs }) =>
      runs.flatMap((run) => run.result.epochs.map((epoch) => ({ setting: id, run, epoch }))),
    ),
  );

/** Columns that there are with several labels a text, or with 8 bits: left out where no row has anything in them. */
const OCCASIONAL = new Set([
  ...["test_micro_f1", "validation_micro_f1"],
  ...["computed_in", "test_float32_accuracy", "test_float32_macro_f1", "test_float32_loss"],
]);

function table<Row>(all: Columns<Row>, rows: readonly Row[]): string {
  const columns = Object.entries(all).filter(
    ([name, of]) => !OCCASIONAL.has(name) || rows.some((row) => of(row) !== undefined),
  );
  const lines = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, of]) => csvField(of(row))))];
  return lines.map((fields) => `${fields.join(",")}\r\n`).join("");
}
