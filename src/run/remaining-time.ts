/** How long a run will still take: the steps to come at the pace of the last ones, and the evaluations to come. */
import type { BaseEvent, StartEvent, TrainEvent } from "./train-events.ts";

type Start = Pick<StartEvent, "type" | "examples" | "epochs" | "totalSteps" | "resumedAtStep">;
/** Of each event what the time depends on. */
type Seen =
  | Start
  | Pick<BaseEvent, "type" | "seconds">
  | { readonly type: "step"; readonly step: number; readonly seconds: number; readonly examples: number }
  | { readonly type: "epoch"; readonly epoch: number }
  | { readonly type: Exclude<TrainEvent["type"], "start" | "base" | "step" | "epoch"> };

/** Steps that count for the pace. */
const WINDOW = 100;
/** The first steps of a process are slow; before there are enough others, nothing is said. */
const WARM_UP = 5;

export class RemainingTime {
  #start: Start | undefined;
  #lastSteps: { seconds: number; examples: number }[] = [];
  #skipped = 0;
  #done = { steps: 0, epochs: 0 };
  /** Seconds to evaluate one text, once that has been measured. */
  #perText: number | undefined;

  see(event: Seen): void {
    if (event.type === "start") {
      this.#start = event;
      this.#done.steps = event.resumedAtStep;
      this.#done.epochs = Math.floor(event.resumedAtStep / (event.totalSteps / event.epochs));
    } else if (event.type === "base") this.#perText = event.seconds / this.#start!.examples.test;
    else if (event.type === "epoch") this.#done.epochs = event.epoch;
    else if (event.type === "step") {
      this.#done.steps = event.step;
      if (++this.#skipped <= WARM_UP) return;
      this.#lastSteps.push({ seconds: event.seconds, examples: event.examples });
      if (this.#lastSteps.length > WINDOW) this.#lastSteps.shift();
    }
  }

  /** Undefined before there is anything to go by. */
  get seconds(): number | undefined {
    if (!this.#start || this.#lastSteps.length === 0) return undefined;
    const { totalSteps, epochs, examples } = this.#start;
    const perStep = sum(this.#lastSteps, "seconds") / this.#lastSteps.length;
    const texts = (epochs - this.#done.epochs) * examples.validation + examples.test;
    return (totalSteps - this.#done.steps) * perStep + texts * (this.#perText ?? 0);
  }

  get examplesPerSecond(): number {
    const seconds = sum(this.#lastSteps, "seconds");
    return seconds > 0 ? sum(this.#lastSteps, "examples") / seconds : 0;
  }
}

const sum = <K extends string>(rows: readonly Record<K, number>[], key: K): number =>
  rows.reduce((total, row) => total + row[key], 0);
