/** The work of a run of `train`: base metrics, epochs, the best of them, and what is kept in the end. */
import { dirname } from "node:path";
import { AttuneError } from "../base/error.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { isOfHead } from "../models/encoder.ts";
import { fittingHead } from "../pretrained/fitting-head.ts";
import { labelCounts } from "../tables/dataset.ts";
import { cutTexts } from "../tokens/tokenized.ts";
import { evenThresholds } from "../train/evaluate.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import { initialState, stepsPerEpoch, type TrainingState, trainEpochs } from "../train/trainer.ts";
import { sha256OfWeights } from "../weights/weight-files.ts";
import { restoreWeights, saveWeights } from "./checkpoint.ts";
import { epochWarnings } from "./epoch-warnings.ts";
import { makeResult } from "./make-result.ts";
import { predictionLines } from "./predictions.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { RunFacts } from "./run-facts.ts";
import { type RunFolder, sizeOfFiles } from "./run-folder.ts";
import type { RunResult } from "./run-result.ts";
import type { RunSession, RunWork } from "./run-session.ts";
import type { RunTimes, SavedTimes } from "./run-times.ts";
import { keepModel } from "./save-model.ts";
import type { TrainEvent } from "./train-events.ts";
import { verdictOf } from "./verdict.ts";

export interface CheckpointState {
  readonly training: TrainingState;
  /** Metrics before training; those of a trial are measured once it is to come to its end. */
  readonly base?: SplitMetrics;
  /** So far. */
  readonly times: SavedTimes;
}

type Session = RunSession<CheckpointState, TrainEvent>;

const BEST = ["checkpoints", "best.safetensors"] as const;

export class Training implements RunWork<CheckpointState, TrainEvent> {
  readonly command = "train";
  readonly folder: RunFolder;
  readonly memory: ParameterStore;
  readonly #run: PreparedRun;
  readonly #facts: RunFacts;
  readonly #times: RunTimes;
  readonly #model: string;
  readonly #untilEpoch: number | undefined;
  #state: TrainingState = initialState();
  #base: SplitMetrics | undefined;
  /** Measured before a checkpoint took the weights' place, and not written down yet. */
  #lateBase: TrainEvent | undefined;
  #thresholds: readonly number[] | undefined;
  #hashed: Promise<void> = Promise.resolve();
  #isResumed = false;

  /** `model` is where an adapter finds its base; `untilEpoch` as in TrainContext. */
  constructor(
    run: PreparedRun,
    folder: RunFolder,
    facts: RunFacts,
    times: RunTimes,
    model: string,
    untilEpoch?: number,
  ) {
    this.memory = run.memory;
    this.#run = run;
    this.folder = folder;
    this.#facts = facts;
    this.#times = times;
    this.#model = model;
    this.#untilEpoch = untilEpoch;
  }

  facts(): RunFacts {
    return this.#facts;
  }

  steps(): number {
    return this.#state.step;
  }

