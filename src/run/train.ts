/** `train`: one run from options to a finished run folder, as a stream of typed events. */
import { setImmediate } from "node:timers/promises";
import { AttuneError } from "../base/error.ts";
import { sha256OfWeights } from "../data/weights.ts";
import type { Engine } from "../engine/engine.ts";
import { onnxRuntimeEngine } from "../engine/onnxruntime.ts";
import { writeModelFolder } from "../interop/transformers.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import { softmax } from "../train/metrics.ts";
import { initialState, stepsPerEpoch, type TrainingState, trainEpochs } from "../train/trainer.ts";
import { type CheckpointState, restoreCheckpoint, restoreWeights, saveCheckpoint, saveWeights } from "./checkpoint.ts";
import type { TrainEvent } from "./events.ts";
import { RunFolder } from "./folder.ts";
import { describeMachine, peakRssBytes, version } from "./machine.ts";
import { type ResolvedTrainOptions, resolveOptions, type TrainOptions } from "./options.ts";
import { type Evaluation, type PreparedRun, predictedLabels, prepareRun } from "./prepare.ts";
import type { RunResult } from "./result.ts";

export interface TrainContext {
  /** Stops the run after the step it is in; it keeps a checkpoint and can go on with `resume`. */
  readonly signal?: AbortSignal;
  /** Milliseconds before `train` was called that belong to the run: a program's start-up. @default 0 */
  readonly startedAgo?: number;
}

/**
 * Trains a classifier and writes its run folder; yields what happens.
 *
 * @throws AttuneError with `kind` "input" before anything is written, "failure" where training cannot go on,
 * "interrupted" after `signal`.
 */
export async function* train(options: TrainOptions, context: TrainContext = {}): AsyncGenerator<TrainEvent> {
  const started = performance.now() - (context.startedAgo ?? 0);
  const resolved = resolveOptions(options);
  const engine = onnxRuntimeEngine({ threads: resolved.threads });
  // Everything that can be wrong with the input is found before the folder is made.
  const run = await prepareRun(resolved, engine);
  const folder = RunFolder.create(resolved.out);
  yield* new Run(resolved, engine, run, folder, started, context).start();
}

/** Goes on with a run that was interrupted; ends with the bytes it would have ended with. */
export async function* resume(path: string, context: TrainContext = {}): AsyncGenerator<TrainEvent> {
  const started = performance.now() - (context.startedAgo ?? 0);
  const folder = RunFolder.open(path);
  const { status, options } = folder.readJson<{ status: string; options: TrainOptions }>("run.json");
  if (status === "done")
    throw new AttuneError("run/done", `${path}: this run is finished; its results are in result.json`);
  const resolved = resolveOptions({ ...options, out: path });
  const engine = onnxRuntimeEngine({ threads: resolved.threads });
  const run = await prepareRun(resolved, engine);
  yield* new Run(resolved, engine, run, folder, started, context).start();
}

const BEST = ["checkpoints", "best.safetensors"] as const;

class Run {
  readonly #options: ResolvedTrainOptions;
  readonly #engine: Engine;
  readonly #run: PreparedRun;
  readonly #folder: RunFolder;
  readonly #context: TrainContext;
  #started: number;
  #state: TrainingState = initialState();
  #base: SplitMetrics | undefined;
  #startToFirstStep: number | undefined;
  #lastCheckpoint = performance.now();
  readonly #modelSha256: Promise<string>;

  constructor(
    options: ResolvedTrainOptions,
    engine: Engine,
    run: PreparedRun,
    folder: RunFolder,
    started: number,
    context: TrainContext,
  ) {
    this.#options = options;
    this.#engine = engine;
    this.#run = run;
    this.#folder = folder;
    this.#started = started;
    this.#context = context;
    // Read in the background: nothing waits for it until the run is done.
    this.#modelSha256 = sha256OfWeights(options.model);
    this.#modelSha256.catch(() => {});
  }

