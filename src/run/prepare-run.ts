/** Everything a run needs before its first step: data, tokens, weights, compiled programs. Input errors end here. */

import { type Cleanups, closingOnFailure } from "../base/cleanups.ts";
import type { ContentStore } from "../base/content-store.ts";
import { AttuneError, listOf } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { featureOperations } from "../features/feature-rows.ts";
import { FeatureSplits } from "../features/feature-splits.ts";
import type { Baselines } from "../inspection/baselines.ts";
import { type AdaptedModel, adaptModel, startAdded } from "../methods/adapt.ts";
import { parameterCount } from "../models/encoder.ts";
import { type HeadChoice, ownHead } from "../models/head-choice.ts";
import { requirePairs, requireVocabulary } from "../models/model-limits.ts";
import { classifierNames, openModel, type PretrainedModel, reorderRows } from "../pretrained/open-model.ts";
import { textLength } from "../pretrained/own-max-length.ts";
import type { Dataset, SplitName } from "../tables/dataset.ts";
import type { Source } from "../tables/find-splits.ts";
import { limitTrain } from "../tables/limit-train.ts";
import { loadDataset } from "../tables/load-dataset.ts";
import { datasetOptions } from "../tables/table-options.ts";
import { TokenizedSplit } from "../tokens/tokenized.ts";
import { loadTokenizer, type Tokenizer } from "../tokens/tokenizer.ts";
import type { Objective } from "../train/classification-objective.ts";
import { computeLogits, evenThresholds, metricsOf } from "../train/evaluate.ts";
import { findFrozenFeatures } from "../train/frozen-features.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import { chooseThresholds } from "../train/multi-label.ts";
import { Optimizer } from "../train/optimizer.ts";
import { inPrecision, storedAsRead } from "../train/precision.ts";
import { classification, evaluationProgram, trainingProgram } from "../train/program.ts";
import { warmupNote } from "../train/schedule.ts";
import { BatchRunner } from "../train/step.ts";
import { stepsPerEpoch, type TrainingJob } from "../train/trainer.ts";
import type { TensorToWrite } from "../weights/safetensors.ts";
import { adapterFolder, openAdapter, requireWhole } from "./adapter.ts";
import { fillStore, readAlone } from "./fill-store.ts";
import { float32Logits } from "./float32-logits.ts";
import { describeImbalance, type Imbalance, objectiveOf, orderOf } from "./rare-label-options.ts";
import { sharedBaselines } from "./shared-baselines.ts";
import { methodOfRun, type ResolvedTrainOptions } from "./train-options.ts";

export interface PreparedRun {
  readonly dataset: Dataset;
  /** As it was pretrained, and with what the method made of it. */
  readonly model: PretrainedModel;
  readonly adapted: AdaptedModel;
  readonly tokenizer: Tokenizer;
  /** Tokens of the longest text that is not cut. */
  readonly maxLength: number;
  /** Folder of the pretrained model. */
  readonly modelFolder: string;
  readonly memory: ParameterStore;
  readonly job: Omit<TrainingJob, "validate">;
  /** Puts the head that was learned before in the place of the one that was drawn; absent where there is none. */
  beginWithHead?(): Promise<void>;
  readonly parameters: { readonly trainable: number; readonly total: number };
  readonly notes: readonly string[];
  /** What the run must beat; undefined where there is but one label. */
  baselines(): Baselines | undefined;
  /** Texts longer than the limit, among those read so far. */
  truncatedCount(): number;
  /** Memory for outputs of frozen layers. */
  frozenFeatureBytes(): number;
  /** Floating-point operations that computing them takes for all training texts; undefined where nothing is kept. */
  featureOperations(): number | undefined;
  /** What was done about rare labels. */
  readonly imbalance: Imbalance;
  /** From logits of the validation split; undefined where each text has one label. */
  chooseThresholds(validation: Float32Array): readonly number[] | undefined;
  /** What is learned. */
  readonly objective: Objective;
  /** The same as `evaluate` in float32, where the run is in 8 bits. */
  evaluateFloat32?(split: SplitName, thresholds?: readonly number[]): Promise<Evaluation>;
  /** Where a text may have any number of labels, `thresholds` decide them: 0.5 where there are none yet. */
  evaluate(split: SplitName, thresholds?: readonly number[]): Promise<Evaluation>;
  /** Gives back what training steps alone need, so that what is measured afterwards has the room. */
  endTraining(): Promise<void>;
  dispose(): Promise<void>;
}

export interface Evaluation {
  readonly metrics: SplitMetrics;
  readonly logits: Float32Array;
}

