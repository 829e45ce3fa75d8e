/** Runs followed on their way to a tracker: in the background, and never at the cost of a run. */
import { basename } from "node:path";
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
  readonly #say: (message: string) => void;
  readonly #study: string | undefined;
  readonly #runs = new Map<string, Followed>();
  #isLost = false;

  /** `say` is told once, where the tracker fails; then nothing is sent any more. */
  constructor(tracker: Tracker, say: (message: string) => void, study?: string) {
    this.#tracker = tracker;
    this.#say = say;
    this.#study = study;
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
      const study = this.#study === undefined ? {} : { study: this.#study };
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
    this.#say(`${this.#tracker.name} is not told of this any more (${why}); everything is in the run's folder`);
  }
}

const isPlain = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);

/** The events of `train` as they come, followed. */
export async function* trackTraining(
  events: AsyncIterable<TrainEvent>,
  tracking: Tracking | undefined,
): AsyncGenerator<TrainEvent> {
  let name: string | undefined;
  let how: RunEnd = "interrupted";
  try {
    for await (const event of events) {
      if (event.type === "start") name = basename(event.out);
      if (name !== undefined) tracking?.see(name, event);
      if (event.type === "result") how = "done";
      yield event;
    }
  } catch (error) {
    if ((error as { kind?: string }).kind !== "interrupted") how = "failed";
    throw error;
  } finally {
    if (name !== undefined) await tracking?.end(name, how);
  }
}

/** Those of `compare`, in the same way. */
export async function* trackStudy(
  events: AsyncIterable<CompareEvent>,
  tracking: Tracking | undefined,
): AsyncGenerator<CompareEvent> {
  const open = new Set<string>();
  const end = async (name: string, how: RunEnd) => {
    open.delete(name);
    await tracking?.end(name, how);
  };
  try {
    for await (const event of events) {
      if (event.type === "run-start") open.add(event.run.name);
      if (event.type === "run-event") tracking?.see(event.name, event.event);
      if (event.type === "run-done") await end(event.name, "done");
      if (event.type === "run-failed") await end(event.name, "failed");
      yield event;
    }
  } finally {
    for (const name of open) await end(name, "interrupted");
  }
}
