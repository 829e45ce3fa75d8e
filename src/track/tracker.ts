/** The contract of a tracker: where the curves of runs go besides their folders. */

/** What is known of a run when it begins. */
export interface TrackedRun {
  readonly name: string;
  /** Its folder, which is there. */
  readonly folder: string;
  /** What runs of one study have in common; undefined for a run by itself. */
  readonly study?: string;
  /** Its options. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** Figures of one moment. */
export interface Figures {
  /** Optimizer steps done. */
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Finite numbers by name, `validation/f1`. */
  readonly values: Readonly<Record<string, number>>;
}

export type RunEnd = "done" | "failed" | "interrupted";

/** One run at a tracker. Calls come one after the other; what they throw ends the tracking and not the run. */
export interface RunTracker {
  log(figures: readonly Figures[]): Promise<void> | void;
  end(how: RunEnd): Promise<void> | void;
}

export interface Tracker {
  /** For messages: what does not answer, and where. */
  readonly name: string;
  begin(run: TrackedRun): Promise<RunTracker> | RunTracker;
}
