/** A model on the engine, in this thread: logits of texts, and metrics of labelled ones. */
import { AttuneError } from "../base/error.ts";
import { requireThreads, usableThreads } from "../base/thread-count.ts";
import { withoutEffect } from "../base/unused-options.ts";
import type { Executable } from "../engine/engine.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import type { Bits } from "../engine/reproducible-threads.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { openDataSource } from "../hub/named-inputs.ts";
import { longestText, requirePairs, requireVocabulary } from "../models/model-limits.ts";
import type { SplitName, Text } from "../tables/dataset.ts";
import { loadSplit } from "../tables/load-dataset.ts";
import type { Roles } from "../tables/roles.ts";
import { type DataOptions, datasetOptions } from "../tables/table-options.ts";
import { type TextsInMemory, takeTexts } from "../tables/texts-in-memory.ts";
import { cutTexts, type TextSource, TokenizedSplit, textsOf } from "../tokens/tokenized.ts";
import { loadTokenizer, type Tokenizer } from "../tokens/tokenizer.ts";
import { computeLogits, metricsOf } from "../train/evaluate.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import { asStored, inPrecision, type Precision, requirePrecision, storedAsRead } from "../train/precision.ts";
import { evaluationProgram } from "../train/program.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";

export interface LoadOptions {
  /** Branch, tag or commit of a model on the Hub. @default "main" */
  readonly revision?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Stops fetching. */
  readonly signal?: AbortSignal;
  /** Threads of the engine. @default all that the machine has */
  readonly threads?: number;
  /** "same": logits do not depend on the number of threads, of which programs then take no more than that allows. @default "any" */
  readonly bits?: Bits;
  /** Longest text in tokens; longer ones are cut. @default as in training, else as the model's files say */
  readonly maxLength?: number;
  /** Folder of an adapter for the model: PEFT's, or of a run. */
  readonly adapter?: string;
  /** Names of the labels in order, as many as the model has. @default the adapter's, else the model's, else LABEL_0, LABEL_1, … */
  readonly labels?: readonly string[];
  /**
   * "int8": products with weights in 8 bits, faster and in less memory; logits differ by some per cent. What a run trained, and
   * the head, stay float32. @default "float32"
   */
  readonly precision?: Precision;
  /**
   * Whether the model is opened and computes in a thread of its own (a worker), so that the calling one can do other things
   * meanwhile. A program that registered methods of its own computes in the calling thread, as workers do not know them.
   * @default true
   */
  readonly worker?: boolean;
  /** Where the base of a run's adapter is, if it is not where the adapter says: a copy of it. @internal */
  readonly base?: string;
  /** What computes instead of ONNX Runtime on the CPU; in the calling thread. @internal */
  readonly makeEngine?: MakeEngine;
}

/** Columns that are not named are those of the run, where the data have them, and else found by looking. */
export interface EvaluateOptions extends Omit<DataOptions, "multiLabel"> {
  /** A folder, a file, several with commas between, the name of a data set on the Hub, or texts in memory. */
  readonly data: string | TextsInMemory;
  /** Branch, tag or commit of data on the Hub. @default "main" */
  readonly dataRevision?: string;
  /** Which configuration of data that have several. @default their own */
  readonly configName?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** @default "test" for a folder or texts by split, all rows for a file or a list */
  readonly split?: SplitName;
  /** Decides which rows a split gets where the data have none. @default that of the run, else 42 */
  readonly seed?: number;
  /** Stops the evaluation. */
  readonly signal?: AbortSignal;
}

export interface Evaluation {
  readonly metrics: SplitMetrics;
  /** Texts that were evaluated. */
  readonly examples: number;
  /** What the user should know: how the data were read, splits that were made, texts that were empty or cut. */
  readonly notes: readonly string[];
}

/** What is known of a model once it is open. */
export interface ModelFacts {
  /** In the model's order. */
  readonly labels: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[] | undefined;
  /** Whether it was trained on sentence pairs, as far as its folder says. */
  readonly takesPairs: boolean;
  /** Which the run read. */
  readonly columns?: Roles | undefined;
  /** Why it cannot read pairs, where it cannot. */
  readonly refusesPairs?: { readonly code: string; readonly message: string } | undefined;
}

/** What answers for a classifier: a model in this thread, or a worker that has it. */
export interface AnsweringModel {
  readonly facts: ModelFacts;
  /** Logits [texts, labels]. */
  logits(texts: readonly Text[], signal?: AbortSignal): Promise<Float32Array>;
  evaluate(options: EvaluateOptions): Promise<Evaluation>;
  dispose(): Promise<void>;
}