  state(): CheckpointState | undefined {
    if (!this.#base && this.#state.step === 0) return undefined;
    return { training: this.#state, ...(this.#base && { base: this.#base }), times: this.#times.saved() };
  }

  async beforeRestore({ base }: CheckpointState): Promise<void> {
    if (base || this.#untilEpoch !== undefined) return;
    await this.memory.upload();
    this.#lateBase = await this.#evaluateBase();
  }

  restore({ training, base, times }: CheckpointState): void {
    this.#isResumed = true;
    this.#state = training;
    this.#base ??= base;
    this.#times.restore(times);
    this.#run.job.optimizer.step = training.step;
  }

  async *go(session: Session): AsyncGenerator<TrainEvent> {
    this.#hashed = this.#hashModel(session);
    session.inBackground(this.#hashed);
    yield session.record(this.#startEvent(session.notes));
    if (this.#lateBase) yield session.record(this.#lateBase);
    else if (!this.#base && this.#untilEpoch === undefined) yield session.record(await this.#evaluateBase());
    this.#times.ready();
    let logits: Float32Array = new Float32Array();
    const validate = async () => {
      const validation = await this.#run.evaluate("validation");
      logits = validation.logits;
      return validation.metrics;
    };
    if (this.#run.beginWithHead && this.#state.step === 0 && !this.#state.start) {
      await this.#run.beginWithHead();
      const started = performance.now();
      this.#state.start = await validate();
      this.#state.evaluationSeconds += (performance.now() - started) / 1000;
      this.#times.best();
      await this.#keepBest(0, logits);
    }
    this.#stopAtRung(session);
    for await (const event of trainEpochs({ ...this.#run.job, validate }, this.#state)) {
      session.record(event);
      this.#times.see(event);
      if (event.type === "epoch" && event.best) await this.#keepBest(event.epoch, logits);
      yield event;
      if (event.type === "epoch") yield* this.#warnings(session, logits);
      yield* session.pause(event.type === "epoch");
      this.#stopAtRung(session);
    }
    yield await this.#finish(session);
  }

  #stopAtRung(session: Session): void {
    const { epochs, epochSteps } = this.#state;
    if (this.#untilEpoch !== undefined && epochs.length >= this.#untilEpoch && epochSteps === 0) session.stop();
  }

  async #keepBest(epoch: number, logits: Float32Array): Promise<void> {
    await this.memory.download();
    makeFolder(dirname(this.folder.at(...BEST))); // Somebody may have needed the place on the disk.
    saveWeights(this.folder.at(...BEST), this.memory, epoch);
    this.#writePredictions("validation", logits);
  }

  /** The best epoch so far as a model, so that the time was not for nothing. */
  async rescue(error: Error): Promise<Error> {
    if (this.#state.bestEpoch === 0) return error;
    let where: string;
    let epoch: number | undefined;
    try {
      // What is there says which epoch it is of: one that failed while it was saved is not.
      await this.memory.download();
      epoch = restoreWeights(this.folder.at(...BEST), this.memory);
      await this.memory.upload();
      where = await this.#keepModel();
    } catch {
      return error; // The first failure is the one to know of.
    }
    if (!(error instanceof AttuneError)) return error;
    const kept = `the model of epoch ${epoch}, the best so far, is in ${where}`;
    return new AttuneError(error.code, `${error.message}; ${kept}`, error.kind, { cause: error });
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

  async #finish(session: Session): Promise<TrainEvent> {
    await this.#run.endTraining();
    const { bestEpoch, epochs, start } = this.#state;
    if ((bestEpoch > 0 || start) && bestEpoch < epochs.length) await this.#restoreBest();
    const started = performance.now();
    if (epochs.length === 0 || this.#run.dataset.multiLabel) {
      const { logits } = await this.#run.evaluate("validation");
      this.#thresholds = this.#run.chooseThresholds(logits);
      this.#writePredictions("validation", logits);
    }
    const test = await this.#run.evaluate("test", this.#thresholds);
    const inFloat32 = await this.#run.evaluateFloat32?.("test", this.#thresholds);
    this.#state.evaluationSeconds += (performance.now() - started) / 1000;
    this.#writePredictions("test", test.logits);
    const judged = await this.#judge(test.metrics);
    const storedBytes = sizeOfFiles(await this.#keepModel());
    const result = makeResult(this.#facts.options, this.#run, this.#state, {
      base: this.#base!,
      test: test.metrics,
      testFloat32: inFloat32?.metrics,
      thresholds: this.#thresholds,
      judged,
      seconds: this.#times.result(this.#state),
      storedBytes,
    });
    if (this.#isResumed) this.#readTextsAgain();
    const truncated = this.#run.truncatedCount();
    if (truncated > 0) this.#facts.notes.push(cutTexts(truncated));
    return session.finish(result, { type: "result", result, notes: this.#facts.notes } as const);
  }

  *#warnings(session: Session, logits: Float32Array): Generator<TrainEvent> {
    const { epochs } = this.#state;
    const { labels, multiLabel } = this.#run.dataset;
    const said = multiLabel || !this.#base ? [] : epochWarnings(epochs, this.#base.loss, logits, labels);
    for (const message of said) yield session.record({ type: "warning", epoch: epochs.length, message } as const);
  }

  /** Holds the run against what costs nothing; that takes none of its time. */
  async #judge(test: SplitMetrics): Promise<Pick<RunResult, "baselines" | "verdict">> {
    this.#times.collect();
    const started = performance.now();
    const baselines = this.#run.baselines();
    const { dataset, model, adapted, modelFolder } = this.#run;
    const { labels, splits } = dataset;
    const { epochs, step: steps } = this.#state;
    const verdict =
      baselines &&
      epochs.length > 0 &&
      verdictOf({
        test,
        base: this.#base!,
        epochs,
        steps,
        texts: splits.train.length,
        textsByLabel: labelCounts(splits.train.truths(), labels.length),
        isTuned: this.#facts.options.recipe === "tuned",
        hasOtherHead: adapted.encoder.head.head !== fittingHead(model, modelFolder, labels).head,
        isFrozen: adapted.trained.every(isOfHead),
        baselines,
      });
    this.#times.leaveOut((performance.now() - started) / 1000);
    return { ...(baselines && { baselines }), ...(verdict && { verdict }) };
  }

  async #restoreBest(): Promise<void> {
    const { bestEpoch } = this.#state;
    const path = this.folder.at(...BEST);
    await this.memory.download();
    const epoch = restoreWeights(path, this.memory);
    await this.memory.upload();
    if (epoch !== undefined && epoch !== bestEpoch)
      throw new AttuneError(
        "run/best",
        `${path}: these are the weights of epoch ${epoch}, and the best is epoch ${bestEpoch}; train anew`,
        "failure",
      );
  }

  /** What processes before this one read is read here as well, so that cut texts count as in a run without a break. */
  #readTextsAgain(): void {
    const { texts, order } = this.#run.job;
    for (const { epoch } of this.#state.epochs) {
      for (const i of order?.of(epoch) ?? []) texts.ids(i);
      if (!order) for (let i = 0; i < texts.count; i++) texts.ids(i);
    }
  }

  #writePredictions(split: "validation" | "test", logits: Float32Array): void {
    const { labels, splits } = this.#run.dataset;
    this.folder.writeText(
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
    await this.memory.download();
    return keepModel(this.folder, this.#run, this.#facts, this.#model, this.#decision()); // A run that fails has chosen none.
  }

  #startEvent(found: readonly string[]): TrainEvent {
    const { dataset, parameters } = this.#run;
    const notes = [`Read as ${this.#facts.reading}.`, ...this.#facts.notes, ...found];
    const { epochs } = this.#run.job.options;
    const { train: training, validation, test } = dataset.splits;
    return {
      type: "start",
      out: this.#facts.options.out,
      labels: dataset.labels,
      examples: { train: training.length, validation: validation.length, test: test.length },
      parameters,
      epochs,
      totalSteps: stepsPerEpoch(this.#run.job.order?.count ?? training.length, this.#facts.options) * epochs,
      resumedAtStep: this.#state.step,
      notes,
    };
  }

  /** In the background: a run does not wait for it before its first step. */
  async #hashModel(session: Session): Promise<void> {
    if (this.#facts.modelSha256) return;
    this.#facts.modelSha256 = await sha256OfWeights(this.#run.modelFolder);
    session.writeFacts();
  }
}
