/** A trained classifier, loaded from the folder of a run or of a model: predicts and is evaluated. */
/// <reference lib="esnext.disposable" preserve="true" />
import { requireCallOptions } from "../base/call-options.ts";
import { AttuneError } from "../base/error.ts";
import { nextTurn } from "../base/event-loop.ts";
import { openDataSource } from "../hub/named-inputs.ts";
import { hasOwnMethods } from "../methods/registry.ts";
import { predictedNames, probabilitiesOf } from "../run/predictions.ts";
import type { Text } from "../tables/dataset.ts";
import { openTexts } from "../tables/read-texts.ts";
import type { DataOptions } from "../tables/table-options.ts";
import { takeTexts } from "../tables/texts-in-memory.ts";
import { predictedLabels } from "../train/metrics.ts";
import { evaluateShape, loadShape, predictTableShape } from "./call-shapes.ts";
import { requirePath, requireTexts } from "./given.ts";
import { JoinedCalls } from "./joined-calls.ts";
import {
  type AnsweringModel,
  type EvaluateOptions,
  type Evaluation,
  type LoadOptions,
  OpenedModel,
} from "./opened-model.ts";
import { hasWorkerProgram, WorkerModel } from "./worker-model.ts";

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
export interface PredictTableOptions
  extends Pick<DataOptions, "text" | "id" | "delimiter" | "quote" | "escape" | "encoding" | "header">,
    Pick<EvaluateOptions, "dataRevision" | "configName" | "onFetch" | "split" | "signal"> {
  /** A folder, a file, several with commas between, or the name of a data set on the Hub. */
  readonly data: string;
}

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
  /** How many rows there are. It reads the whole table, and so finds what is wrong with it before the first prediction. */
  count(): Promise<number>;
  /** In the table's order. */
  readonly rows: AsyncIterable<TablePrediction>;
}

/**
 * Loads a classifier from a run folder, or from a model in Transformers' layout: a folder, or a name on the Hub.
 *
 * @throws AttuneError where there is no such model, or no trained head in it
 */
export async function load(folder: string, options: LoadOptions = {}): Promise<Classifier> {
  requirePath(folder, "the folder of the model");
  requireCallOptions<LoadOptions>(options, loadShape, "load", "options");
  const { worker = true, makeEngine } = options;
  const inWorker = worker && !makeEngine && !hasOwnMethods() && hasWorkerProgram();
  return new Classifier(await (inWorker ? WorkerModel : OpenedModel).open(folder, options));
}

/** Predictions are made of logits so many at a time, with a turn of the event loop between. */
const TEXTS_PER_TURN = 256;

export class Classifier {
  /** In the model's order. */
  readonly labels: readonly string[];
  /** Whether it was trained on sentence pairs, as far as its folder says. */
  readonly takesPairs: boolean;
  readonly #model: AnsweringModel;
  readonly #calls: JoinedCalls;
  /** What is being answered. */
  readonly #pending = new Set<Promise<unknown>>();
  #disposed: Promise<void> | undefined;

  /** @internal Made by `load`. */
  constructor(model: AnsweringModel) {
    const { labels, takesPairs } = model.facts;
    this.labels = labels;
    this.takesPairs = takesPairs;
    this.#model = model;
    this.#calls = new JoinedCalls((texts, signal) => model.logits(texts, signal), labels.length);
  }

  /** The prediction for one text. Those of several calls at a time are computed together. */
  predict(text: string, signal?: AbortSignal): Promise<Prediction>;
  /** One prediction per text, or sentence pair, in their order. */
  predict(texts: readonly Text[], signal?: AbortSignal): Promise<Prediction[]>;
  async predict(given: string | readonly Text[], signal?: AbortSignal): Promise<Prediction | Prediction[]> {
    this.#requireUse();
    if (typeof given === "string") return (await this.#held(this.#predict([given], signal)))[0]!;
    requireTexts(given);
    if (given.some((text) => typeof text !== "string")) this.#requirePairs();
    return this.#held(this.#predict([...given], signal));
  }

  /**
   * Predictions for the rows of a table, with or without labels: of a folder with splits for its test. Rows are read while
   * predictions are taken, so that a table need not fit into memory.
   */
  async predictTable(options: PredictTableOptions): Promise<TablePredictions> {
    this.#requireUse();
    requireCallOptions<PredictTableOptions>(options, predictTableShape, "predictTable", "{ data: … }");
    const { data, dataRevision: revision, configName, signal, onFetch, ...reading } = options;
    const source = await openDataSource(data, { revision, configName }, { signal, onEvent: onFetch });
    const { columns } = this.#model.facts;
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
      count: async () => {
        let count = 0;
        for await (const batch of rows()) count += batch.length;
        return count;
      },
      rows: predictions.call(this),
    };
  }

  /** Loss and metrics on labelled texts. */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    this.#requireUse();
    requireCallOptions<EvaluateOptions>(takeTexts(options).options, evaluateShape, "evaluate", "{ data: … }");
    return this.#held(this.#model.evaluate(options));
  }

  /** Answers what was asked, and then frees the engine's memory; from the call on nothing else is answered. Once more does no harm. */
  dispose(): Promise<void> {
    this.#disposed ??= Promise.allSettled(this.#pending).then(() => this.#model.dispose());
    return this.#disposed;
  }

  /** For `await using classifier = await load(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #predict(texts: readonly Text[], signal: AbortSignal | undefined): Promise<Prediction[]> {
    if (texts.length === 0) return [];
    const logits = await this.#calls.logits(texts, signal);
    const width = this.labels.length;
    const predictions: Prediction[] = [];
    for (let from = 0; from < texts.length; from += TEXTS_PER_TURN) {
      if (from > 0) await nextTurn();
      predictions.push(...this.#predictionsOf(logits.subarray(from * width, (from + TEXTS_PER_TURN) * width)));
    }
    return predictions;
  }

  #predictionsOf(logits: Float32Array): Prediction[] {
    const { labels } = this;
    const { thresholds } = this.#model.facts;
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

  /** `dispose` waits for it. */
  async #held<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    try {
      return await work;
    } finally {
      this.#pending.delete(work);
    }
  }

  #requireUse(): void {
    if (this.#disposed) throw new AttuneError("predict/disposed", "this classifier was disposed; load it again");
  }

  #requirePairs(): void {
    const { refusesPairs } = this.#model.facts;
    if (refusesPairs) throw new AttuneError(refusesPairs.code, refusesPairs.message);
  }
}
