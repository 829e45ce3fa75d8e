/** Runs followed on their way to a tracker: in the background, and never at the cost of a run. */
import { basename, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { CompareEvent } from "../study/compare-events.ts";
import { figuresOf } from "./run-figures.ts";
import type { Figures, RunEnd, RunTracker, Tracker } from "./tracker.ts";

/** So many figures, or figures of so many milliseconds, are sent together. */
const MOST_FIGURES = 500;
const MOST_MILLISECONDS = 2000;
/** How long the end of a run waits for what is still on its way. */
const PATIENCE_MILLISECONDS = 10_000;

interface Followed {
  tracker: RunTracker | undefined;
  step: number;
  waiting: Figures[];
  sent: number;
  /** What was asked of the tracker so far, one after the other. */
  work: Promise<void>;
}

export class Tracking {
  readonly #tracker: Tracker;
  readonly #runs = new Map<string, Followed>();
  #isLost = false;
  #warning: string | undefined;
  /** What the runs have in common. */
  study: string | undefined;

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** Once, where the tracker failed: then nothing is sent any more. */
  takeWarning(): string | undefined {
    const warning = this.#warning;
    this.#warning = undefined;
    return warning;
  }

  /** An event of a run, which is known by its name from its start on. */
  see(name: string, event: TrainEvent): void {
    if (this.#isLost) return;
    if (event.type === "start") this.#begin(name, event.out, event.resumedAtStep);
    const run = this.#runs.get(name);
    if (!run) return;
    if (event.type === "step") run.step = event.step;
    const values = figuresOf(event);
    if (Object.keys(values).length === 0) return;
    run.waiting.push({ step: run.step, at: Date.now(), values });
    if (run.waiting.length >= MOST_FIGURES || Date.now() - run.sent > MOST_MILLISECONDS) this.#send(run);
  }

  /** Sends what is left of a run; waits for it, but not for ever. */
  async end(name: string, how: RunEnd): Promise<void> {
    const run = this.#runs.get(name);
    if (!run) return;
    this.#runs.delete(name);
    this.#send(run);
    this.#do(run, () => run.tracker?.end(how));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(() => {
        this.#lose(new Error(`no answer in ${PATIENCE_MILLISECONDS / 1000} s`));
        done();
      }, PATIENCE_MILLISECONDS);
    });
    await Promise.race([run.work, late]);
    clearTimeout(timer);
  }

  #begin(name: string, folder: string, step: number): void {
    const run: Followed = { tracker: undefined, step, waiting: [], sent: Date.now(), work: Promise.resolve() };
    this.#runs.set(name, run);
    this.#do(run, async () => {
      const { options } = RunFolder.open(folder).readJson<{ options: Record<string, unknown> }>("run.json");
      const parameters = Object.fromEntries(
        Object.entries(options).map(([key, value]) => [key, isPlain(value) ? value : JSON.stringify(value)]),
      );
      const study = this.study === undefined ? {} : { study: this.study };
      run.tracker = await this.#tracker.begin({ name, folder, parameters, ...study });
    });
  }

  #send(run: Followed): void {
    const figures = run.waiting;
    run.waiting = [];
    run.sent = Date.now();
    if (figures.length > 0) this.#do(run, () => run.tracker?.log(figures));
  }

  #do(run: Followed, work: () => Promise<void> | void): void {
    run.work = run.work.then(async () => {
      if (this.#isLost) return;
      try {
        await work();
      } catch (error) {
        this.#lose(error as Error);
      }
    });
  }

  #lose(error: Error): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const why = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
    this.#warning = `${this.#tracker.name} is told no more of this (${why}); the folder of the run has everything`;
  }
}

const isPlain = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);

/** The events of `train` as they come, followed; where the tracker fails, with one that says so. */
export async function* trackTraining(
  events: AsyncIterable<TrainEvent>,
  tracking: Tracking,
): AsyncGenerator<TrainEvent> {
  let name: string | undefined;
  let epoch = 0;
  let how: RunEnd = "interrupted";
  try {
    for await (const event of events) {
      if (event.type === "start") name = basename(resolve(event.out));
      if (event.type === "epoch") ({ epoch } = event);
      if (event.type === "result") how = "done";
      if (name !== undefined) tracking.see(name, event);
      yield event;
      yield* warningOf(tracking, epoch);
    }
    if (name !== undefined) await tracking.end(name, how);
    yield* warningOf(tracking, epoch);
  } catch (error) {
    how = endOf(error);
    throw error;
  } finally {
    if (name !== undefined) await tracking.end(name, how);
  }
}

/** Those of `compare`, in the same way. */
export async function* trackStudy(
  events: AsyncIterable<CompareEvent>,
  tracking: Tracking,
): AsyncGenerator<CompareEvent> {
  const open = new Set<string>();
  try {
    for await (const event of events) {
      yield event;
      if (event.type === "plan") tracking.study = basename(resolve(event.out));
      if (event.type === "run-start") open.add(event.run.name);
      if (event.type === "run-event") tracking.see(event.name, event.event);
      if (event.type !== "run-event" && event.type !== "run-done" && event.type !== "run-failed") continue;
      if (event.type !== "run-event") {
        await tracking.end(event.name, event.type === "run-done" ? "done" : "failed");
        open.delete(event.name);
      }
      for (const warning of warningOf(tracking, 0)) yield { type: "run-event", name: event.name, event: warning };
    }
  } finally {
    for (const name of open) await tracking.end(name, "interrupted");
  }
}

function* warningOf(tracking: Tracking, epoch: number): Generator<TrainEvent> {
  const message = tracking.takeWarning();
  if (message !== undefined) yield { type: "warning", epoch, message };
}

const endOf = (error: unknown): RunEnd =>
  error instanceof AttuneError && error.kind === "interrupted" ? "interrupted" : "failed";
