/**
 * `--head auto`: tries the heads on the frozen encoder and takes the one with the lowest validation loss. The encoder runs
 * once; every head then learns from its frozen features. Training goes on from the weights that the chosen one has by then, as
 * Kumar et al. 2022 (arXiv 2202.10054) do, so that nothing of the search is lost.
 */

import { type Cleanups, closingAfter } from "../base/cleanups.ts";
import { AttuneError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import type { FeatureRows } from "../features/feature-rows.ts";
import { FeatureSplits } from "../features/feature-splits.ts";
import { adaptModel } from "../methods/adapt.ts";
import { chooseMethod } from "../methods/chosen-method.ts";
import { parameterCount } from "../models/encoder.ts";
import { type HeadChoice, type HeadName, headNames } from "../models/head-choice.ts";
import { openModel } from "../pretrained/open-model.ts";
import { textLength } from "../pretrained/own-max-length.ts";
import type { Dataset } from "../tables/dataset.ts";
import { TokenizedSplit } from "../tokens/tokenized.ts";
import { loadTokenizer } from "../tokens/tokenizer.ts";
import { computeLogits, evenThresholds, metricsOf } from "../train/evaluate.ts";
import { type FrozenFeatures, findFrozenFeatures } from "../train/frozen-features.ts";
import { Optimizer } from "../train/optimizer.ts";
import { inPrecision, storedAsRead } from "../train/precision.ts";
import { classification, evaluationProgram, trainingProgram } from "../train/program.ts";
import { BatchRunner } from "../train/step.ts";
import { initialState, trainEpochs } from "../train/trainer.ts";
import type { TensorToWrite } from "../weights/safetensors.ts";
import { fillStore } from "./fill-store.ts";
import { openTexts, type PrepareContext } from "./prepare-run.ts";
import { objectiveOf } from "./rare-label-options.ts";
import type { ChoosingEvent } from "./train-events.ts";
import type { ResolvedTrainOptions } from "./train-options.ts";

/** Enough to tell heads apart; a head learns fast. */
const EPOCHS = 5;
/** What heads learn well at (Ben Zaken et al. 2022 probe at this rate); the encoder's rate would be too low. */
const LEARNING_RATE = 1e-3;

export interface TriedHead {
  readonly head: HeadName;
  readonly trainable: number;
  /** Of its best epoch on the validation split. */
  readonly loss: number;
  readonly accuracy: number;
  readonly epoch: number;
}

export interface HeadSearch {
  readonly chosen: HeadName;
  readonly reason: string;
  readonly epochs: number;
  readonly learningRate: number;
  /** The best first. */
  readonly tried: readonly TriedHead[];
}

export interface FoundHead {
  readonly search: HeadSearch;
  /** What the chosen head learned, after its best epoch. */
  readonly weights: readonly TensorToWrite[];
}

export async function* chooseHead(
  options: ResolvedTrainOptions,
  engine: Engine,
  context: PrepareContext = {},
): AsyncGenerator<ChoosingEvent, FoundHead> {
  const dataset = context.dataset ?? (await openTexts(options));
  const learningRate = options.headLearningRate ?? LEARNING_RATE;
  const bench = await openBench(options, dataset, engine, context);
  const found: LearnedHead[] = [];
  try {
    for (const head of headNames) {
      yield { type: "choosing", what: "head", done: found.length, of: headNames.length };
      found.push(await tryHead({ ...options, epochs: EPOCHS, learningRate, warmup: 0, earlyStopping: 0 }, bench, head));
    }
  } finally {
    await bench.splits.dispose();
    await bench.memory.dispose();
  }
  found.sort((a, b) => a.tried.loss - b.tried.loss);
  const tried = found.map((head) => head.tried);
  const [best, second] = tried as [TriedHead, TriedHead];
  const reason =
    `on the frozen encoder, ${best.head} has the lowest validation loss of ${tried.length} heads ` +
    `(${best.loss.toFixed(4)}; ${second.head} follows with ${second.loss.toFixed(4)})`;
  const search = { chosen: best.head, reason, epochs: EPOCHS, learningRate, tried };
  return { search, weights: found[0]!.weights };
}

interface LearnedHead {
  readonly tried: TriedHead;
  readonly weights: readonly TensorToWrite[];
}

/** What all heads share. */
interface Bench {
  readonly engine: Engine;
  readonly dataset: Dataset;
  readonly tokens: Readonly<Record<"train" | "validation", TokenizedSplit>>;
  readonly features: FrozenFeatures;
  readonly splits: FeatureSplits;
  /** The encoder's parameters, which the features are computed with. */
  readonly memory: ParameterStore;
  readonly signal: AbortSignal | undefined;
}

/** The encoder's last hidden states, which every head can begin with. */
const openBench = (
  options: ResolvedTrainOptions,
  dataset: Dataset,
  engine: Engine,
  context: PrepareContext,
): Promise<Bench> => closingAfter((opened) => benchOf(options, dataset, engine, context, opened));

async function benchOf(
  options: ResolvedTrainOptions,
  dataset: Dataset,
  engine: Engine,
  { signal, store }: PrepareContext,
  opened: Cleanups,
): Promise<Bench> {
  // Attention pooling reads all of them, so they are the frozen features for it.
  const { model, encoder, trained } = await openWith("attention", options, dataset, opened);
  const found = findFrozenFeatures(encoder, trained)!;
  const inOwn = inPrecision(options, { encoder, trained }, { features: found.outputs });
  const features = { ...found, outputs: inOwn.programs.features };
  const stored =
    options.precision !== "float32"
      ? storedAsRead(encoder.parameters, inOwn, await engine.largestInt8())
      : encoder.parameters;
  const memory = engine.createStore(stored);
  fillStore(model, stored, memory, options.seed);
  await memory.upload();
  const tokenizer = loadTokenizer(options.model);
  const maxLength = textLength(options.maxLength, options.model, encoder);
  const { train, validation } = dataset.splits;
  const tokens = {
    train: new TokenizedSplit(train, tokenizer, maxLength, store),
    validation: new TokenizedSplit(validation, tokenizer, maxLength, store),
  };
  const texts = { ...tokens, test: tokens.validation };
  const limits = { budgetBytes: options.frozenFeatureMegabytes * 2 ** 20, store, signal };
  const splits = new FeatureSplits(features, engine, { encoder, store: memory }, texts, limits);
  return { engine, dataset, tokens, features, splits, memory, signal };
}

async function openWith(
  head: HeadName,
  options: ResolvedTrainOptions,
  { labels, multiLabel }: Dataset,
  opened: Cleanups,
) {
  const choice: HeadChoice = { head, mlpSize: options.mlpSize, headDropout: options.headDropout };
  const model = await openModel(options.model, labels, choice, multiLabel);
  opened.add(() => model.close());
  const { semantics, trainPooler } = options;
  const context = { semantics, trainHead: true, trainPooler, fresh: model.fresh };
  return { model, ...adaptModel(model.encoder, chooseMethod("probe"), context) };
}

const tryHead = (options: ResolvedTrainOptions, bench: Bench, head: HeadName): Promise<LearnedHead> =>
  closingAfter((opened) => learnHead(options, bench, head, opened));

async function learnHead(
  options: ResolvedTrainOptions,
  bench: Bench,
  head: HeadName,
  opened: Cleanups,
): Promise<LearnedHead> {
  const { engine, dataset, tokens, features, splits, signal } = bench;
  const { labels } = dataset;
  const { model, encoder, trained } = await openWith(head, options, dataset, opened);
  const program = trainingProgram(encoder, trained, features, classification(encoder, dataset.multiLabel));
  // Below the frozen features nothing is computed, so the encoder's weights need no place.
  const parameters = encoder.parameters.filter(({ part }) => part !== "encoder");
  const { gradientAccumulation } = options;
  const memory = engine.createStore(parameters, { ...program, maxTokens: 0, gradientAccumulation });
  opened.add(() => memory.dispose());
  model.readInto((name) => memory.host[name]?.data as Float32Array | undefined, options.seed);
  await memory.upload();
  const training = await engine.compile(program.outputs);
  opened.add(() => training.dispose());
  const evaluation = await engine.compile(evaluationProgram(encoder, features));
  opened.add(() => evaluation.dispose());
  const labelsOf = (split: "train" | "validation") => dataset.splits[split].slice(0, tokens[split].count).truths();
  const validate = async () => {
    const parts = { executable: evaluation, encoder, weights: memory.weights, labelCount: labels.length };
    const rows: FeatureRows = await splits.of("validation");
    const logits = await computeLogits(parts, tokens.validation, signal, rows);
    return metricsOf(
      logits,
      labelsOf("validation"),
      labels,
      dataset.multiLabel ? evenThresholds(labels.length) : undefined,
    );
  };
  const job = {
    options: { ...options, bestMetric: "loss" as const },
    texts: tokens.train,
    labels: labelsOf("train"),
    layout: encoder,
    features: () => splits.of("train"),
    runner: new BatchRunner(program, training, encoder, memory, objectiveOf(options, dataset, labelsOf("train"))),
    optimizer: new Optimizer(memory, options),
    validate,
  };
  const state = initialState();
  let weights: readonly TensorToWrite[] = [];
  for await (const event of trainEpochs(job, state)) {
    if (signal?.aborted)
      throw new AttuneError("train/interrupted", "stopped while the heads were tried; train anew", "interrupted");
    if (event.type !== "epoch" || !event.best) continue;
    await memory.download();
    weights = trained.map(({ name, shape }) => ({
      name,
      shape,
      data: memory.host[name]!.data.slice() as Float32Array,
    }));
  }
  const { loss, accuracy } = state.epochs[state.bestEpoch - 1]!.validation;
  const trainable = parameterCount(trained);
  return { tried: { head, trainable, loss, accuracy, epoch: state.bestEpoch }, weights };
}