export interface PrepareContext {
  /** Stops evaluations; training asks it itself, between steps. */
  readonly signal?: AbortSignal | undefined;
  /** Where tokens and frozen features are looked up, and stored for other runs. */
  readonly store?: ContentStore | undefined;
  /** The texts, where they are open already. @default they are read */
  readonly dataset?: Dataset | undefined;
  /** Weights of a head that was learned before, which training begins with. @default the model's, or drawn */
  readonly head?: readonly TensorToWrite[] | undefined;
}

/** The texts of a run, as many as it trains on. Model and data are paths by now, unless a program has the texts in memory. */
export async function openTexts(options: ResolvedTrainOptions, source?: Source): Promise<Dataset> {
  const given = { ...datasetOptions(options), source };
  return limitTrain(await loadDataset(given), options.limit, given.seed);
}

/** Model and data are paths by now. What a run that is refused has opened is closed. */
export const prepareRun = (
  options: ResolvedTrainOptions,
  engine: Engine,
  context: PrepareContext = {},
): Promise<PreparedRun> => closingOnFailure((opened) => prepare(options, engine, context, opened));

async function prepare(
  options: ResolvedTrainOptions,
  engine: Engine,
  { signal, store, dataset: given, head = [] }: PrepareContext,
  opened: Cleanups,
): Promise<PreparedRun> {
  const dataset = given ?? (await openTexts(options));
  const { multiLabel } = dataset;
  if (dataset.labels.length < (multiLabel ? 1 : 2))
    throw new AttuneError(
      "data/one-label",
      `${options.data}: every text has the label "${dataset.labels[0]}"; a classifier needs at least two, in the column that --label names`,
    );
  const texts = dataset.splits;
  const truths = texts.train.truths();
  const objective = objectiveOf(options, dataset, truths);
  const order = orderOf(options, dataset, truths);
  const model = await openModel(options.model, dataset.labels, headOf(options), multiLabel);
  opened.add(() => model.close());
  const tokenizer = loadTokenizer(options.model);
  const { semantics, trainHead, trainPooler } = options;
  const context = { semantics, trainHead, trainPooler, fresh: model.fresh };
  const adapted = adaptModel(model.encoder, methodOfRun(options), context);
  const { encoder, trained } = adapted;
  requireVocabulary(tokenizer, encoder, options.model);
  if (texts.train.isPair) requirePairs(tokenizer, encoder, options.model);
  const maxLength = textLength(options.maxLength, options.model, encoder);

  // Transformers' dropout is in frozen layers too, so their outputs change from step to step.
  const frozen = semantics === "attune" && trained.length > 0 ? findFrozenFeatures(encoder, trained) : undefined;
  const whole = trainingProgram(encoder, trained, frozen, classification(encoder, multiLabel));
  const inOwn = inPrecision(options, adapted, {
    training: whole.outputs,
    evaluation: evaluationProgram(encoder, frozen),
    features: frozen?.outputs ?? {},
  });
  const features = frozen && { ...frozen, outputs: inOwn.programs.features };
  const program = { ...whole, outputs: inOwn.programs.training };
  const stored =
    options.precision !== "float32"
      ? storedAsRead(encoder.parameters, inOwn, await engine.largestInt8())
      : encoder.parameters;
  const { gradientAccumulation } = options;
  const memory = engine.createStore(stored, {
    ...program,
    // Of a batch that is larger than the texts are many, the rest stays empty.
    maxTokens: Math.min(options.batchSize, order.count) * (maxLength + encoder.virtual.tokens),
    gradientAccumulation,
  });
  opened.add(() => memory.dispose());
  fillStore(model, stored, memory, options.seed);
  const valuesOf = (name: string) =>
    (memory.host[name]?.data as Float32Array | undefined) ?? readAlone(model, stored, name, options.seed);
  startAdded(adapted, {
    seed: options.seed,
    weights: valuesOf,
    tokenize: (text) => tokenizer.encode(text, Number.POSITIVE_INFINITY).ids,
  });
  model.close();
  if (options.adapter) fillFromAdapter(options.adapter, adapted, model, valuesOf);
  await memory.upload();

  const training = await engine.compile(program.outputs);
  let ended: Promise<void> | undefined;
  const endTraining = () => {
    ended ??= training.dispose();
    return ended;
  };
  opened.add(endTraining);
  const labelCount = dataset.labels.length;
  const tokens = Object.fromEntries(
    Object.entries(texts).map(([name, examples]) => [name, new TokenizedSplit(examples, tokenizer, maxLength, store)]),
  ) as Record<SplitName, TokenizedSplit>;

  const steps = stepsPerEpoch(order.count, options) * options.epochs;
  const longWarmup = trained.length > 0 ? warmupNote(options, steps) : undefined;
  const { weights } = memory;
  const limits = { budgetBytes: options.frozenFeatureMegabytes * 2 ** 20, store, signal };
  const featureSplits = features && new FeatureSplits(features, engine, { encoder, store: memory }, tokens, limits);
  const evaluate = async (split: SplitName, thresholds?: readonly number[]): Promise<Evaluation> => {
    // Compiled anew each time: what a program has used once it keeps until it is disposed, and training steps need the room.
    const executable = await engine.compile(inOwn.programs.evaluation);
    try {
      const program = { executable, encoder, weights, labelCount };
      const logits = await computeLogits(program, tokens[split], signal, await featureSplits?.of(split));
      return { logits, metrics: scored(split, logits, thresholds) };
    } finally {
      await executable.dispose();
    }
  };
  const scored = (split: SplitName, logits: Float32Array, thresholds?: readonly number[]): SplitMetrics => {
    const truth = split === "train" ? truths : texts[split].truths();
    const decide = multiLabel ? (thresholds ?? evenThresholds(labelCount)) : undefined;
    return metricsOf(logits, truth, dataset.labels, decide);
  };
  // What the method leaves as it is stays so.
  const learned = head.filter(({ name }) => trained.some((parameter) => parameter.name === name));
  const beginWithHead = async () => {
    for (const { name, data } of learned) valuesOf(name).set(data as Float32Array);
    await memory.upload();
  };
  const modelFolder = options.model;
  const evaluateFloat32 = async (split: SplitName, thresholds?: readonly number[]): Promise<Evaluation> => {
    const logits = await float32Logits({ model, modelFolder, memory, adapted }, engine, tokens[split], signal);
    return { logits, metrics: scored(split, logits, thresholds) };
  };
  return {
    dataset: { ...dataset, splits: texts },
    model,
    adapted,
    tokenizer,
    maxLength,
    modelFolder,
    memory,
    job: {
      // A method that trains nothing is measured and that is all.
      options: trained.length > 0 ? options : { ...options, epochs: 0 },
      texts: tokens.train,
      labels: truths,
      order,
      layout: encoder,
      ...(featureSplits && { features: () => featureSplits.of("train") }),
      operations: program.operations,
      runner: new BatchRunner(program, training, encoder, memory, objective),
      optimizer: new Optimizer(memory, {
        ...options,
        headRateFactor: (options.headLearningRate ?? options.learningRate) / options.learningRate,
      }),
    },
    imbalance: describeImbalance(objective, dataset, options),
    chooseThresholds: (validation) =>
      multiLabel
        ? chooseThresholds(validation, texts.validation.truths() as (readonly number[])[], labelCount)
        : undefined,
    ...(learned.length > 0 && { beginWithHead }),
    parameters: { trainable: parameterCount(trained), total: parameterCount(encoder.parameters) },
    // What a model lacks, an adapter brings.
    notes: [...dataset.notes, ...(options.adapter ? [] : model.notes), ...(longWarmup ? [longWarmup] : [])],
    baselines: () => sharedBaselines(dataset, options, store),
    truncatedCount: () => Object.values(tokens).reduce((sum, split) => sum + split.truncatedCount, 0),
    featureOperations: () => features && featureOperations(features, encoder, tokens.train),
    frozenFeatureBytes: () => featureSplits?.memoryBytes ?? 0,
    objective,
    evaluate,
    ...(options.precision !== "float32" && { evaluateFloat32 }),
    endTraining,
    dispose: async () => {
      await memory.dispose();
      await endTraining();
      await featureSplits?.dispose();
    },
  };
}

