/** Attune's public API. */
export { type AppliedReview, type ApplyOptions, applyReview } from "./audit/apply-review.ts";
export { type AuditContext, audit } from "./audit/audit.ts";
export type { AuditOptions } from "./audit/audit-options.ts";
export type {
  AuditDoneEvent,
  AuditEvent,
  AuditIssue,
  AuditProgressEvent,
  AuditResult,
  AuditStartEvent,
  IssueKind,
  LearningCurve,
} from "./audit/audit-result.ts";
export { writeAudit } from "./audit/write-audit.ts";
export { AttuneError, type ErrorKind } from "./base/error.ts";
export type { EventStream } from "./base/event-stream.ts";
export {
  type Classifier,
  load,
  type Prediction,
  type PredictTableOptions,
  type TablePrediction,
  type TablePredictions,
} from "./classifier/classifier.ts";
export type { ExportFormat, ExportOptions } from "./classifier/export-formats.ts";
export { exportRun } from "./classifier/export-run.ts";
export type { EvaluateOptions, Evaluation, LoadOptions } from "./classifier/opened-model.ts";
export { type PushOptions, push } from "./classifier/push-run.ts";
export { compareStudy } from "./comparison/compare-study.ts";
export type { Comparison } from "./comparison/comparison.ts";
export type { DownloadEvent, FetchEvent, WaitEvent } from "./hub/fetch-events.ts";
export type { Pushed } from "./hub/upload.ts";
export type { BagOfWordsScore, BaselineScore, Baselines } from "./inspection/baselines.ts";
export { type Inspection, type InspectOptions, inspect } from "./inspection/inspect-texts.ts";
export { type MethodDescription, methods, type OptionDescription } from "./methods/list-methods.ts";
export { defineMethod, type Method } from "./methods/method.ts";
export { registerMethod } from "./methods/registry.ts";
export { type ModelDescription, models } from "./models/list-models.ts";
export { type PretrainContext, pretrain, resumePretraining } from "./pretrain/pretrain.ts";
export type { HeldOutMetrics, PretrainEvent, PretrainResult, PretrainResultEvent } from "./pretrain/pretrain-events.ts";
export type { PretrainOptions } from "./pretrain/pretrain-options.ts";
export { writeReport } from "./report/write-report.ts";
export type { RunResult } from "./run/run-result.ts";
export { type ResumeContext, resume, type TrainContext, train } from "./run/train.ts";
export type {
  BaseEvent,
  CheckpointEvent,
  ChoosingEvent,
  ResultEvent,
  StartEvent,
  TrainEvent,
  WarningEvent,
} from "./run/train-events.ts";
export type { TrainOptions } from "./run/train-options.ts";
export type { Verdict } from "./run/verdict.ts";
export type { SearchState, TrialState } from "./search/replay.ts";
export { resumeSearch, type SearchContext, search } from "./search/search.ts";
export type {
  BestOfSearch,
  SearchBeginEvent,
  SearchDoneEvent,
  SearchEvent,
  SearchLogEvent,
  TrialEvent,
} from "./search/search-events.ts";
export type { Search, SearchEntry, Space } from "./search/search-file.ts";
export type { SearchOptions } from "./search/search-options.ts";
export { type CompareContext, compare, resumeComparison } from "./study/compare.ts";
export type {
  CompareDoneEvent,
  CompareEvent,
  EstimateEvent,
  NoticeEvent,
  PlanEvent,
  RunDoneEvent,
  RunEvent,
  RunFailedEvent,
  RunStartEvent,
  TimingEvent,
} from "./study/compare-events.ts";
export type { MethodGrid, Plan } from "./study/plan-schema.ts";
export type { FailedRun, PlannedRun, RecipeName, Study } from "./study/study.ts";
export type { SplitName } from "./tables/dataset.ts";
export type { LabelledText, TextsInMemory } from "./tables/texts-in-memory.ts";
export type { ClassificationMetrics, ClassMetrics, SplitMetrics } from "./train/metrics.ts";
export type { EpochEvent, EpochResult, StepEvent } from "./train/trainer.ts";
