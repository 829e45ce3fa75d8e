/** The times of a run, over all processes that worked on it. */
import type { ContentStore } from "../base/content-store.ts";
import type { TrainingState } from "../train/trainer.ts";
import type { RunResult } from "./run-result.ts";
import type { TrainEvent } from "./train-events.ts";

type Seconds = RunResult["seconds"];

/** What a checkpoint keeps of them; "counted" are values of a store whose making does not count again. */
export type SavedTimes = Omit<Seconds, "train" | "evaluation"> & { readonly counted: readonly string[] };

export class RunTimes {
  readonly #store: ContentStore | undefined;
  #started: number;
  #startToFirstStep: number | undefined;
  #toBestEpoch: number | undefined;
  #shared = 0;
  #sharedInTraining = 0;

  /** `started` is of `performance.now`. */
  constructor(started: number, store?: ContentStore) {
    this.#started = started;
    this.#store = store;
  }

  /** Goes on with those of a process before this one. */
  restore({ total, startToFirstStep, toBestEpoch, shared, sharedInTraining, counted }: SavedTimes): void {
    this.#started -= total * 1000;
    this.#startToFirstStep = startToFirstStep;
    this.#toBestEpoch = toBestEpoch;
    this.#shared = shared;
    this.#sharedInTraining = sharedInTraining;
    this.#store?.restore(counted);
  }

  saved(): SavedTimes {
    return {
      total: this.#total(),
      startToFirstStep: this.#startToFirstStep!,
      ...(this.#toBestEpoch !== undefined && { toBestEpoch: this.#toBestEpoch }),
      shared: this.#shared,
      sharedInTraining: this.#sharedInTraining,
      counted: this.#store?.counted ?? [],
    };
  }

  /** Counts what was taken from the store since the last time, in seconds of those who made it. */
  collect(): number {
    const seconds = this.#store?.collectSeconds() ?? 0;
    this.#shared += seconds;
    return seconds;
  }

  /** The base evaluation is over: neither its seconds nor what it took from the store is the run's. */
  leaveOut(seconds: number): void {
    this.#started += seconds * 1000;
    this.#store?.collectSeconds();
  }

  /** All is ready for the first step. */
  ready(): void {
    this.collect();
    this.#startToFirstStep ??= this.#total();
  }

  see(event: TrainEvent): void {
    const taken = this.collect();
    if (event.type === "step") this.#sharedInTraining += taken;
    if (event.type === "epoch" && event.best) this.best();
  }

  /** What the run has now is the best so far. */
  best(): void {
    this.#toBestEpoch = this.#total();
  }

  result({ trainSeconds, evaluationSeconds }: TrainingState): Seconds {
    this.collect();
    const { counted: _, ...rest } = this.saved();
    return { train: trainSeconds, evaluation: evaluationSeconds, ...rest };
  }

  #total(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
