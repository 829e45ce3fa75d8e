/** How long a study will still take: estimates of its runs, corrected by how long those took that are over. */

import { RemainingTime } from "../run/remaining-time.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { PlannedRun } from "./study.ts";
import { median, timingKey } from "./timing.ts";

interface Running {
  readonly run: PlannedRun;
  /** By `performance.now()`. */
  readonly started: number;
  readonly pace: RemainingTime;
}

export class Forecast {
  /** Seconds by the name of a run. */
  readonly #estimates: ReadonlyMap<string, number>;
  readonly #jobs: number;
  readonly #running = new Map<string, Running>();
  readonly #waiting: Map<string, PlannedRun>;
  /** Taken time over estimated time, by timing key. */
  readonly #ratios = new Map<string, number[]>();

  constructor(runs: readonly PlannedRun[], estimates: ReadonlyMap<string, number>, jobs: number) {
    this.#waiting = new Map(runs.map((run) => [run.name, run]));
    this.#estimates = estimates;
    this.#jobs = jobs;
  }

  start(run: PlannedRun): void {
    this.#waiting.delete(run.name);
    this.#running.set(run.name, { run, started: performance.now(), pace: new RemainingTime() });
  }

  see(name: string, event: TrainEvent): void {
    this.#running.get(name)?.pace.see(event);
  }

  /** A run that went on from a checkpoint, or failed, says nothing about the others. */
  end({ name, ...run }: PlannedRun, isWhole: boolean): void {
    const running = this.#running.get(name);
    this.#running.delete(name);
    const estimate = this.#estimates.get(name);
    if (!running || !isWhole || !estimate) return;
    const key = timingKey({ name, ...run });
    const ratio = (performance.now() - running.started) / 1000 / estimate;
    this.#ratios.set(key, [...(this.#ratios.get(key) ?? []), ratio]);
  }

  /** Seconds until the last run is over of which it is known, and names of the others. */
  get left(): { readonly seconds: number; readonly unknown: readonly string[] } {
    let total = 0;
    const unknown: string[] = [];
    const add = (name: string, seconds: number | undefined) => {
      if (seconds === undefined) unknown.push(name);
      else total += Math.max(0, seconds);
    };
    for (const { run, started, pace } of this.#running.values()) {
      const whole = this.#corrected(run);
      add(run.name, pace.seconds ?? (whole && whole - (performance.now() - started) / 1000));
    }
    for (const run of this.#waiting.values()) add(run.name, this.#corrected(run));
    const atOnce = Math.min(this.#jobs, this.#waiting.size + this.#running.size - unknown.length);
    return { seconds: total / Math.max(1, atOnce), unknown };
  }

  #corrected(run: PlannedRun): number | undefined {
    const estimate = this.#estimates.get(run.name);
    const own = this.#ratios.get(timingKey(run));
    const all = [...this.#ratios.values()].flat();
    return estimate && estimate * (own ? median(own) : all.length > 0 ? median(all) : 1);
  }
}
