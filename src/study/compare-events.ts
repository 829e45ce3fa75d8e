/** What a study says while it goes on; the terminal and callers are consumers of these. */
import type { FetchEvent } from "../hub/fetch-events.ts";
import type { RunResult } from "../run/run-result.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { FailedRun, PlannedRun, Study } from "./study.ts";

/** What will be done. Before this event there are only those of what is fetched. */
export interface PlanEvent {
  readonly type: "plan";
  readonly out: string;
  readonly study: Study;
  /** Results of runs that were finished before, by name. */
  readonly finished: Readonly<Record<string, RunResult>>;
  /** Which commits of model and data are used, and why those; warm-ups that are longer than their runs. */
  readonly notes: readonly string[];
}

/** One more kind of run has been timed. */
export interface TimingEvent {
  readonly type: "timing";
  readonly done: number;
  readonly of: number;
}

/** How long the study will still take; corrected from time to time. */
export interface EstimateEvent {
  readonly type: "estimate";
  /** Runs that are not over yet. */
  readonly runs: number;
  /** Without those that are not known. */
  readonly seconds: number;
  /** Names of those whose kind could not be timed, and that have not begun to say more. */
  readonly unknown: readonly string[];
}

export interface RunStartEvent {
  readonly type: "run-start";
  readonly run: PlannedRun;
  /** Whether it goes on from where it was interrupted. */
  readonly isResumed: boolean;
}

/** An event of one run. */
export interface RunEvent {
  readonly type: "run-event";
  readonly name: string;
  readonly event: TrainEvent;
}

/** Something to know of where runs are done: a worker that was lost, a run that nobody has the memory for. */
export interface NoticeEvent {
  readonly type: "notice";
  /** One sentence. */
  readonly message: string;
}

export interface RunDoneEvent {
  readonly type: "run-done";
  readonly name: string;
  readonly result: RunResult;
}

export interface RunFailedEvent extends FailedRun {
  readonly type: "run-failed";
}

/** The last event. */
export interface CompareDoneEvent {
  readonly type: "done";
  /** Results by the name of the run, in the order of the plan. */
  readonly finished: Readonly<Record<string, RunResult>>;
  readonly failed: readonly FailedRun[];
}

export type CompareEvent =
  | FetchEvent
  | PlanEvent
  | TimingEvent
  | EstimateEvent
  | RunStartEvent
  | RunEvent
  | NoticeEvent
  | RunDoneEvent
  | RunFailedEvent
  | CompareDoneEvent;
