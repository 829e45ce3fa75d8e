/** What a run says while it goes on; terminal, run folder and callers are all consumers of these. */
import type { FetchEvent } from "../hub/fetch-events.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { EpochEvent, StepEvent } from "../train/trainer.ts";
import type { RunResult } from "./run-result.ts";

export interface StartEvent {
  readonly type: "start";
  readonly out: string;
  readonly labels: readonly string[];
  /** Examples by split. */
  readonly examples: { readonly train: number; readonly validation: number; readonly test: number };
  readonly parameters: { readonly trainable: number; readonly total: number };
  readonly epochs: number;
  readonly totalSteps: number;
  /** Steps done before, when a run goes on. */
  readonly resumedAtStep: number;
  /** Splits that were made, parts that were drawn fresh, texts that were empty. */
  readonly notes: readonly string[];
}

/** Before the run begins: what was left to choose is tried on validation. */
export interface ChoosingEvent {
  readonly type: "choosing";
  readonly what: "head" | "layers";
  /** Trials that are over, and how many there are. */
  readonly done: number;
  readonly of: number;
}

/** Metrics on the test split before any training. */
export interface BaseEvent {
  readonly type: "base";
  readonly test: SplitMetrics;
  readonly seconds: number;
}

/** Something looks wrong while the run goes on. */
export interface WarningEvent {
  readonly type: "warning";
  /** The epoch after which it was seen. */
  readonly epoch: number;
  /** One sentence. */
  readonly message: string;
}

export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly path: string;
  readonly step: number;
}

/** The last event: what result.json holds. */
export interface ResultEvent {
  readonly type: "result";
  readonly result: RunResult;
  readonly notes: readonly string[];
}

export type TrainEvent =
  | FetchEvent
  | ChoosingEvent
  | StartEvent
  | BaseEvent
  | StepEvent
  | EpochEvent
  | WarningEvent
  | CheckpointEvent
  | ResultEvent;
