/** The training loop: epochs, steps, validation, and the choice of the best epoch, as transformers.Trainer has them. */
import { AttuneError } from "../base/error.ts";
import { evaluateDim } from "../graph/dim.ts";
import type { BatchLayout } from "../models/batch.ts";
import type { Truth } from "../tables/dataset.ts";
import { type FeatureSource, packTexts, type TokenSource } from "./evaluate.ts";
import type { BestMetric, TrainingOptions } from "./loop-options.ts";
import type { SplitMetrics } from "./metrics.ts";
import type { Optimizer } from "./optimizer.ts";
import type { StepOperations } from "./program.ts";
import { type EpochOrder, eachTextOnce } from "./rare-labels.ts";
import { scheduleFactor, warmupSteps } from "./schedule.ts";
import type { BatchRunner } from "./step.ts";

/** One finished epoch. */
export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss over all steps of the epoch. */
  readonly trainLoss: number;
  readonly validation: SplitMetrics;
  /** Training and validation together. */
  readonly seconds: number;
}

/** Where a run stands: with weights and moments, all that is needed to go on. Plain JSON. */
export interface TrainingState {
  /** Finished epochs. */
  epochs: EpochResult[];
  /** Epoch with the best validation so far, from 1; 0 before there is one, and where none is better than the start. */
  bestEpoch: number;
  /** Validation before the first epoch, where the epochs have to be better than that. */
  start?: SplitMetrics;
  /** Optimizer steps done. */
  step: number;
  /** Steps of the current epoch done, the sum of their losses, and their seconds. */
  epochSteps: number;
  epochLossSum: number;
  epochSeconds: number;
  /** Tokens trained on so far, padding not counted. */
  tokens: number;
  /** Floating-point operations done so far. */
  operations: { forward: number; backward: number };
  trainSeconds: number;
  evaluationSeconds: number;
}

export const initialState = (): TrainingState => ({
  epochs: [],
  bestEpoch: 0,
  step: 0,
  epochSteps: 0,
  epochLossSum: 0,
  epochSeconds: 0,
  tokens: 0,
  operations: { forward: 0, backward: 0 },
  trainSeconds: 0,
  evaluationSeconds: 0,
});

export interface StepEvent {
  readonly type: "step";
  /** Optimizer steps done, from 1, and how many there will be. */
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly examples: number;
  readonly tokens: number;
  readonly seconds: number;
}

export interface EpochEvent extends EpochResult {
  readonly type: "epoch";
  /** Whether this is the best epoch so far. */
  readonly best: boolean;
}

export interface TrainingJob {
  readonly options: TrainingOptions;
  readonly texts: TokenSource;
  /** Label of each text, or labels. */
  readonly labels: readonly Truth[];
  /** Which texts an epoch has. @default each of them once */
  readonly order?: EpochOrder;
  /** How texts become a batch: the encoder's. */
  readonly layout: BatchLayout;
  /** What takes the place of a part of the model; asked for at the first step. */
  readonly features?: () => Promise<FeatureSource>;
  /** What a batch costs. @default not counted */
  readonly operations?: StepOperations;
  readonly runner: BatchRunner;
  readonly optimizer: Optimizer;
  validate(): Promise<SplitMetrics>;
}

/** Batches of one epoch, and optimizer steps: a short last group of batches makes a step of its own. */
export function stepsPerEpoch(
  examples: number,
  { batchSize, gradientAccumulation }: Pick<TrainingOptions, "batchSize" | "gradientAccumulation">,
): number {
  return Math.ceil(Math.ceil(examples / batchSize) / gradientAccumulation);
}

/** Trains from `state` to the end, changing it in place; what it yields, it yields between steps. */
export async function* trainEpochs(job: TrainingJob, state: TrainingState): AsyncGenerator<StepEvent | EpochEvent> {
  const { options } = job;
  const order = job.order ?? eachTextOnce(job.texts.count, options.seed);
  const perEpoch = stepsPerEpoch(order.count, options);
  while (state.epochs.length < options.epochs && !isStalled(state, options)) {
    const epoch = state.epochs.length + 1;
    const texts = order.of(epoch);
    while (state.epochSteps < perEpoch) yield await takeStep(job, state, epoch, texts, perEpoch * options.epochs);
    yield await finishEpoch(job, state, epoch);
  }
}

