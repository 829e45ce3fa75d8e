/** A study on the terminal: a live table with one row a run, or plain lines where there is no terminal. */
import { styleText } from "node:util";
import { alignColumns, clockAfter, duration, metric, roughly } from "../base/format.ts";
import type { CompareEvent, EstimateEvent } from "../experiment/compare-events.ts";
import type { PlannedRun } from "../experiment/study.ts";
import { RemainingTime } from "../run/remaining-time.ts";
import type { RunResult } from "../run/result.ts";
import type { StepEvent } from "../train/trainer.ts";
import { HubProgress } from "./hub-progress.ts";
import { LiveLine } from "./live-line.ts";

/** The table is drawn anew at most so often. */
const DRAW_MILLISECONDS = 100;

/** What one row says. */
interface Row {
  readonly label: string;
  state: "waiting" | "running" | "done" | "failed";
  note: string;
  epochs: number;
  epoch: number;
  /** Of the newest validation, or on test once it is done. */
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
    if (event.type === "start") row.epochs = event.epochs;
    if (event.type === "step") row.note = stepNote(event);
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
    const rows = [...this.#rows.values()];
    const lines = alignColumns([["run", "", "macro F1", "time", "left"], ...rows.map(cellsOf)]);
    const [head, ...body] = lines as [string, ...string[]];
    const styled = body.map((line, i) => this.#styled(line, rows[i]!.state));
    const shown = withinHeight(styled, rows, (this.#stream.rows ?? 24) - 4);
    this.#line.show(() => [head, ...shown, this.#status].join("\n"));
  }

  #styled(line: string, state: Row["state"]): string {
    if (!this.#stream.hasColors()) return line;
    const style = { waiting: "dim", running: "bold", done: "reset", failed: "red" } as const;
    return styleText(style[state], line);
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

function cellsOf(row: Row): string[] {
  const { label, state, note, epoch, epochs, f1, started, pace } = row;
  const seconds = state === "running" ? (performance.now() - started) / 1000 : row.seconds;
  const progress = epochs > 0 ? `epoch ${Math.min(epoch + 1, epochs)}/${epochs} ${note}` : note || "begins";
  return [
    label,
    state === "running" ? progress : state === "failed" ? `failed: ${note.slice(0, 60)}` : state,
    f1 === undefined ? "" : metric(f1),
    seconds === undefined ? "" : duration(seconds),
    state === "running" && pace.seconds !== undefined ? duration(pace.seconds) : "",
  ];
}

/** Where the terminal is too low: first the finished rows go, then those that wait. */
function withinHeight(lines: readonly string[], rows: readonly Row[], height: number): string[] {
  if (lines.length <= height) return [...lines];
  const isOver = rows.map(({ state }) => state === "done" || state === "failed");
  const over = lines.filter((_, i) => isOver[i]);
  const open = lines.filter((_, i) => !isOver[i]);
  const shownOpen = open.slice(0, Math.max(1, height - 2));
  const shownOver = over.slice(over.length - Math.max(0, height - 2 - shownOpen.length));
  return [
    ...(shownOver.length < over.length ? [`… ${over.length - shownOver.length} more are over`] : []),
    ...(shownOver.length > 0 && over.length > 0 ? shownOver : []),
    ...shownOpen,
    ...(shownOpen.length < open.length ? [`… ${open.length - shownOpen.length} more wait`] : []),
  ];
}
