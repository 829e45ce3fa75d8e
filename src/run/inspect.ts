/** `inspect`: what there is to see in labelled texts before a run, and what a transformer must beat. */

import type { Dataset, Text } from "../data/dataset.ts";
import { type DataDescription, describeData, describeTexts, type TextDescription } from "../data/describe.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { loadTokenizer } from "../data/tokenizer.ts";
import { openModel } from "../models/load.ts";
import { fitBagOfWords } from "../train/bag-of-words.ts";
import { evenThresholds, metricsOf } from "../train/evaluate.ts";
import { type DataOptions, datasetOptions } from "./data-options.ts";
import { longestText } from "./model-limits.ts";
import { openDataSource, openModelSource, type SourceContext } from "./sources.ts";

export interface InspectOptions extends DataOptions {
  /** A folder, a file, several with commas between, or a name on the Hub, org/name@revision. */
  readonly data: string;
  /** Which configuration of data that have several. @default their own */
  readonly configName?: string;
  /** Folder or name of a model, whose tokens are counted. */
  readonly model?: string;
  /** Longest text in tokens. @default the model's positions */
  readonly maxLength?: number;
  /** Decides splits that have to be made. @default 42 */
  readonly seed?: number;
}

export interface Inspection {
  /** How the data were read, in one line. */
  readonly reading: string;
  /** What the user should know: splits that were made, texts that were taken out. */
  readonly notes: readonly string[];
  readonly labels: readonly string[];
  readonly multiLabel: boolean;
  readonly sentencePairs: boolean;
  /** Tokens only where a model is given. */
  readonly description: TextDescription | DataDescription;
  /** Longest text in tokens that the model takes. */
  readonly maxLength?: number;
  /** On the test split, learned from train; absent where there is but one label. */
  readonly bagOfWords?: BagOfWordsScore;
}

export interface BagOfWordsScore {
  readonly accuracy: number;
  /** Macro F1. */
  readonly f1: number;
  /** Where a text may have any number of labels. */
  readonly microF1?: number;
  /** Different words that count, and texts it learned from. */
  readonly words: number;
  readonly trainedOn: number;
}

/** More texts than these would take minutes and change little. */
const MOST_TEXTS = 50_000;

/** @throws AttuneError where the data cannot be read */
export async function inspect(
  { data, model, maxLength, seed = 42, configName, ...options }: InspectOptions,
  context: SourceContext = {},
): Promise<Inspection> {
  const source = await openDataSource(data, { configName }, context);
  const dataset = await loadDataset(datasetOptions({ ...options, configName, data: source.path, seed }));
  const { labels, multiLabel, reading, splits } = dataset;
  const notes = [...source.notes, ...dataset.notes];
  const facts = { reading, notes, labels, multiLabel, sentencePairs: splits.train.isPair };
  const bagOfWords = labels.length > 1 ? scoreBagOfWords(dataset) : undefined;
  const rest = { ...(bagOfWords && { bagOfWords }) };
  if (model === undefined) return { ...facts, description: describeTexts(dataset), ...rest };
  const { path } = await openModelSource(model, undefined, context);
  const limit = await longestOf(path, labels, maxLength);
  const description = describeData(dataset, loadTokenizer(path), limit);
  return { ...facts, description, maxLength: limit, ...rest };
}

async function longestOf(folder: string, labels: readonly string[], asked: number | undefined): Promise<number> {
  const model = await openModel(folder, labels);
  model.close();
  return longestText(asked, model.encoder);
}

function scoreBagOfWords({ labels, multiLabel, splits }: Dataset): BagOfWordsScore {
  const textsOf = (examples: Dataset["splits"]["train"]): Text[] =>
    Array.from({ length: examples.length }, (_, i) => examples.text(i));
  const train = splits.train.slice(0, MOST_TEXTS);
  const bow = fitBagOfWords(textsOf(train), train.truths(), labels.length, multiLabel);
  const thresholds = multiLabel ? evenThresholds(labels.length) : undefined;
  const metrics = metricsOf(bow.logits(textsOf(splits.test)), splits.test.truths(), labels, thresholds);
  const { accuracy, f1, microF1 } = metrics;
  return { accuracy, f1, ...(microF1 !== undefined && { microF1 }), words: bow.words, trainedOn: train.length };
}
