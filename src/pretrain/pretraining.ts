/** The work of a run of `pretrain`: steps, measurements of held-out text, and the model in the end. */
import { AttuneError } from "../base/error.ts";
import { type describeMachine, peakRssBytes } from "../base/machine.ts";
import { permutation, randomKey } from "../base/random.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { tensorsOf, withoutClassifier, writeFolder } from "../interop/transformers.ts";
import type { RunFolder } from "../run/run-folder.ts";
import type { RunSession, RunWork } from "../run/run-session.ts";
import { scheduleFactor, warmupNote, warmupSteps } from "../train/schedule.ts";
import { toFloat16 } from "../weights/float16.ts";
import type { PreparedPretraining } from "./prepare-pretraining.ts";
import type { HeldOutMetrics, PretrainEvent, PretrainResult } from "./pretrain-events.ts";
import type { PretrainHub } from "./pretrain-inputs.ts";
import type { ResolvedPretrainOptions } from "./pretrain-options.ts";

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
}

export interface PretrainFacts {
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

type Session = RunSession<State, PretrainEvent>;

export class Pretraining implements RunWork<State, PretrainEvent> {
  readonly command = "pretrain";
  readonly folder: RunFolder;
  readonly memory: ParameterStore;
  readonly #run: PreparedPretraining;
  readonly #facts: PretrainFacts;
  readonly #options: ResolvedPretrainOptions;
  readonly #totalSteps: number;
  readonly #notes: readonly string[];
  #started: number;
  #state: Omit<State, "totalSeconds"> = {
    training: { step: 0, epochs: [] },
    tokens: 0,
    trainSeconds: 0,
    evaluationSeconds: 0,
  };

  constructor(run: PreparedPretraining, folder: RunFolder, facts: PretrainFacts, started: number) {
    this.memory = run.memory;
    this.#run = run;
    this.folder = folder;
    this.#facts = facts;
    this.#options = facts.options;
    this.#started = started;
    const { epochs, batchSize } = this.#options;
    this.#totalSteps = Math.max(1, Math.round((epochs * run.passages.train.length) / batchSize));
    const longWarmup = warmupNote(this.#options, this.#totalSteps);
    this.#notes = [...run.notes, ...(longWarmup ? [longWarmup] : [])];
  }

  facts(): PretrainFacts & { readonly notes: readonly string[] } {
    return { ...this.#facts, notes: this.#notes };
  }

  steps(): number {
    return this.#state.training.step;
  }

  state(): State {
    return { ...this.#state, totalSeconds: this.#seconds() };
  }

  restore({ totalSeconds, training, tokens, trainSeconds, evaluationSeconds }: State): void {
    this.#state = { training, tokens, trainSeconds, evaluationSeconds };
    this.#run.optimizer.step = training.step;
    this.#started -= totalSeconds * 1000;
  }

  async *go(session: Session): AsyncGenerator<PretrainEvent> {
    yield session.record(this.#startEvent(session.notes));
    const { training } = this.#state;
    for (;;) {
      // Measured before the first step, after the last, and evenly between them; no step twice.
      if (training.epochs.length <= this.#evaluations && training.step >= this.#measuredAt()) {
        yield session.record(await this.#measure());
        yield* session.pause(true);
      }
      if (training.step >= this.#totalSteps) break;
      yield session.record(await this.#step());
      yield* session.pause();
    }
    yield await this.#finish(session);
  }

  /** The step of the next measurement. */
  #measuredAt(): number {
    return Math.round((this.#state.training.epochs.length * this.#totalSteps) / this.#evaluations);
  }

  /** After the first one. A short run has one for each step. */
  get #evaluations(): number {
    return Math.min(this.#options.evaluations, this.#totalSteps);
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
    return { ...event, gradientNorm, tokens, seconds };
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
    return { type: "heldOut", ...metrics };
  }

  async #finish(session: Session): Promise<PretrainEvent> {
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
    return session.finish(result, { type: "result", result, notes: this.#notes } as const);
  }

  /** The folder for Transformers: the encoder with its language head. */
  async #writeModel(): Promise<void> {
    const { model, config, memory, tokenizer, longest } = this.#run;
    await memory.download();
    const { float16 } = this.#options;
    const tensors = tensorsOf(model.encoder.parameters, memory.host);
    writeFolder(this.folder.at("model"), {
      config: {
        ...withoutClassifier(config),
        architectures: [model.architecture],
        dtype: float16 ? "float16" : "float32",
      },
      tensors: float16 ? tensors.map((tensor) => ({ ...tensor, data: toFloat16(tensor.data) })) : tensors,
      files: tokenizer.files(longest),
    });
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #diverged(what: string, value: number): AttuneError {
    const message = `the ${what} became ${value} at step ${this.#state.training.step + 1}; lower learningRate`;
    return new AttuneError("train/diverged", message, "failure");
  }

  #startEvent(found: readonly string[]): PretrainEvent {
    const { passages, parameters } = this.#run;
    return {
      type: "start",
      out: this.folder.path,
      passages: { train: passages.train.length, heldOut: passages.heldOut.length },
      tokens: passages.train.reduce((sum, { ids }) => sum + ids.length, 0),
      parameters,
      totalSteps: this.#totalSteps,
      resumedAtStep: this.#state.training.step,
      notes: [...this.#notes, ...found],
    };
  }
}
