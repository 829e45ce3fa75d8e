/** What a page knows of the course of one run: its steps, epochs and pace, out of news. */
import { RemainingTime } from "../../run/remaining-time.ts";
import type { RunNews, RunNewsEvent, StepRow } from "../app-types.ts";

/** What a curve is drawn along. */
export type Along = "step" | "epoch" | "time";

export type Point = readonly [x: number, y: number];

export interface EpochPoint {
  readonly epoch: number;
  /** Steps and seconds of training until then. */
  readonly step: number;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** Where each figure stands in a row. */
const At = { step: 0, loss: 2, learningRate: 3, gradientNorm: 4, examples: 5, seconds: 6, memory: 7 } as const;

export type StepFigure = "loss" | "learningRate" | "gradientNorm" | "speed" | "memory";

export class Curves {
  #steps: StepRow[] = [];
  /** Seconds of training until the end of each step. */
  #seconds: number[] = [];
  #epochs: EpochPoint[] = [];
  #pace = new RemainingTime();
  #start: Extract<RunNewsEvent, { type: "start" }> | undefined;
  warnings: string[] = [];
  isOver = false;

  see({ anew, steps, events }: RunNews): void {
    if (anew) this.#forget();
    const starts = events.filter((event) => event.type === "start");
    for (const start of starts) this.#begin(start);
    for (const row of steps) this.#step(row);
    for (const event of events) this.#event(event);
  }

  get remaining(): number | undefined {
    return this.isOver ? undefined : this.#pace.seconds;
  }

  get speed(): number {
    return this.#pace.examplesPerSecond;
  }

  get last():
    | { readonly step: number; readonly of: number; readonly loss: number; readonly memory: number | null }
    | undefined {
    const row = this.#steps.at(-1);
    return row && { step: row[At.step], of: this.#start?.totalSteps ?? 0, loss: row[At.loss], memory: row[At.memory] };
  }

  get epochs(): readonly EpochPoint[] {
    return this.#epochs;
  }

  points(figure: StepFigure, along: Along): Point[] {
    const points: Point[] = [];
    for (const [i, row] of this.#steps.entries()) {
      const y = figureIn(row, figure);
      if (y !== null) points.push([this.#place(i, along), y]);
    }
    return points;
  }

  epochPoints(figure: string, along: Along): Point[] {
    return this.#epochs.flatMap((point) => {
      const y = point.figures[figure];
      const x = along === "time" ? point.seconds : along === "epoch" ? point.epoch : point.step;
      return typeof y === "number" ? [[x, y] as const] : [];
    });
  }

  #place(i: number, along: Along): number {
    if (along === "time") return this.#seconds[i]!;
    const step = this.#steps[i]![At.step];
    if (along === "step" || !this.#start) return step;
    return (step * this.#start.epochs) / this.#start.totalSteps;
  }

  #forget(): void {
    this.#steps = [];
    this.#seconds = [];
    this.#epochs = [];
    this.#pace = new RemainingTime();
    this.warnings = [];
    this.isOver = false;
  }

  #begin(start: Extract<RunNewsEvent, { type: "start" }>): void {
    this.#start = start;
    this.isOver = false;
    this.#pace.see(start);
  }

  /** A resumed run does steps again that came after its checkpoint. */
  #step(row: StepRow): void {
    const again = this.#steps.findLastIndex((one) => one[At.step] < row[At.step]) + 1;
    if (again < this.#steps.length) {
      this.#steps.length = again;
      this.#seconds.length = again;
      this.#epochs = this.#epochs.filter(({ step }) => step < row[At.step]);
    }
    this.#steps.push(row);
    this.#seconds.push((this.#seconds.at(-1) ?? 0) + row[At.seconds]);
    if (this.#start)
      this.#pace.see({ type: "step", step: row[At.step], seconds: row[At.seconds], examples: row[At.examples] });
  }

  #event(event: RunNewsEvent): void {
    if (event.type === "epoch") {
      const step = this.#stepOf(event.epoch);
      this.#epochs = this.#epochs.filter(({ epoch }) => epoch < event.epoch);
      this.#epochs.push({ epoch: event.epoch, step, seconds: this.#secondsAt(step), figures: event.figures });
      this.#pace.see(event);
    } else if (event.type === "base" && this.#start) this.#pace.see(event);
    else if (event.type === "warning") this.warnings.push(event.message);
    else if (event.type === "result") this.isOver = true;
  }

  #stepOf(epoch: number): number {
    return this.#start ? (epoch * this.#start.totalSteps) / this.#start.epochs : (this.#steps.at(-1)?.[At.step] ?? 0);
  }

  #secondsAt(step: number): number {
    const i = this.#steps.findLastIndex((row) => row[At.step] <= step);
    return i < 0 ? 0 : this.#seconds[i]!;
  }
}

function figureIn(row: StepRow, figure: StepFigure): number | null {
  switch (figure) {
    case "loss":
      return row[At.loss];
    case "learningRate":
      return row[At.learningRate];
    case "gradientNorm":
      return row[At.gradientNorm];
    case "speed":
      return row[At.seconds] > 0 ? row[At.examples] / row[At.seconds] : null;
    case "memory":
      return row[At.memory];
  }
}

/** An exponential mean, without the pull of its first value. */
export function smoothed(points: readonly Point[], keep = 0.9): Point[] {
  let [mean, weight] = [0, 0];
  return points.map(([x, y]) => {
    mean = keep * mean + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return [x, mean / weight];
  });
}
