/** A study on the terminal: a live table with one row a run, or plain lines where there is no terminal. */
import { clockAfter, duration, metric, roughly } from "../base/format.ts";
import { RemainingTime } from "../run/remaining-time.ts";
import type { RunResult } from "../run/run-result.ts";
import type { CompareEvent, EstimateEvent } from "../study/compare-events.ts";
import type { PlannedRun } from "../study/study.ts";
import type { StepEvent } from "../train/trainer.ts";
import { choosing } from "./choosing.ts";
import { HubProgress } from "./hub-progress.ts";
import { LiveLine } from "./live-line.ts";
import { type RunRow, runTable } from "./run-table.ts";

/** The table is drawn anew at most so often. */
const DRAW_MILLISECONDS = 100;

interface Row {
  readonly label: string;
  state: RunRow["state"];
  note: string;
  step: string | undefined;
  epochs: number;
  epoch: number;
  f1: number | undefined;
  started: number;
  seconds: number | undefined;
  readonly pace: RemainingTime;
}

export class CompareView {
  readonly #stream: NodeJS.WriteStream;
  readonly #line: LiveLine;
  readonly #hub: HubProgress;
  readonly #rows = new Map<string, Row>();
  #status = "";
  #drawn = 0;
  /** Whether an estimate is worth a plain line: the first, and after each run. */
  #isEstimateDue = true;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#line = new LiveLine(stream);
    this.#hub = new HubProgress(stream);
  }

  show(event: CompareEvent): void {
    if (event.type === "download" || event.type === "wait") {
      this.#hub.show(event);
      return;
    }
    this.#take(event);
    const isStep = event.type === "run-event" && event.event.type === "step";
    this.#draw(!isStep);
  }

  #take(event: CompareEvent): void {
    switch (event.type) {
      case "plan":
        this.#showPlan(event);
        break;
      case "timing":
        this.#status = `timing each kind of run on this machine, ${event.done} of ${event.of} …`;
        if (event.done === 0) this.#plain("timing each kind of run on this machine …");
        break;
      case "estimate":
        this.#status = remaining(event);
        if (this.#isEstimateDue) this.#plain(this.#status);
        this.#isEstimateDue = false;
        break;
      case "run-start": {
        const row = this.#rows.get(event.run.name)!;
        Object.assign(row, { state: "running", started: performance.now(), note: event.isResumed ? "going on" : "" });
        this.#plain(`${event.run.name}: ${event.isResumed ? "goes on" : "begins"}`);
        break;
      }
      case "run-event":
        this.#showRun(event);
        break;
      case "notice":
        this.#line.say(event.message);
        break;
      case "run-done":
        this.#finish(event.name, event.result);
        this.#plain(
          `${event.name}: done in ${duration(event.result.seconds.total)}, test accuracy ${metric(event.result.test.accuracy)}, macro F1 ${metric(event.result.test.f1)}`,
        );
        this.#isEstimateDue = true;
        break;
      case "run-failed": {
        Object.assign(this.#rows.get(event.name)!, { state: "failed", note: event.reason.split("\n")[0]! });
        this.#plain(`${event.name}: failed: ${event.reason}`);
        this.#isEstimateDue = true;
        break;
      }
    }
  }

  end(): void {
    this.#hub.end();
    this.#draw(true);
    this.#line.keep();
  }

  #showPlan({ out, study, finished, notes }: Extract<CompareEvent, { type: "plan" }>): void {
    for (const run of study.runs) {
      this.#rows.set(run.name, {
        label: labelOf(run, study.recipes.length > 1, study.seeds.length > 1),
        state: "waiting",
        note: "",
        step: undefined,
        epochs: 0,
        epoch: 0,
        f1: undefined,
        started: 0,
        seconds: undefined,
        pace: new RemainingTime(),
      });
      const result = finished[run.name];
      if (result) this.#finish(run.name, result);
    }
    for (const note of notes) this.#line.say(note);
    const before = Object.keys(finished).length;
    this.#line.say(
      `${study.runs.length} ${study.runs.length === 1 ? "run" : "runs"} in ${out}${before > 0 ? `, ${before} of them finished before` : ""}`,
    );
    if (!study.timesComparable)
      this.#line.say("runs side by side, or with other threads than before: their times cannot be compared");
  }

  #showRun({ name, event }: Extract<CompareEvent, { type: "run-event" }>): void {
    const row = this.#rows.get(name)!;
    row.pace.see(event);
    if (event.type === "choosing") row.note = choosing(event);
    if (event.type === "start") {
      row.epochs = event.epochs;
      if (event.resumedAtStep === 0) row.note = "";
    }
    if (event.type === "step") {
      row.step = stepNote(event);
      row.epoch = event.epoch - 1; // A run that goes on does not begin with its first epoch.
    }
    if (event.type === "warning") this.#line.say(`${name}: ${event.message}`);
    if (event.type === "epoch") {
      row.epoch = event.epoch;
      row.f1 = event.validation.f1;
      const { loss, f1 } = event.validation;
      this.#plain(
        `${name}: epoch ${event.epoch}/${row.epochs}, validation loss ${metric(loss)}, macro F1 ${metric(f1)}, ${duration(event.seconds)}`,
      );
    }
  }

  #finish(name: string, result: RunResult): void {
    const row = this.#rows.get(name)!;
    Object.assign(row, { state: "done", note: "", f1: result.test.f1, seconds: result.seconds.total });
  }

  #draw(isForced: boolean): void {
    if (
      !this.#line.isLive ||
      this.#rows.size === 0 ||
      (!isForced && performance.now() - this.#drawn < DRAW_MILLISECONDS)
    )
      return;
    this.#drawn = performance.now();
    const { columns = 80, rows = 24 } = this.#stream;
    const shown = [...this.#rows.values()].map(rowOf);
    const lines = runTable(shown, this.#status, { columns, rows, colour: this.#stream.hasColors() });
    this.#line.show(() => lines.join("\n"));
  }

  #plain(line: string): void {
    if (!this.#line.isLive) this.#line.say(line);
  }
}

/** "20 runs to go, about 41 minutes; until about 23:40", as far as it is known. */
export function remaining({ runs, seconds, unknown }: Omit<EstimateEvent, "type">): string {
  const count = `${runs} ${runs === 1 ? "run" : "runs"} to go`;
  if (unknown.length === runs) return `${count}; how long is not known`;
  const all = `${count}, about ${roughly(seconds)}; until about ${clockAfter(seconds)}`;
  const which = unknown.length > 1 ? `${unknown[0]} and ${unknown.length - 1} more` : unknown[0];
  return which === undefined ? all : `${all}, without ${which}: how long is not known`;
}

const labelOf = ({ title, recipe, seed }: PlannedRun, tellsRecipe: boolean, tellsSeed: boolean): string =>
  `${title}${tellsRecipe ? ` (${recipe})` : ""}${tellsSeed ? `, seed ${seed}` : ""}`;

const stepNote = ({ step, totalSteps }: StepEvent): string => `step ${step}/${totalSteps}`;

/** As it is now: what has begun goes on taking time. */
const rowOf = ({ started, pace, step, ...row }: Row): RunRow => ({
  ...row,
  ...(step !== undefined && { step }),
  seconds: row.state === "running" ? (performance.now() - started) / 1000 : row.seconds,
  secondsLeft: row.state === "running" ? pace.seconds : undefined,
});
