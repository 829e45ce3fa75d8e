/** `train`: one run from options to a finished run folder, as a stream of typed events. */
import { setImmediate } from "node:timers/promises";
import { ContentStore } from "../base/content-store.ts";
import { AttuneError } from "../base/error.ts";
import { describeMachine, version } from "../base/machine.ts";
import type { Engine } from "../engine/engine.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import { fetchSources, type Sources, withPaths } from "../hub/named-inputs.ts";
import { cutTexts } from "../tokens/tokenized.ts";
import { evenThresholds } from "../train/evaluate.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import { initialState, stepsPerEpoch, type TrainingState, trainEpochs } from "../train/trainer.ts";
import { sha256OfWeights } from "../weights/weight-files.ts";
import { type CheckpointState, restoreCheckpoint, restoreWeights, saveCheckpoint, saveWeights } from "./checkpoint.ts";
import { chooseHead } from "./choose-head.ts";
import { lockFolder } from "./lock.ts";
import { makeResult } from "./make-result.ts";
import { predictionLines } from "./predictions.ts";
import { type PreparedRun, prepareRun } from "./prepare-run.ts";
import { describeRun, placesOf, type RunFacts, type RunStatus } from "./run-facts.ts";
import { RunFolder, sizeOfFiles } from "./run-folder.ts";
import { RunTimes } from "./run-times.ts";
import { keepModel } from "./save-model.ts";
import type { TrainEvent } from "./train-events.ts";
import { type ResolvedTrainOptions, resolveOptions, type TrainOptions } from "./train-options.ts";

export interface TrainContext {
  /** Stops the run after the step it is in; it keeps a checkpoint and can go on with `resume`. */
  readonly signal?: AbortSignal;
  /** Milliseconds before `train` was called that belong to the run: a program's start-up. @default 0 */
  readonly startedAgo?: number;
  /**
   * Folder in which runs keep tokens and outputs of frozen layers for each other, by hashes of what they are made from;
   * several processes may use it at once, and it may be deleted at any time between runs. It changes no result.
   * @default none
   */
  readonly shared?: string;
  /** Model and data, where they have been opened before: the runs of a study ask the Hub once. @internal */
  readonly sources?: Sources;
  /** What computes instead of ONNX Runtime on the CPU. @internal */
  readonly makeEngine?: MakeEngine;
}

/**
 * Trains a classifier and writes its run folder; yields what happens.
 *
 * @throws AttuneError with `kind` "input" before anything is written, "failure" where training cannot go on,
 * "interrupted" after `signal`.
 */
export async function* train(
  options: TrainOptions | ResolvedTrainOptions,
  context: TrainContext = {},
): AsyncGenerator<TrainEvent> {
  const called = startOf(context);
  const given = resolveOptions(options);
  RunFolder.requireNew(given.out);
  // Everything that can be wrong with the input is found before the folder is made.
  const asked = performance.now();
  const sources = context.sources ?? (yield* fetchSources(given, context.signal));
  // What came from the Hub took none of the run's time.
  const started = called + performance.now() - asked;
  const engine = (context.makeEngine ?? cpuEngine)(given.threads);
  const store = storeOf(context, engine);
  const within = { signal: context.signal, store };
  const here = withPaths(given, sources);
  const headSearch = given.head === "auto" ? await chooseHead(here, engine, within) : undefined;
  const head = headSearch?.chosen ?? given.head;
  const prepared = await prepareRun({ ...here, head }, engine, within);
  const resolved = headSearch ? { ...given, head: headSearch.chosen } : given;
  const facts = describeRun(resolved, engine, prepared, sources, headSearch);
  const folder = RunFolder.create(resolved.out, { ...facts, status: "running" });
  const lock = lockFolder(folder.path);
  try {
    yield* new Run(prepared, folder, facts, new RunTimes(started, store), context.signal).go();
  } finally {
    lock.release();
  }
}

/**
 * Goes on with a run that was interrupted; it ends with the bytes it would have ended with.
 *
 * @throws AttuneError as `train` does, and with `kind` "input" where the run is finished, another process works on it,
 * or its model or data changed.
 */
export async function* resume(path: string, context: TrainContext = {}): AsyncGenerator<TrainEvent> {
  const called = startOf(context);
  const folder = RunFolder.open(path);
  const lock = lockFolder(path);
  try {
    yield* goOn(folder, called, context);
  } finally {
    lock.release();
  }
}

