/** A training run on the terminal: one live line while it trains, plain lines for what stays. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { styleText } from "node:util";
import { alignColumns, duration, grouped, memory, metric } from "../base/format.ts";
import { RemainingTime } from "../run/remaining-time.ts";
import type { StartEvent, TrainEvent } from "../run/train-events.ts";
import { verdictLines } from "../run/verdict.ts";
import type { EpochEvent, StepEvent } from "../train/trainer.ts";
import { choosing } from "./choosing.ts";
import { HubProgress } from "./hub-progress.ts";
import { LiveLine } from "./live-line.ts";
import { metricsReport } from "./metrics-report.ts";
import { afterRun } from "./next-commands.ts";
import { writeOut } from "./write-text.ts";

const BAR_WIDTH = 24;

/** Consumes a run's events and shows them on standard error; the result goes to standard output. */
export async function showTraining(events: AsyncIterable<TrainEvent>, { quiet }: { quiet: boolean }): Promise<void> {
  const view = quiet ? undefined : new ProgressView(process.stderr);
  try {
    for await (const event of events) {
      view?.show(event);
      if (event.type === "result" && !quiet) writeOut(`${resultText(event, view!.out, view!.testTexts)}\n`);
    }
  } finally {
    view?.end();
  }
}

class ProgressView {
  readonly #stream: NodeJS.WriteStream;
  readonly #line: LiveLine;
  readonly #hub: HubProgress;
  readonly #remaining = new RemainingTime();
  #start: StartEvent | undefined;
  /** Where the run folder is, and how many texts it is tested on. */
  out = "";
  testTexts = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#line = new LiveLine(stream);
    this.#hub = new HubProgress(stream);
  }

  show(event: TrainEvent): void {
    this.#remaining.see(event);
    if (event.type === "download" || event.type === "wait") this.#hub.show(event);
    else if (event.type === "choosing") {
      const text = () => `${choosing(event)} …`;
      this.#line.show(text, text);
    } else if (event.type === "start") this.#showStart(event);
    else if (event.type === "base")
      this.#line.say(
        `before training: test loss ${metric(event.test.loss)}, accuracy ${metric(event.test.accuracy)}, macro F1 ${metric(event.test.f1)}`,
      );
    else if (event.type === "step") this.#showStep(event);
    else if (event.type === "epoch") this.#showEpoch(event);
    else if (event.type === "warning") this.#line.say(this.#bold(event.message));
    else if (event.type === "result") this.end();
  }

  end(): void {
    this.#hub.end();
    this.#line.end();
  }

  #showStart(event: StartEvent): void {
    this.#start = event;
    this.out = event.out;
    this.testTexts = event.examples.test;
    const { examples, parameters, labels, epochs, totalSteps, resumedAtStep, notes } = event;
    for (const note of notes) this.#line.say(this.#dim(note));
    const sizes = `${grouped(examples.train)} training, ${grouped(examples.validation)} validation, ${grouped(examples.test)} test texts`;
    this.#line.say(`${sizes}; ${labels.length} labels`);
    this.#line.say(
      `${grouped(parameters.trainable)} of ${grouped(parameters.total)} parameters are trained, ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${grouped(totalSteps)} ${totalSteps === 1 ? "step" : "steps"}`,
    );
    if (resumedAtStep > 0) this.#line.say(`going on after step ${grouped(resumedAtStep)}`);
    this.#line.show(() => "measuring the model before training …");
  }

  #showStep(event: StepEvent): void {
    const { step, totalSteps, epoch, loss, learningRate } = event;
    const left = this.#remaining.seconds;
    const numbers = [
      `loss ${loss.toFixed(3)}`,
      `rate ${learningRate.toExponential(1)}`,
      `${this.#remaining.examplesPerSecond.toFixed(0)} texts/s`,
      memory(process.memoryUsage.rss()),
      left === undefined ? "" : `${duration(left)} left`,
    ].filter(Boolean);
    const bar = (): string => {
      const done = Math.round((BAR_WIDTH * step) / totalSteps);
      const shown = `${"━".repeat(done)}${this.#dim("┄".repeat(BAR_WIDTH - done))}`;
      const isLast = step % (totalSteps / this.#start!.epochs) === 0;
      const state = isLast ? `validating epoch ${epoch} …` : numbers.join("  ");
      return `epoch ${epoch}/${this.#start!.epochs} ${shown} ${step}/${totalSteps}  ${state}`;
    };
    this.#line.show(
      bar,
      () => `epoch ${epoch}/${this.#start!.epochs}, step ${step}/${totalSteps}: ${numbers.join(", ")}`,
    );
  }

  #showEpoch({ epoch, trainLoss, validation, seconds, best }: EpochEvent): void {
    const { loss, accuracy, f1 } = validation;
    const numbers = `validation loss ${metric(loss)}, accuracy ${metric(accuracy)}, macro F1 ${metric(f1)}`;
    const mark = best ? `, ${this.#bold("best so far")}` : "";
    this.#line.say(`epoch ${epoch}: training loss ${metric(trainLoss)}, ${numbers}, ${duration(seconds)}${mark}`);
    if (epoch === this.#start!.epochs) this.#line.show(() => "testing the best epoch …");
  }

  #bold = (text: string): string => (this.#coloured ? styleText("bold", text) : text);
  #dim = (text: string): string => (this.#coloured ? styleText("dim", text) : text);

  get #coloured(): boolean {
    return this.#stream.isTTY && this.#stream.hasColors();
  }
}

function resultText({ result }: Extract<TrainEvent, { type: "result" }>, out: string, count: number): string {
  const { test, testFloat32, base, bestEpoch, start, seconds, memory: used, verdict } = result;
  const asTheyWere = start ? "as the search for a head left them, which no epoch made better" : "as they were";
  const kept = existsSync(join(out, "model")) ? "model" : "adapter";
  const change = alignColumns([
    ["", "before", "after"],
    ["accuracy", metric(base.accuracy), metric(test.accuracy)],
    ["macro F1", metric(base.f1), metric(test.f1)],
  ]);
  return [
    "",
    `Test, with the weights ${bestEpoch > 0 ? `of epoch ${bestEpoch}` : asTheyWere}:`,
    "",
    metricsReport(test, count),
    "",
    ...change,
    "",
    ...(testFloat32
      ? [`in float32, after: accuracy ${metric(testFloat32.accuracy)}, macro F1 ${metric(testFloat32.f1)}`, ""]
      : []),
    ...(verdict ? [...verdictLines(verdict), ""] : []),
    `${duration(seconds.train)} of training in ${duration(seconds.total)}, peak memory ${memory(used.peakRssBytes)}`,
    `run ${out}, ${kept} ${join(out, kept)}`,
    "",
    ...afterRun(out),
  ].join("\n");
}
