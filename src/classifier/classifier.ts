/** A trained classifier, loaded from the folder of a run or of a model: predicts and is evaluated. */
/// <reference lib="esnext.disposable" preserve="true" />
import { AttuneError } from "../base/error.ts";
import { requireThreads, usableThreads } from "../base/thread-count.ts";
import type { Executable } from "../engine/engine.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { openDataSource } from "../hub/named-inputs.ts";
import type { Encoder } from "../models/encoder.ts";
import { longestText, requirePairs, requireVocabulary } from "../models/model-limits.ts";
import { predictedNames, probabilitiesOf } from "../run/predictions.ts";
import type { SplitName, Text } from "../tables/dataset.ts";
import { loadSplit } from "../tables/load-dataset.ts";
import { openTexts } from "../tables/read-texts.ts";
import type { Roles } from "../tables/roles.ts";
import { type DataOptions, datasetOptions } from "../tables/table-options.ts";
import { cutTexts, type TextSource, TokenizedSplit, textsOf } from "../tokens/tokenized.ts";
import { loadTokenizer, type Tokenizer } from "../tokens/tokenizer.ts";
import { computeLogits, metricsOf } from "../train/evaluate.ts";
import { predictedLabels, type SplitMetrics } from "../train/metrics.ts";
import { evaluationProgram } from "../train/program.ts";
import { requireObject, requirePath, requireTexts } from "./given.ts";
import { loadModel } from "./load-model.ts";

export interface LoadOptions {
  /** Branch, tag or commit of a model on the Hub. @default "main" */
  readonly revision?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Stops fetching. */
  readonly signal?: AbortSignal;
  /** Threads of the engine. @default all that the machine has */
  readonly threads?: number;
  /** Longest text in tokens; longer ones are cut. @default as in training, else as the model's files say */
  readonly maxLength?: number;
  /** Folder of an adapter for the model: PEFT's, or of a run. */
  readonly adapter?: string;
  /** Names of the labels in order, as many as the model has. @default the adapter's, else the model's, else LABEL_0, LABEL_1, … */
  readonly labels?: readonly string[];
  /** What computes instead of ONNX Runtime on the CPU. @internal */
  readonly makeEngine?: MakeEngine;
}

export interface Prediction {
  /** The most probable label. */
  readonly label: string;
  /** Where a text may have any number of labels: those whose probability reaches their threshold. */
  readonly labels?: readonly string[];
  /** Every label with its probability, the most probable first; equally probable ones in the model's order. */
  readonly scores: readonly { readonly label: string; readonly probability: number }[];
  /**
   * Probability of each label by its name; they add up to 1, unless a text may have any number of labels. Its keys have
   * JavaScript's order, in which names like "10" come first: `scores` and `logits` have orders of their own.
   */
  readonly probabilities: Readonly<Record<string, number>>;
  /** One number per label, in the model's order. */
  readonly logits: readonly number[];
}

/** Columns that are not named are those of the run, where the data have them, and else found by looking. */
export interface EvaluateOptions extends Omit<DataOptions, "multiLabel"> {
  /** A folder, a file, several with commas between, or the name of a data set on the Hub. */
  readonly data: string;
  /** Branch, tag or commit of data on the Hub. @default "main" */
  readonly dataRevision?: string;
  /** Which configuration of data that have several. @default their own */
  readonly configName?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** @default "test" for a folder, all rows for a file */
  readonly split?: SplitName;
  /** Decides which rows a split gets where the data have none. @default that of the run, else 42 */
  readonly seed?: number;
  /** Stops the evaluation. */
  readonly signal?: AbortSignal;
}

/** Columns that are not named are those of the run, where the data have them, and else found by looking. */
export interface PredictTableOptions
  extends Pick<DataOptions, "text" | "id" | "delimiter" | "quote" | "escape" | "encoding" | "header">,
    Pick<EvaluateOptions, "data" | "dataRevision" | "configName" | "onFetch" | "split" | "signal"> {}

