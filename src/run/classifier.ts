/** A trained classifier, loaded from the folder of a run or of a model: predicts and is evaluated. */
import { availableParallelism } from "node:os";
import type { SplitName } from "../data/dataset.ts";
import { loadSplit } from "../data/load-dataset.ts";
import { cutTexts, TokenizedSplit } from "../data/tokenized.ts";
import { loadTokenizer, type Tokenizer } from "../data/tokenizer.ts";
import type { Executable } from "../engine/engine.ts";
import { onnxRuntimeEngine } from "../engine/onnxruntime.ts";
import type { FetchEvent } from "../hub/events.ts";
import type { Encoder } from "../models/encoder.ts";
import { computeLogits } from "../train/evaluate.ts";
import { predictedLabels, type SplitMetrics, softmax, splitMetrics } from "../train/metrics.ts";
import type { ModelMemory } from "../train/model-memory.ts";
import { evaluationProgram } from "../train/program.ts";
import { loadModel } from "./load-model.ts";
import { longestText, requireVocabulary } from "./model-limits.ts";
import { openDataSource } from "./sources.ts";

export interface LoadOptions {
  /** Branch, tag or commit of a model on the Hub. @default "main" */
  readonly revision?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Stops fetching. */
  readonly signal?: AbortSignal;
  /** Threads of the engine. @default all that the machine has */
  readonly threads?: number;
  /** Longest text in tokens; longer ones are cut. @default what the run was trained with, else the model's positions */
  readonly maxLength?: number;
  /** Folder of an adapter for the model: PEFT's, or of a run. */
  readonly adapter?: string;
  /** Names of the labels in order. @default the adapter's, else the model's, else LABEL_0, LABEL_1, … */
  readonly labels?: readonly string[];
}

export interface Prediction {
  /** The most probable label. */
  readonly label: string;
  /** Probability of each label, in the model's order; they add up to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** One number per label, in the model's order. */
  readonly logits: readonly number[];
}

export interface EvaluateOptions {
  /** A folder with splits, one file, or the name of a data set on the Hub. */
  readonly data: string;
  /** Branch, tag or commit of data on the Hub. @default "main" */
  readonly dataRevision?: string;
  /** Which configuration of data that have several. @default their own */
  readonly configName?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** @default "test" for a folder, all rows for a file */
  readonly split?: SplitName;
  /** Column of the text. @default "text" */
  readonly text?: string;
  /** Column of the label. @default "label" */
  readonly label?: string;
  /** Decides which rows a split gets where the data have none. @default that of the run, else 42 */
  readonly seed?: number;
  /** Stops the evaluation. */
  readonly signal?: AbortSignal;
}

export interface Evaluation {
  readonly metrics: SplitMetrics;
  /** Texts that were evaluated. */
  readonly examples: number;
  /** What the user should know: splits that were made, texts that were empty or cut. */
  readonly notes: readonly string[];
}

/**
 * Loads a classifier from a run folder, or from a model in Transformers' layout: a folder, or a name on the Hub.
 *
 * @throws AttuneError where there is no such model, or no trained head in it
 */
export async function load(folder: string, options: LoadOptions = {}): Promise<Classifier> {
  const { revision, adapter, labels: named, signal, onFetch } = options;
  const { path, model, adapted, memory, trained } = await loadModel(
    { folder, revision, adapter, labels: named },
    { signal, onEvent: onFetch },
  );
  const { encoder } = adapted;
  const maxLength = longestText(options.maxLength ?? trained?.maxLength, encoder);
  const tokenizer = loadTokenizer(path);
  requireVocabulary(tokenizer, encoder, path);
  const engine = onnxRuntimeEngine({ threads: options.threads ?? availableParallelism() });
  const executable = await engine.compile(evaluationProgram(encoder), { spin: true });
  const { labels } = model;
  const seed = trained?.seed ?? 42;
  return new Classifier({ encoder, labels, tokenizer, maxLength, executable, weights: memory.weights, seed });
}

interface Loaded {
  readonly encoder: Encoder;
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  readonly executable: Executable;
  readonly weights: ModelMemory["weights"];
  readonly seed: number;
}

export class Classifier {
  /** In the model's order. */
  readonly labels: readonly string[];
  readonly #loaded: Loaded;

  /** @internal Made by `load`. */
  constructor(loaded: Loaded) {
    this.labels = loaded.labels;
    this.#loaded = loaded;
  }

  /** One prediction per text, in their order. */
  async predict(texts: readonly string[], signal?: AbortSignal): Promise<Prediction[]> {
    const logits = await this.#logits(this.#tokenize(texts.map((text) => ({ text }))), signal);
    return predictedLabels(logits, this.labels.length).map((predicted, row) => {
      const values = logits.subarray(row * this.labels.length, (row + 1) * this.labels.length);
      const probabilities = softmax(values);
      return {
        label: this.labels[predicted]!,
        probabilities: Object.fromEntries(this.labels.map((label, i) => [label, probabilities[i]!])),
        logits: Array.from(values),
      };
    });
  }

  /** Loss and metrics on labelled texts. */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const { data, dataRevision: revision, configName, split, text, label, signal, onFetch } = options;
    const source = await openDataSource(data, { revision, configName }, { signal, onEvent: onFetch });
    const { examples, notes } = await loadSplit({
      path: source.path,
      configName,
      seed: options.seed ?? this.#loaded.seed,
      labels: this.labels,
      ...(split && { split }),
      ...(text && { text }),
      ...(label && { label }),
    });
    const tokens = this.#tokenize(examples);
    const truth = examples.map((example) => example.label);
    const metrics = splitMetrics(await this.#logits(tokens, signal), truth, this.labels);
    const cut = tokens.truncatedCount > 0 ? [cutTexts(tokens.truncatedCount)] : [];
    return { metrics, examples: examples.length, notes: [...source.notes, ...notes, ...cut] };
  }

  /** Frees the engine's memory; the classifier is of no use afterwards. */
  async dispose(): Promise<void> {
    await this.#loaded.executable.dispose();
  }

  #tokenize(texts: readonly { readonly text: string }[]): TokenizedSplit {
    return new TokenizedSplit(texts, this.#loaded.tokenizer, this.#loaded.maxLength);
  }

  #logits(tokens: TokenizedSplit, signal?: AbortSignal): Promise<Float32Array> {
    return computeLogits({ ...this.#loaded, labelCount: this.labels.length }, tokens, signal);
  }
}