async function* goOn(folder: RunFolder, called: number, context: TrainContext): AsyncGenerator<TrainEvent> {
  const { path } = folder;
  const before = folder.readJson<RunFacts & { status: string }>("run.json");
  if (before.status === "done")
    throw new AttuneError("run/done", `${path}: this run is finished; its results are in result.json`);
  const resolved = resolveOptions({ ...before.options, ...placesOf(before, path), out: path });
  const asked = performance.now();
  const sources = context.sources ?? (yield* fetchSources(resolved, context.signal, before.hub ?? {}));
  const started = called + performance.now() - asked;
  const engine = (context.makeEngine ?? cpuEngine)(resolved.threads);
  const store = storeOf(context, engine);
  const prepared = await prepareRun(withPaths(resolved, sources), engine, { signal: context.signal, store });
  const facts = describeRun(resolved, engine, prepared, sources, before.headSearch);
  if (before.dataSha256 !== facts.dataSha256) throw changed(path, "data", resolved.data);
  if (before.modelSha256) {
    facts.modelSha256 = await sha256OfWeights(prepared.modelFolder);
    if (before.modelSha256 !== facts.modelSha256) throw changed(path, "model", resolved.model);
  }
  yield* new Run(prepared, folder, facts, new RunTimes(started, store), context.signal).go();
}

/** Tokens and frozen layers' outputs are the same where version, engine and processor are. */
const storeOf = ({ shared }: TrainContext, { description }: Engine): ContentStore | undefined => {
  if (shared === undefined) return undefined;
  const { platform, processor } = describeMachine();
  return new ContentStore(shared, [version, description, platform, processor].join("; "));
};

const startOf = ({ startedAgo = 0 }: TrainContext): number => performance.now() - startedAgo;

const changed = (path: string, what: string, where: string): AttuneError =>
  new AttuneError("run/changed", `${path}: the ${what} in ${where} changed since this run began; train anew`);

const BEST = ["checkpoints", "best.safetensors"] as const;

class Run {
  readonly #options: ResolvedTrainOptions;
  readonly #run: PreparedRun;
  readonly #folder: RunFolder;
  readonly #facts: RunFacts;
  readonly #signal: AbortSignal | undefined;
  readonly #times: RunTimes;
  #state: TrainingState = initialState();
  #base: SplitMetrics | undefined;
  #thresholds: readonly number[] | undefined;
  #lastCheckpoint = performance.now();
  /** Where the newest checkpoint stands, so that it is not written twice. */
  #saved = "";
  readonly #hashed: Promise<void>;

  constructor(run: PreparedRun, folder: RunFolder, facts: RunFacts, times: RunTimes, signal: AbortSignal | undefined) {
    this.#options = facts.options;
    this.#run = run;
    this.#folder = folder;
    this.#facts = facts;
    this.#times = times;
    this.#signal = signal;
    this.#hashed = this.#hashModel();
    this.#hashed.catch(() => {}); // Said where it is waited for.
  }

  async *go(): AsyncGenerator<TrainEvent> {
    await this.#restore();
    try {
      this.#writeRunJson("running");
      yield this.#record(this.#startEvent());
      yield* this.#trainAndTest();
    } catch (error) {
      const kind = error instanceof AttuneError ? error.kind : "failure";
      if (kind === "interrupted" && this.#base) yield* this.#checkpoint();
      await this.#hashed.catch(() => {}); // It writes run.json as well, and must not do so after what follows.
      const reported = kind === "interrupted" ? this.#interrupted() : await this.#failed(this.#folder.refused(error));
      this.#folder.tryTo(() =>
        this.#writeRunJson(kind === "interrupted" ? "interrupted" : "failed", { reason: reported.message }),
      );
      throw reported;
    } finally {
      this.#folder.close();
      await this.#run.dispose();
    }
  }

