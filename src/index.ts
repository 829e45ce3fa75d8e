/** Attune's public API. */
export { AttuneError, type ErrorKind } from "./base/error.ts";
export type { SplitName } from "./data/dataset.ts";
export { type CompareContext, compare, resumeComparison } from "./experiment/compare.ts";
export type {
  CompareDoneEvent,
  CompareEvent,
  EstimateEvent,
  PlanEvent,
  RunDoneEvent,
  RunEvent,
  RunFailedEvent,
  RunStartEvent,
  TimingEvent,
} from "./experiment/compare-events.ts";
export { compareStudy } from "./experiment/compare-study.ts";
export type { Comparison } from "./experiment/comparison.ts";
export type { MethodGrid, Plan } from "./experiment/plan-schema.ts";
export type { FailedRun, PlannedRun, RecipeName, Study } from "./experiment/study.ts";
export type { DownloadEvent, FetchEvent, WaitEvent } from "./hub/events.ts";
export type { HeldOutMetrics, PretrainEvent, PretrainResult } from "./pretrain/events.ts";
export type { PretrainOptions } from "./pretrain/options.ts";
export { type PretrainContext, pretrain, resumePretraining } from "./pretrain/pretrain.ts";
export { writeReport } from "./report/write-report.ts";
export {
  type Classifier,
  type EvaluateOptions,
  type Evaluation,
  type LoadOptions,
  load,
  type Prediction,
} from "./run/classifier.ts";
export type { BaseEvent, CheckpointEvent, ResultEvent, StartEvent, TrainEvent } from "./run/events.ts";
export { type ExportFormat, type ExportOptions, exportRun } from "./run/export.ts";
export { type BagOfWordsScore, type Inspection, type InspectOptions, inspect } from "./run/inspect.ts";
export type { TrainOptions } from "./run/options.ts";
export type { RunResult } from "./run/result.ts";
export { resume, type TrainContext, train } from "./run/train.ts";
export type { ClassificationMetrics, ClassMetrics, SplitMetrics } from "./train/metrics.ts";
export type { EpochEvent, EpochResult, StepEvent } from "./train/trainer.ts";