/** A row of a table with what is predicted for it. */
export interface TablePrediction extends Prediction {
  /** As the table has it, else "test-0" and so on. */
  readonly id: string;
  readonly text: Text;
}

export interface TablePredictions {
  /** What ids and labels are called in the table and in training: the header of a table with these predictions. */
  readonly idColumn: string;
  readonly labelColumn: string;
  /** How the table was read. */
  readonly notes: readonly string[];
  /** In the table's order. */
  readonly rows: AsyncIterable<TablePrediction>;
}

export interface Evaluation {
  readonly metrics: SplitMetrics;
  /** Texts that were evaluated. */
  readonly examples: number;
  /** What the user should know: how the data were read, splits that were made, texts that were empty or cut. */
  readonly notes: readonly string[];
}

/**
 * Loads a classifier from a run folder, or from a model in Transformers' layout: a folder, or a name on the Hub.
 *
 * @throws AttuneError where there is no such model, or no trained head in it
 */
export async function load(folder: string, options: LoadOptions = {}): Promise<Classifier> {
  requirePath(folder, "the folder of the model");
  requireObject(options, "load", "options");
  const { revision, adapter, labels: named, signal, onFetch, makeEngine = cpuEngine } = options;
  if (options.threads !== undefined) requireThreads(options.threads);
  const engine = makeEngine(options.threads ?? usableThreads());
  const loaded = await loadModel(
    { folder, revision, adapter, labels: named },
    { signal, onEvent: onFetch },
    engine.createStore,
  );
  const { path, model, adapted, memory, trained, columns, thresholds, takesPairs, maxLength: own } = loaded;
  const { encoder } = adapted;
  const maxLength = longestText(options.maxLength ?? own, encoder);
  const tokenizer = loadTokenizer(path);
  requireVocabulary(tokenizer, encoder, path);
  const executable = await engine.compile(evaluationProgram(encoder));
  const { labels } = model;
  const asTrained = { seed: trained?.splitSeed ?? trained?.seed ?? 42, sharedTexts: trained?.sharedTexts };
  const parts = { path, encoder, labels, thresholds, tokenizer, maxLength, executable, memory, asTrained, columns };
  return new Classifier({ ...parts, takesPairs });
}

interface Loaded {
  readonly path: string;
  readonly encoder: Encoder;
  readonly labels: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds: readonly number[] | undefined;
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  readonly executable: Executable;
  readonly memory: ParameterStore;
  /** What decides splits that have to be made. */
  readonly asTrained: { readonly seed: number; readonly sharedTexts: DataOptions["sharedTexts"] };
  /** Which the run read. */
  readonly columns: Roles | undefined;
  readonly takesPairs: boolean;
}

export class Classifier {
  /** In the model's order. */
  readonly labels: readonly string[];
  /** Whether it was trained on sentence pairs, as far as its folder says. */
  readonly takesPairs: boolean;
  readonly #loaded: Loaded;
  #disposed: Promise<void> | undefined;

  /** @internal Made by `load`. */
  constructor(loaded: Loaded) {
    this.labels = loaded.labels;
    this.takesPairs = loaded.takesPairs;
    this.#loaded = loaded;
  }

  /** One prediction per text, or sentence pair, in their order. */
  async predict(texts: readonly Text[], signal?: AbortSignal): Promise<Prediction[]> {
    const { labels } = this;
    const { thresholds } = this.#loaded;
    this.#requireUse();
    requireTexts(texts);
    if (texts.some((text) => typeof text !== "string")) this.#requirePairs();
    const logits = await this.#logits(this.#tokenize(textsOf(texts)), signal);
    const found = thresholds && predictedNames(logits, labels, thresholds);
    return predictedLabels(logits, labels.length).map((predicted, row) => {
      const values = logits.subarray(row * labels.length, (row + 1) * labels.length);
      const probabilities = probabilitiesOf(values, thresholds);
      return {
        label: labels[predicted]!,
        ...(found && { labels: [found[row]!].flat() }),
        scores: labels
          .map((label, i) => ({ label, probability: probabilities[i]! }))
          .sort((a, b) => b.probability - a.probability),
        probabilities: Object.fromEntries(labels.map((label, i) => [label, probabilities[i]!])),
        logits: Array.from(values),
      };
    });
  }