async function takeStep(
  { options, texts, labels, layout, features, operations, runner, optimizer }: TrainingJob,
  state: TrainingState,
  epoch: number,
  order: Uint32Array,
  totalSteps: number,
): Promise<StepEvent> {
  const started = performance.now();
  const size = options.batchSize * options.gradientAccumulation;
  const chosen = [...order.subarray(state.epochSteps * size, (state.epochSteps + 1) * size)];
  const losses: number[] = [];
  let tokens = 0;
  for (let from = 0; from < chosen.length; from += options.batchSize) {
    const rows = chosen.slice(from, from + options.batchSize);
    const batch = packTexts(texts, rows, layout, await features?.());
    const draw = state.step * options.gradientAccumulation + losses.length;
    losses.push(
      await runner.run(
        batch,
        rows.map((i) => labels[i]!),
        options.seed,
        draw,
      ),
    );
    optimizer.receive(batch);
    if (operations)
      for (const part of ["forward", "backward"] as const)
        state.operations[part] += evaluateDim(operations[part], batch.sizes);
    for (const i of rows) tokens += texts.ids(i).length;
  }
  const loss = losses.reduce((a, b) => a + b, 0) / losses.length;
  const warmup = warmupSteps(options.warmup, totalSteps);
  const learningRate = options.learningRate * scheduleFactor(options.schedule, state.step, warmup, totalSteps);
  if (!Number.isFinite(loss)) throw diverged("loss", loss, state.step + 1, epoch);
  const gradientNorm = await optimizer.update(learningRate);
  if (!Number.isFinite(gradientNorm)) throw diverged("gradient norm", gradientNorm, state.step + 1, epoch);

  const seconds = (performance.now() - started) / 1000;
  state.step++;
  state.epochSteps++;
  state.epochLossSum += loss;
  state.epochSeconds += seconds;
  state.trainSeconds += seconds;
  state.tokens += tokens;
  const examples = chosen.length;
  return {
    type: "step",
    step: state.step,
    totalSteps,
    epoch,
    loss,
    learningRate,
    gradientNorm,
    examples,
    tokens,
    seconds,
  };
}

function diverged(what: string, value: number, step: number, epoch: number): AttuneError {
  return new AttuneError(
    "train/diverged",
    `the ${what} became ${value} at step ${step} (epoch ${epoch}): try a lower learning rate, or a warm-up`,
    "failure",
  );
}

async function finishEpoch(job: TrainingJob, state: TrainingState, epoch: number): Promise<EpochEvent> {
  const started = performance.now();
  const validation = await job.validate();
  if (Number.isNaN(validation.loss)) throw diverged("validation loss", validation.loss, state.step, epoch);
  const seconds = (performance.now() - started) / 1000;
  const result: EpochResult = {
    epoch,
    trainLoss: state.epochLossSum / state.epochSteps,
    validation,
    seconds: state.epochSeconds + seconds,
  };
  const champion = state.epochs[state.bestEpoch - 1]?.validation ?? state.start;
  const best = isBetter(job.options.bestMetric, validation, champion);
  state.epochs.push(result);
  if (best) state.bestEpoch = epoch;
  state.evaluationSeconds += seconds;
  Object.assign(state, { epochSteps: 0, epochLossSum: 0, epochSeconds: 0 });
  return { type: "epoch", ...result, best };
}

/** Strictly better: the earliest wins a tie. NaN has ended the run before. */
function isBetter(metric: BestMetric, candidate: SplitMetrics, champion: SplitMetrics | undefined): boolean {
  if (!champion) return true;
  return metric === "loss" ? candidate.loss < champion.loss : candidate[metric] > champion[metric];
}

function isStalled({ epochs, bestEpoch }: TrainingState, { earlyStopping }: TrainingOptions): boolean {
  return earlyStopping > 0 && epochs.length - bestEpoch >= earlyStopping;
}