  async *start(): AsyncGenerator<TrainEvent> {
    this.#writeRunJson({ status: "running" });
    this.#restore();
    try {
      yield this.#record(this.#startEvent());
      yield* this.#trainAndTest();
    } catch (error) {
      const kind = error instanceof AttuneError ? error.kind : "failure";
      if (this.#state.bestEpoch > 0 && kind === "failure") await this.#keepBest();
      const reason = error instanceof Error ? error.message : String(error);
      this.#writeRunJson({ status: kind === "interrupted" ? "interrupted" : "failed", reason });
      throw error;
    } finally {
      this.#folder.close();
      await this.#run.dispose();
    }
  }

  async *#trainAndTest(): AsyncGenerator<TrainEvent> {
    if (!this.#base) yield this.#record(await this.#evaluateBase());
    this.#startToFirstStep ??= this.#seconds();
    for await (const event of trainEpochs(this.#run.job, this.#state)) {
      this.#record(event);
      if (event.type === "epoch" && event.best) await saveWeights(this.#folder.at(...BEST), ...this.#weights());
      yield event;
      // Lets signals and timers in: the engine computes without returning to the event loop.
      await setImmediate();
      const stop = this.#context.signal?.aborted ?? false;
      if (stop || event.type === "epoch" || this.#isCheckpointDue()) yield this.#record(await this.#checkpoint());
      if (stop) throw this.#interrupted();
    }
    yield await this.#finish();
  }

  /** Base metrics; their time is not the run's. */
  async #evaluateBase(): Promise<TrainEvent> {
    const started = performance.now();
    this.#base = (await this.#run.evaluate("test")).metrics;
    this.#started += performance.now() - started;
    return { type: "base", test: this.#base, seconds: (performance.now() - started) / 1000 };
  }

  async #finish(): Promise<TrainEvent> {
    const { bestEpoch, epochs } = this.#state;
    if (bestEpoch > 0 && bestEpoch < epochs.length) restoreWeights(this.#folder.at(...BEST), ...this.#weights());
    const started = performance.now();
    const test = await this.#run.evaluate("test");
    this.#state.evaluationSeconds += (performance.now() - started) / 1000;
    this.#folder.writeText(this.#predictions(test), "predictions", "test.jsonl");
    await this.#writeModel();
    const result = this.#result(test.metrics);
    this.#folder.writeJson(result, "result.json");
    const truncated = this.#run.truncatedCount();
    const notes = truncated > 0 ? [`${truncated} texts were longer than the limit and cut.`] : [];
    this.#writeRunJson({ status: "done", notes, modelSha256: await this.#modelSha256 });
    return this.#record({ type: "result", result, notes });
  }

  #result(test: SplitMetrics): RunResult {
    const { epochs, bestEpoch, step, tokens, trainSeconds, evaluationSeconds } = this.#state;
    const parts = this.#run.memory.trainables.map((trainable) => trainable.bytes());
    return {
      method: this.#options.method,
      seed: this.#options.seed,
      base: this.#base!,
      epochs,
      bestEpoch,
      test,
      seconds: {
        train: trainSeconds,
        evaluation: evaluationSeconds,
        total: this.#seconds(),
        startToFirstStep: this.#startToFirstStep!,
      },
      parameters: this.#run.parameters,
      memory: {
        peakRssBytes: peakRssBytes(),
        weightBytes: this.#run.memory.weightBytes,
        gradientBytes: parts.reduce((sum, { gradient }) => sum + gradient, 0),
        optimizerBytes: parts.reduce((sum, { optimizer }) => sum + optimizer, 0),
      },
      steps: step,
      tokens,
    };
  }

  /** One JSON object per test text. */
  #predictions({ logits }: Evaluation): string {
    const { labels, splits } = this.#run.dataset;
    const predicted = predictedLabels(logits, labels.length);
    const lines = splits.test.map(({ id, text, label }, row) => {
      const values = logits.subarray(row * labels.length, (row + 1) * labels.length);
      return JSON.stringify({
        id,
        text,
        label: labels[label],
        predicted: labels[predicted[row]!],
        logits: Array.from(values),
        probabilities: Array.from(softmax(values)),
      });
    });
    return `${lines.join("\n")}\n`;
  }

  async #writeModel(): Promise<void> {
    const { model, dataset, memory, tokenizer } = this.#run;
    const { encoder, config } = model;
    const content = { encoder, config, labels: dataset.labels, weights: memory.weights, files: tokenizer.files };
    await writeModelFolder(this.#folder.at("model"), content);
  }

  /** After a failure: the best epoch so far as a model, so that the time was not for nothing. */
  async #keepBest(): Promise<void> {
    restoreWeights(this.#folder.at(...BEST), ...this.#weights());
    await this.#writeModel();
  }

  #restore(): void {
    const found = restoreCheckpoint(this.#folder.at("checkpoints"), ...this.#weights());
    this.#folder.cutEvents(found?.eventBytes ?? 0);
    if (!found) return;
    this.#state = found.training;
    this.#base = found.base;
    this.#startToFirstStep = found.startToFirstStep;
    this.#run.job.optimizer.step = found.training.step;
    this.#started -= found.totalSeconds * 1000;
  }

  #isCheckpointDue(): boolean {
    return performance.now() - this.#lastCheckpoint > this.#options.checkpointMinutes * 60_000;
  }

  async #checkpoint(): Promise<TrainEvent> {
    const state: CheckpointState = {
      training: this.#state,
      base: this.#base!,
      eventBytes: this.#folder.eventBytes,
      totalSeconds: this.#seconds(),
      startToFirstStep: this.#startToFirstStep!,
    };
    const path = await saveCheckpoint(this.#folder.at("checkpoints"), state, ...this.#weights());
    this.#lastCheckpoint = performance.now();
    return { type: "checkpoint", path, step: this.#state.step };
  }

  #weights() {
    const { weights, trainables } = this.#run.memory;
    return [weights, trainables] as const;
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #interrupted(): AttuneError {
    const { path } = this.#folder;
    return new AttuneError(
      "run/interrupted",
      `stopped after step ${this.#state.step}; go on with: attune train --resume ${path}`,
      "interrupted",
    );
  }

  #startEvent(): TrainEvent {
    const { dataset, parameters, notes } = this.#run;
    const { train: training, validation, test } = dataset.splits;
    return {
      type: "start",
      out: this.#folder.path,
      labels: dataset.labels,
      examples: { train: training.length, validation: validation.length, test: test.length },
      parameters,
      epochs: this.#options.epochs,
      totalSteps: stepsPerEpoch(training.length, this.#options) * this.#options.epochs,
      resumedAtStep: this.#state.step,
      notes,
    };
  }

  #record<E extends TrainEvent>(event: E): E {
    this.#folder.appendEvent({ at: new Date().toISOString(), ...event });
    return event;
  }

  #writeRunJson(rest: Readonly<Record<string, unknown>>): void {
    this.#folder.writeJson(
      {
        attune: version,
        ...rest,
        options: this.#options,
        notes: [...this.#run.notes, ...((rest.notes as string[] | undefined) ?? [])],
        dataSha256: this.#run.dataset.sha256,
        labels: this.#run.dataset.labels,
        engine: this.#engine.description,
        node: process.version,
        machine: describeMachine(),
      },
      "run.json",
    );
  }
}