  /**
   * Predictions for the rows of a table, with or without labels: of a folder with splits for its test. Rows are read while
   * predictions are taken, so that a table need not fit into memory.
   */
  async predictTable(options: PredictTableOptions): Promise<TablePredictions> {
    this.#requireUse();
    requireObject(options, "predictTable", "{ data: … }");
    const { data, dataRevision: revision, configName, signal, onFetch, ...reading } = options;
    requirePath(data, "data");
    const source = await openDataSource(data, { revision, configName }, { signal, onEvent: onFetch });
    const { columns } = this.#loaded;
    const usual = columns && { usual: columns };
    const { roles, reading: read, rows } = await openTexts({ ...reading, path: source.path, configName, ...usual });
    if (roles.texts.length > 1) this.#requirePairs();
    const predictions = async function* (this: Classifier) {
      for await (const batch of rows())
        for (const [i, found] of (
          await this.predict(
            batch.map(({ text }) => text),
            signal,
          )
        ).entries())
          yield { ...batch[i]!, ...found };
    };
    const [label] = columns?.labels.length === 1 ? columns.labels : [];
    return {
      idColumn: roles.id ?? "id",
      labelColumn: label ?? "label",
      notes: [...source.notes, `Read as ${read}.`],
      rows: predictions.call(this),
    };
  }

  /** Loss and metrics on labelled texts. */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    this.#requireUse();
    requireObject(options, "evaluate", "{ data: … }");
    const { data, dataRevision: revision, configName, split, signal, onFetch, ...reading } = options;
    requirePath(data, "data");
    const source = await openDataSource(data, { revision, configName }, { signal, onEvent: onFetch });
    const { thresholds, asTrained, columns } = this.#loaded;
    const multiLabel = thresholds !== undefined;
    const {
      examples,
      reading: read,
      notes,
    } = await loadSplit({
      ...datasetOptions({ ...asTrained, ...reading, data: source.path, configName, multiLabel }),
      usual: columns,
      labels: this.labels,
      ...(split && { split }),
    });
    if (examples.isPair) this.#requirePairs();
    const tokens = this.#tokenize(examples);
    const metrics = metricsOf(await this.#logits(tokens, signal), examples.truths(), this.labels, thresholds);
    const cut = tokens.truncatedCount > 0 ? [cutTexts(tokens.truncatedCount)] : [];
    return { metrics, examples: examples.length, notes: [...source.notes, `Read as ${read}.`, ...notes, ...cut] };
  }

  /** Frees the engine's memory; the classifier is of no use afterwards. Once more does no harm. */
  dispose(): Promise<void> {
    const { executable, memory } = this.#loaded;
    this.#disposed ??= executable.dispose().then(() => memory.dispose());
    return this.#disposed;
  }

  /** For `await using classifier = await load(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #requireUse(): void {
    if (this.#disposed) throw new AttuneError("predict/disposed", "this classifier was disposed; load it again");
  }

  #requirePairs(): void {
    const { tokenizer, encoder, path } = this.#loaded;
    requirePairs(tokenizer, encoder, path);
  }

  #tokenize(texts: TextSource): TokenizedSplit {
    return new TokenizedSplit(texts, this.#loaded.tokenizer, this.#loaded.maxLength);
  }

  #logits(tokens: TokenizedSplit, signal?: AbortSignal): Promise<Float32Array> {
    const { memory, ...loaded } = this.#loaded;
    const program = { ...loaded, weights: memory.weights, labelCount: this.labels.length };
    return computeLogits(program, tokens, signal);
  }
}