/** Begins where an adapter ended. Its classifier is put into the order of the data's labels. */
function fillFromAdapter(
  path: string,
  adapted: AdaptedModel,
  model: PretrainedModel,
  valuesOf: (name: string) => Float32Array,
): void {
  const { labels } = model;
  const adapter = openAdapter(adapterFolder(path));
  const own = adapter.labels ?? (adapter.labelCount === labels.length ? labels : undefined);
  if (own?.length !== labels.length || !labels.every((label) => own.includes(label)))
    throw new AttuneError(
      "adapter/labels",
      `${path}: this adapter is for ${own ? listOf(own, "and") : `${adapter.labelCount} labels`}, the data have ${listOf(labels, "and")}`,
    );
  const filled = adapter.readInto(adapted.encoder, valuesOf);
  requireWhole(path, adapted, model, filled);
  const order = labels.map((label) => own.indexOf(label));
  for (const name of classifierNames(adapted.encoder)) if (filled.has(name)) reorderRows(valuesOf(name), order);
}

/** Undefined where nothing is asked for, and so the model's own. */
function headOf({ head, mlpSize, headDropout }: ResolvedTrainOptions): HeadChoice | undefined {
  if (head === "auto") throw new Error("a head is chosen before a run is prepared");
  return head === undefined && mlpSize === undefined && headDropout === undefined
    ? undefined
    : { head: head ?? ownHead.head, mlpSize, headDropout };
}
