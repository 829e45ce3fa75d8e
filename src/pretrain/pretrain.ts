/** `pretrain`: masked-language-model training from options to a finished folder, as a stream of typed events. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { AttuneError } from "../base/error.ts";
import { describeMachine, peakRssBytes, version } from "../base/machine.ts";
import { permutation, randomKey } from "../base/random.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import { eventsOf } from "../hub/named-inputs.ts";
import { tensorsOf, withoutClassifier, writeFolder } from "../interop/transformers.ts";
import { restoreCheckpoint, saveCheckpoint } from "../run/checkpoint.ts";
import { RunFolder } from "../run/run-folder.ts";
import { scheduleFactor, warmupSteps } from "../train/schedule.ts";
import { toFloat16 } from "../weights/float16.ts";
import { sha256OfWeights } from "../weights/weight-files.ts";
import { type PreparedPretraining, preparePretraining, tokenizerIn } from "./prepare-pretraining.ts";
import type { HeldOutMetrics, PretrainEvent, PretrainResult } from "./pretrain-events.ts";
import { openPretrainSources, type PretrainHub, pretrainHubOf } from "./pretrain-inputs.ts";
import { type PretrainOptions, type ResolvedPretrainOptions, resolvePretrainOptions } from "./pretrain-options.ts";

export interface PretrainContext {
  /** Stops after the step it is in; the run keeps a checkpoint and can go on with `resumePretraining`. */
  readonly signal?: AbortSignal;
  /** What computes instead of ONNX Runtime on the CPU. @internal */
  readonly makeEngine?: MakeEngine;
}

/** Where a run stands; plain JSON. */
interface State {
  training: {
    /** Optimizer steps done. */
    step: number;
    /** Measurements so far. */
    epochs: HeldOutMetrics[];
  };
  tokens: number;
  trainSeconds: number;
  evaluationSeconds: number;
  totalSeconds: number;
  eventBytes: number;
}

interface Facts {
  readonly kind: "pretrain";
  readonly attune: string;
  readonly options: ResolvedPretrainOptions;
  readonly dataSha256: string;
  readonly hub?: PretrainHub;
  readonly modelSha256?: string;
  readonly engine: string;
  readonly node: string;
  readonly machine: ReturnType<typeof describeMachine>;
}

/**
 * Trains an encoder to guess masked tokens and writes a folder with the model that BertForMaskedLM opens; yields what
 * happens (Devlin et al. 2019, arXiv 1810.04805).
 *
 * @throws AttuneError with `kind` "input" before anything is written, "failure" where training cannot go on,
 * "interrupted" after `signal`.
 */