  async *#trainAndTest(): AsyncGenerator<TrainEvent> {
    if (!this.#base) yield this.#record(await this.#evaluateBase());
    this.#times.ready();
    let logits: Float32Array = new Float32Array();
    const validate = async () => {
      const validation = await this.#run.evaluate("validation");
      logits = validation.logits;
      return validation.metrics;
    };
    for await (const event of trainEpochs({ ...this.#run.job, validate }, this.#state)) {
      this.#record(event);
      this.#times.see(event);
      if (event.type === "epoch" && event.best) {
        saveWeights(this.#folder.at(...BEST), ...(await this.#weights()));
        this.#writePredictions("validation", logits);
      }
      yield event;
      // Lets signals and timers in: the engine computes without returning to the event loop.
      await setImmediate();
      if (event.type === "epoch" || this.#isCheckpointDue()) yield* this.#checkpoint();
      if (this.#signal?.aborted) throw this.#interrupted();
    }
    yield await this.#finish();
  }

  /** Base metrics; their time is not the run's. */
  async #evaluateBase(): Promise<TrainEvent> {
    this.#times.collect();
    const started = performance.now();
    this.#base = (await this.#run.evaluate("test")).metrics;
    const seconds = (performance.now() - started) / 1000;
    this.#times.leaveOut(seconds);
    return { type: "base", test: this.#base, seconds };
  }

  async #finish(): Promise<TrainEvent> {
    const { bestEpoch, epochs } = this.#state;
    if (bestEpoch > 0 && bestEpoch < epochs.length) await this.#restoreBest();
    const started = performance.now();
    if (epochs.length === 0 || this.#run.dataset.multiLabel) {
      const { logits } = await this.#run.evaluate("validation");
      this.#thresholds = this.#run.chooseThresholds(logits);
      this.#writePredictions("validation", logits);
    }
    const test = await this.#run.evaluate("test", this.#thresholds);
    this.#state.evaluationSeconds += (performance.now() - started) / 1000;
    this.#writePredictions("test", test.logits);
    const storedBytes = sizeOfFiles(await this.#keepModel());
    const result = makeResult(this.#options, this.#run, this.#state, {
      base: this.#base!,
      test: test.metrics,
      thresholds: this.#thresholds,
      seconds: this.#times.result(this.#state),
      storedBytes,
    });
    this.#folder.writeJson(result, "result.json");
    const truncated = this.#run.truncatedCount();
    if (truncated > 0) this.#facts.notes.push(cutTexts(truncated));
    this.#writeRunJson("done");
    return this.#record({ type: "result", result, notes: this.#facts.notes });
  }

  #writePredictions(split: "validation" | "test", logits: Float32Array): void {
    const { labels, splits } = this.#run.dataset;
    this.#folder.writeText(
      predictionLines(splits[split], labels, logits, this.#decision()),
      "predictions",
      `${split}.jsonl`,
    );
  }

  /** What decides labels where a text may have any number of them: until thresholds are chosen, what is likelier than not. */
  #decision(): readonly number[] | undefined {
    const { labels, multiLabel } = this.#run.dataset;
    return this.#thresholds ?? (multiLabel ? evenThresholds(labels.length) : undefined);
  }

  async #keepModel(): Promise<string> {
    await this.#hashed;
    await this.#run.memory.download();
    return keepModel(this.#folder, this.#run, this.#facts, this.#decision()); // A run that fails has chosen none.
  }

  /** After a failure: the best epoch so far as a model, so that the time was not for nothing. */
  async #failed(error: Error): Promise<Error> {
    const { bestEpoch } = this.#state;
    if (bestEpoch === 0) return error;
    let where: string;
    try {
      await this.#restoreBest();
      where = await this.#keepModel();
    } catch {
      return error; // The first failure is the one to know of.
    }
    if (!(error instanceof AttuneError)) return error;
    const kept = `the model of epoch ${bestEpoch}, the best so far, is in ${where}`;
    return new AttuneError(error.code, `${error.message}; ${kept}`, error.kind, { cause: error });
  }

  async #restoreBest(): Promise<void> {
    restoreWeights(this.#folder.at(...BEST), ...(await this.#weights()));
    await this.#run.memory.upload();
  }

  async #restore(): Promise<void> {
    const found = restoreCheckpoint(this.#folder.at("checkpoints"), ...(await this.#weights()));
    await this.#run.memory.upload();
    this.#folder.cutEvents(found?.eventBytes ?? 0);
    if (!found) return;
    this.#state = found.training;
    this.#base = found.base;
    this.#times.restore(found.times);
    this.#run.job.optimizer.step = found.training.step;
  }

  #isCheckpointDue(): boolean {
    return performance.now() - this.#lastCheckpoint > this.#options.checkpointMinutes * 60_000;
  }

  async *#checkpoint(): AsyncGenerator<TrainEvent> {
    const { step, epochs } = this.#state;
    const place = `${step}-${epochs.length}`;
    if (this.#saved === place) return;
    const state: CheckpointState = {
      training: this.#state,
      base: this.#base!,
      eventBytes: this.#folder.eventBytes,
      times: this.#times.saved(),
    };
    const path = saveCheckpoint(this.#folder.at("checkpoints"), state, ...(await this.#weights()));
    this.#lastCheckpoint = performance.now();
    this.#saved = place;
    yield this.#record({ type: "checkpoint", path, step });
  }

  /** As they are now. */
  async #weights() {
    const { memory } = this.#run;
    await memory.download();
    const { host, trainables } = memory;
    return [host, trainables] as const;
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
    const { dataset, parameters } = this.#run;
    const notes = [`Read as ${this.#facts.reading}.`, ...this.#facts.notes];
    const { epochs } = this.#run.job.options;
    const { train: training, validation, test } = dataset.splits;
    return {
      type: "start",
      out: this.#folder.path,
      labels: dataset.labels,
      examples: { train: training.length, validation: validation.length, test: test.length },
      parameters,
      epochs,
      totalSteps: stepsPerEpoch(this.#run.job.order?.count ?? training.length, this.#options) * epochs,
      resumedAtStep: this.#state.step,
      notes,
    };
  }

  #record<E extends TrainEvent>(event: E): E {
    this.#folder.appendEvent({ at: new Date().toISOString(), ...event });
    return event;
  }

  /** In the background: a run does not wait for it before its first step. */
  async #hashModel(): Promise<void> {
    if (this.#facts.modelSha256) return;
    this.#facts.modelSha256 = await sha256OfWeights(this.#run.modelFolder);
    if (!this.#folder.has("result.json")) this.#writeRunJson("running");
  }

  #writeRunJson(status: RunStatus, rest: { readonly reason?: string } = {}): void {
    this.#folder.writeJson({ ...this.#facts, status, ...rest }, "run.json");
  }
}