export class OpenedModel implements AnsweringModel {
  readonly facts: ModelFacts;
  readonly #loaded: LoadedModel;
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  readonly #executable: Executable;

  private constructor(loaded: LoadedModel, tokenizer: Tokenizer, maxLength: number, executable: Executable) {
    const { model, thresholds, takesPairs, columns } = loaded;
    this.#loaded = loaded;
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
    this.#executable = executable;
    this.facts = { labels: model.labels, thresholds, takesPairs, columns, refusesPairs: this.#refusalOfPairs() };
  }

  static async open(folder: string, options: LoadOptions): Promise<OpenedModel> {
    const { revision, adapter, labels: named, base, signal, onFetch, makeEngine = cpuEngine } = options;
    if (options.threads !== undefined) requireThreads(options.threads);
    const engine = makeEngine(options.threads ?? usableThreads(), options.bits);
    const precision = options.precision ?? "float32";
    requirePrecision(precision);
    const loaded = await loadModel(
      { folder, revision, adapter, labels: named, base },
      { signal, onEvent: onFetch },
      async (adapted) => {
        const { encoder } = adapted;
        const inOwn = inPrecision({ precision }, adapted, { evaluation: evaluationProgram(encoder) });
        const stored =
          precision === "int8"
            ? storedAsRead(encoder.parameters, inOwn, await engine.largestInt8())
            : encoder.parameters;
        return { stored, memory: engine.createStore(stored) };
      },
    );
    const { encoder } = loaded.adapted;
    const maxLength = longestText(options.maxLength ?? loaded.maxLength, encoder);
    const program = asStored(evaluationProgram(encoder), loaded.memory.weights);
    const tokenizer = loadTokenizer(loaded.path);
    requireVocabulary(tokenizer, encoder, loaded.path);
    return new OpenedModel(loaded, tokenizer, maxLength, await engine.compile(program));
  }

  logits(texts: readonly Text[], signal?: AbortSignal): Promise<Float32Array> {
    return this.#logitsOf(this.#tokenize(textsOf(texts)), signal);
  }

  async evaluate(given: EvaluateOptions) {
    const { options, source: texts } = takeTexts(given);
    const { data, dataRevision, configName, split, signal, onFetch, ...reading } = options;
    const source = await openDataSource(data, { revision: dataRevision, configName }, { signal, onEvent: onFetch });
    const { thresholds, trained, columns, model } = this.#loaded;
    const asTrained = { seed: trained?.splitSeed ?? trained?.seed ?? 42, sharedTexts: trained?.sharedTexts };
    const multiLabel = thresholds !== undefined;
    const {
      examples,
      reading: read,
      notes,
      made,
      besideOthers,
    } = await loadSplit({
      ...datasetOptions({ ...asTrained, ...reading, data: source.path, configName, multiLabel }),
      source: texts,
      usual: columns,
      labels: model.labels,
      ...(split && { split }),
    });
    if (reading.seed !== undefined && !made) throw withoutEffect("--seed", "where no split is made");
    if (reading.sharedTexts !== undefined && !besideOthers)
      throw withoutEffect("--shared-texts", "where no other split is read");
    if (examples.isPair) this.#requirePairs();
    const tokens = this.#tokenize(examples);
    const metrics = metricsOf(await this.#logitsOf(tokens, signal), examples.truths(), model.labels, thresholds);
    const cut = tokens.truncatedCount > 0 ? [cutTexts(tokens.truncatedCount)] : [];
    return { metrics, examples: examples.length, notes: [...source.notes, `Read as ${read}.`, ...notes, ...cut] };
  }

  async dispose(): Promise<void> {
    await this.#executable.dispose();
    await this.#loaded.memory.dispose();
  }

  #requirePairs(): void {
    requirePairs(this.#tokenizer, this.#loaded.adapted.encoder, this.#loaded.path);
  }

  #refusalOfPairs(): ModelFacts["refusesPairs"] {
    try {
      this.#requirePairs();
      return undefined;
    } catch (error) {
      if (!(error instanceof AttuneError)) throw error;
      return { code: error.code, message: error.message };
    }
  }

  #tokenize(texts: TextSource): TokenizedSplit {
    return new TokenizedSplit(texts, this.#tokenizer, this.#maxLength);
  }

  #logitsOf(tokens: TokenizedSplit, signal?: AbortSignal): Promise<Float32Array> {
    const { memory, adapted, model } = this.#loaded;
    const { encoder } = adapted;
    const program = { executable: this.#executable, encoder, weights: memory.weights };
    return computeLogits({ ...program, labelCount: model.labels.length }, tokens, signal);
  }
}
