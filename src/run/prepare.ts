/** Everything a run needs before its first step: data, tokens, weights, compiled programs. Input errors end here. */
import { AttuneError } from "../base/error.ts";
import type { Dataset, Example, SplitName } from "../data/dataset.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { TokenizedSplit } from "../data/tokenized.ts";
import { loadTokenizer, type Tokenizer } from "../data/tokenizer.ts";
import type { Engine, Executable } from "../engine/engine.ts";
import { methods } from "../methods/registry.ts";
import { openModel, type PretrainedModel } from "../models/load.ts";
import { computeLogits } from "../train/evaluate.ts";
import { type SplitMetrics, splitMetrics } from "../train/metrics.ts";
import { allocateModel, type ModelMemory } from "../train/model-memory.ts";
import { Optimizer } from "../train/optimizer.ts";
import { evaluationProgram, trainingProgram } from "../train/program.ts";
import { BatchRunner } from "../train/step.ts";
import type { TrainingJob } from "../train/trainer.ts";
import { longestText, requireVocabulary } from "./model-limits.ts";
import type { ResolvedTrainOptions } from "./options.ts";

export interface PreparedRun {
  readonly dataset: Dataset;
  readonly model: PretrainedModel;
  readonly tokenizer: Tokenizer;
  readonly memory: ModelMemory;
  readonly job: TrainingJob;
  readonly parameters: { readonly trainable: number; readonly total: number };
  readonly notes: readonly string[];
  /** Texts longer than the limit, among those read so far. */
  truncatedCount(): number;
  evaluate(split: SplitName): Promise<Evaluation>;
  dispose(): Promise<void>;
}

export interface Evaluation {
  readonly metrics: SplitMetrics;
  readonly logits: Float32Array;
}

/** `signal` stops evaluations; training asks it itself, between steps. */
export async function prepareRun(
  options: ResolvedTrainOptions,
  engine: Engine,
  signal?: AbortSignal,
): Promise<PreparedRun> {
  const dataset = await loadDataset({
    path: options.data,
    text: options.text,
    label: options.label,
    seed: options.seed,
  });
  if (dataset.labels.length < 2)
    throw new AttuneError(
      "data/one-label",
      `${options.data}: every text has the label "${dataset.labels[0]}"; a classifier needs at least two`,
    );
  const model = await openModel(options.model, dataset.labels);
  const tokenizer = loadTokenizer(options.model);
  const { encoder } = model;
  requireVocabulary(tokenizer, encoder, options.model);
  const maxLength = longestText(options.maxLength, encoder);

  const trained = encoder.parameters.filter((p) => methods[options.method].trains(p));
  const program = trainingProgram(encoder, trained);
  const { gradientAccumulation } = options;
  const memory = allocateModel(encoder, program, { maxTokens: options.batchSize * maxLength, gradientAccumulation });
  model.readInto((name) => memory.weights[name]!.data as Float32Array, options.seed);
  model.close();

  const training = await engine.compile(program.outputs, { spin: true });
  const evaluation = new LazyProgram(() => engine.compile(evaluationProgram(encoder)));
  const labelCount = dataset.labels.length;
  const texts: Record<SplitName, readonly Example[]> = {
    ...dataset.splits,
    train: dataset.splits.train.slice(0, options.limit),
  };
  const tokens = Object.fromEntries(
    Object.entries(texts).map(([name, examples]) => [name, new TokenizedSplit(examples, tokenizer, maxLength)]),
  ) as Record<SplitName, TokenizedSplit>;

  const evaluate = async (split: SplitName): Promise<Evaluation> => {
    const program = { executable: await evaluation.get(), encoder, weights: memory.weights, labelCount };
    const logits = await computeLogits(program, tokens[split], signal);
    const truth = texts[split].map(({ label }) => label);
    return { logits, metrics: splitMetrics(logits, truth, dataset.labels) };
  };
  return {
    dataset: { ...dataset, splits: texts },
    model,
    tokenizer,
    memory,
    job: {
      options,
      texts: tokens.train,
      labels: texts.train.map(({ label }) => label),
      heads: encoder.heads,
      runner: new BatchRunner(program, training, encoder, memory, labelCount),
      optimizer: new Optimizer(memory.trainables, options),
      validate: async () => (await evaluate("validation")).metrics,
    },
    parameters: { trainable: countOf(trained), total: countOf(encoder.parameters) },
    notes: [...dataset.notes, ...model.notes],
    truncatedCount: () => Object.values(tokens).reduce((sum, split) => sum + split.truncatedCount, 0),
    evaluate,
    dispose: async () => {
      await training.dispose();
      await evaluation.dispose();
    },
  };
}

const countOf = (parameters: readonly { readonly shape: readonly number[] }[]): number =>
  parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

/** A program that is compiled when it is first needed: not before the first training step. */
class LazyProgram {
  readonly #compile: () => Promise<Executable>;
  #compiled: Promise<Executable> | undefined;

  constructor(compile: () => Promise<Executable>) {
    this.#compile = compile;
  }

  get(): Promise<Executable> {
    this.#compiled ??= this.#compile();
    return this.#compiled;
  }

  async dispose(): Promise<void> {
    await (await this.#compiled)?.dispose();
  }
}