export async function* pretrain(
  options: PretrainOptions | ResolvedPretrainOptions,
  within: PretrainContext = {},
): AsyncGenerator<PretrainEvent> {
  const { signal, makeEngine = cpuEngine } = within;
  const resolved = resolvePretrainOptions(options);
  RunFolder.requireNew(resolved.out);
  const sources = yield* eventsOf((onEvent) => openPretrainSources(resolved, { signal, onEvent }));
  // What came from the Hub took none of the run's time.
  const started = performance.now();
  const engine = makeEngine(resolved.threads);
  const workshop = mkdtempSync(join(tmpdir(), "attune-tokenizer-"));
  try {
    const context = { signal, sources, tokenizerFolder: workshop, resumes: false };
    const prepared = await preparePretraining(resolved, engine, context);
    const facts: Facts = {
      kind: "pretrain",
      attune: version,
      options: resolved,
      dataSha256: prepared.dataSha256,
      ...pretrainHubOf(sources),
      ...(sources.from && { modelSha256: await sha256OfWeights(sources.from.path) }),
      engine: engine.description,
      node: process.version,
      machine: describeMachine(),
    };
    const folder = RunFolder.create(resolved.out, { ...facts, status: "running" });
    if (resolved.new) cpSync(workshop, tokenizerIn(resolved.out), { recursive: true });
    yield* new Pretraining(prepared, folder, facts, started, signal).go();
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/**
 * Goes on with a run that was interrupted; it ends with the bytes it would have ended with.
 *
 * @throws AttuneError as `pretrain` does, and with `kind` "input" where the run is finished, or its model or text changed.
 */
export async function* resumePretraining(path: string, within: PretrainContext = {}): AsyncGenerator<PretrainEvent> {
  const { signal, makeEngine = cpuEngine } = within;
  const folder = RunFolder.open(path);
  const { status, ...facts } = folder.readJson<Facts & { status: string; reason?: string }>("run.json");
  if (facts.kind !== "pretrain")
    throw new AttuneError("run/other-kind", `${path}: this is no run of pretrain; go on with: attune train --resume`);
  if (status === "done")
    throw new AttuneError("run/done", `${path}: this run is finished; its results are in result.json`);
  const resolved = resolvePretrainOptions({ ...facts.options, out: path });
  const sources = yield* eventsOf((onEvent) => openPretrainSources(resolved, { signal, onEvent }, facts.hub ?? {}));
  const started = performance.now();
  if (sources.from && (await sha256OfWeights(sources.from.path)) !== facts.modelSha256)
    throw changed(path, "model", resolved.from!);
  const engine = makeEngine(resolved.threads);
  // A run that was killed before its vocabulary was kept learns it again.
  const resumes = folder.has("tokenizer", "tokenizer_config.json");
  const context = { signal, sources, tokenizerFolder: tokenizerIn(path), resumes };
  const prepared = await preparePretraining(resolved, engine, context);
  if (prepared.dataSha256 !== facts.dataSha256) throw changed(path, "text", resolved.data);
  const { reason: _, ...kept } = facts;
  yield* new Pretraining(prepared, folder, { ...kept, options: resolved }, started, signal).go();
}

const changed = (path: string, what: string, where: string): AttuneError =>
  new AttuneError("run/changed", `${path}: the ${what} in ${where} changed since this run began; begin anew`);

class Pretraining {
  readonly #run: PreparedPretraining;
  readonly #folder: RunFolder;
  readonly #facts: Facts;
  readonly #options: ResolvedPretrainOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #totalSteps: number;
  #started: number;
  #lastCheckpoint = performance.now();
  /** Where the newest checkpoint stands, so that it is not written twice. */
  #saved = "";
  #state: Omit<State, "totalSeconds" | "eventBytes"> = {
    training: { step: 0, epochs: [] },
    tokens: 0,
    trainSeconds: 0,
    evaluationSeconds: 0,
  };

  constructor(
    run: PreparedPretraining,
    folder: RunFolder,
    facts: Facts,
    started: number,
    signal: AbortSignal | undefined,
  ) {
    this.#run = run;
    this.#folder = folder;
    this.#facts = facts;
    this.#options = facts.options;
    this.#started = started;
    this.#signal = signal;
    const { epochs, batchSize } = this.#options;
    this.#totalSteps = Math.max(1, Math.round((epochs * run.passages.train.length) / batchSize));
  }

  async *go(): AsyncGenerator<PretrainEvent> {
    await this.#restore();
    try {
      this.#writeRunJson("running");
      yield this.#record(this.#startEvent());
      yield* this.#train();
      yield await this.#finish();
    } catch (error) {
      const interrupted = error instanceof AttuneError && error.kind === "interrupted";
      if (interrupted) yield* this.#checkpoint();
      const reported = interrupted ? this.#interrupted() : this.#folder.refused(error);
      this.#folder.tryTo(() =>
        this.#writeRunJson(interrupted ? "interrupted" : "failed", { reason: reported.message }),
      );
      throw reported;
    } finally {
      this.#folder.close();
      await this.#run.dispose();
    }
  }

  async *#train(): AsyncGenerator<PretrainEvent> {
    const { training } = this.#state;
    for (;;) {
      // Measured before the first step, after the last, and evenly between them.
      while (training.epochs.length <= this.#options.evaluations && training.step >= this.#measuredAt()) {
        yield await this.#measure();
        yield* this.#checkpoint();
      }
      if (training.step >= this.#totalSteps) return;
      yield await this.#step();
      // Lets signals and timers in: the engine computes without returning to the event loop.
      await setImmediate();
      if (performance.now() - this.#lastCheckpoint > this.#options.checkpointMinutes * 60_000)
        yield* this.#checkpoint();
      if (this.#signal?.aborted) throw this.#interrupted();
    }
  }

  /** The step of the next measurement. */
  #measuredAt(): number {
    return Math.round((this.#state.training.epochs.length * this.#totalSteps) / this.#options.evaluations);
  }

  async #step(): Promise<PretrainEvent> {
    const started = performance.now();
    const { batchSize, learningRate: rate, schedule, warmup, seed } = this.#options;
    const { training } = this.#state;
    const count = this.#run.passages.train.length;
    const draws = Array.from({ length: batchSize }, (_, i) => training.step * batchSize + i);
    const indices = draws.map((draw) => this.#order(Math.floor(draw / count), count, seed)[draw % count]!);
    const { loss, tokens } = await this.#run.takeBatch(indices, draws, training.step);
    if (!Number.isFinite(loss)) throw this.#diverged("loss", loss);
    const warmUp = warmupSteps(warmup, this.#totalSteps);
    const learningRate = rate * scheduleFactor(schedule, training.step, warmUp, this.#totalSteps);
    const gradientNorm = await this.#run.optimizer.update(learningRate);
    if (!Number.isFinite(gradientNorm)) throw this.#diverged("gradient norm", gradientNorm);
    const seconds = (performance.now() - started) / 1000;
    training.step++;
    this.#state.tokens += tokens;
    this.#state.trainSeconds += seconds;
    const { step } = training;
    const event = { type: "step", step, totalSteps: this.#totalSteps, loss, learningRate } as const;
    return this.#record({ ...event, gradientNorm, tokens, seconds });
  }

  #orders = new Map<number, Uint32Array>();

  /** The order of an epoch; the last one is kept. */
  #order(epoch: number, count: number, seed: number): Uint32Array {
    if (!this.#orders.has(epoch)) {
      if (this.#orders.size > 1) this.#orders.clear();
      this.#orders.set(epoch, permutation(randomKey(seed, "shuffle", epoch), count));
    }
    return this.#orders.get(epoch)!;
  }

  async #measure(): Promise<PretrainEvent> {
    const started = performance.now();
    const { training } = this.#state;
    const metrics = { step: training.step, ...(await this.#run.measure()) };
    training.epochs.push(metrics);
    this.#state.evaluationSeconds += (performance.now() - started) / 1000;
    return this.#record({ type: "heldOut", ...metrics });
  }

  async #finish(): Promise<PretrainEvent> {
    await this.#writeModel();
    const { training, tokens, trainSeconds, evaluationSeconds } = this.#state;
    const result: PretrainResult = {
      heldOut: training.epochs,
      steps: training.step,
      tokens,
      seconds: { train: trainSeconds, evaluation: evaluationSeconds, total: this.#seconds() },
      tokensPerSecond: tokens / trainSeconds,
      parameters: this.#run.parameters,
      peakRssBytes: peakRssBytes(),
    };
    this.#folder.writeJson(result, "result.json");
    this.#writeRunJson("done");
    return this.#record({ type: "result", result, notes: this.#run.notes });
  }

  /** The folder for Transformers: the encoder with its language head. */
  async #writeModel(): Promise<void> {
    const { model, config, memory, tokenizer } = this.#run;
    await memory.download();
    const { float16 } = this.#options;
    const tensors = tensorsOf(model.encoder.parameters, memory.host);
    writeFolder(this.#folder.at("model"), {
      config: {
        ...withoutClassifier(config),
        architectures: [model.architecture],
        dtype: float16 ? "float16" : "float32",
      },
      tensors: float16 ? tensors.map((tensor) => ({ ...tensor, data: toFloat16(tensor.data) })) : tensors,
      files: tokenizer.files(model.encoder.maxPositions),
    });
  }

  async #restore(): Promise<void> {
    const { memory } = this.#run;
    const { host: weights, trainables } = memory;
    const found = restoreCheckpoint<State>(this.#folder.at("checkpoints"), weights, trainables);
    await memory.upload();
    this.#folder.cutEvents(found?.eventBytes ?? 0);
    if (!found) return;
    const { totalSeconds, eventBytes: _, ...state } = found;
    this.#state = state;
    this.#saved = `${state.training.step}-${state.training.epochs.length}`;
    this.#run.optimizer.step = state.training.step;
    this.#started -= totalSeconds * 1000;
  }

  async *#checkpoint(): AsyncGenerator<PretrainEvent> {
    const { step, epochs } = this.#state.training;
    const { memory } = this.#run;
    const { host: weights, trainables } = memory;
    const { eventBytes } = this.#folder;
    const state: State = { ...this.#state, eventBytes, totalSeconds: this.#seconds() };
    const place = `${step}-${epochs.length}`;
    if (this.#saved === place) return;
    await memory.download();
    const path = saveCheckpoint(this.#folder.at("checkpoints"), state, weights, trainables);
    this.#lastCheckpoint = performance.now();
    this.#saved = place;
    yield this.#record({ type: "checkpoint", path, step });
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #diverged(what: string, value: number): AttuneError {
    const message = `the ${what} became ${value} at step ${this.#state.training.step + 1}; lower learningRate`;
    return new AttuneError("train/diverged", message, "failure");
  }

  #interrupted(): AttuneError {
    const { path } = this.#folder;
    const message = `stopped after step ${this.#state.training.step}; go on with: attune pretrain --resume ${path}`;
    return new AttuneError("run/interrupted", message, "interrupted");
  }

  #startEvent(): PretrainEvent {
    const { passages, parameters, notes } = this.#run;
    return {
      type: "start",
      out: this.#folder.path,
      passages: { train: passages.train.length, heldOut: passages.heldOut.length },
      tokens: passages.train.reduce((sum, { ids }) => sum + ids.length, 0),
      parameters,
      totalSteps: this.#totalSteps,
      resumedAtStep: this.#state.training.step,
      notes,
    };
  }

  #record<E extends PretrainEvent>(event: E): E {
    this.#folder.appendEvent({ at: new Date().toISOString(), ...event });
    return event;
  }

  #writeRunJson(status: string, rest: object = {}): void {
    this.#folder.writeJson({ ...this.#facts, notes: this.#run.notes, status, ...rest }, "run.json");
  }
}
