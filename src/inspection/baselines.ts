/** What a trained model must beat: the most frequent label, and logistic regression on word counts. */
import { type Dataset, type Examples, labelCounts, type Text } from "../tables/dataset.ts";
import { evenThresholds, metricsOf } from "../train/evaluate.ts";
import { fitBagOfWords } from "./bag-of-words.ts";

/** On the test split. */
export interface BaselineScore {
  /** Where a text may have any number of labels, the share of texts all of whose labels are right. */
  readonly accuracy: number;
  /** Macro F1. */
  readonly f1: number;
}

/** Of logistic regression on how often each word occurs. */
export interface BagOfWordsScore extends BaselineScore {
  /** Where a text may have any number of labels. */
  readonly microF1?: number;
  /** Different words that count, and texts it learned from. */
  readonly words: number;
  readonly trainedOn: number;
}

export interface Baselines {
  /** Of answering the most frequent label of the training texts every time; absent where a text may have any number of labels. */
  readonly majority?: BaselineScore;
  readonly bagOfWords: BagOfWordsScore;
}

/** More texts than these would take minutes and change little. */
const MOST_TEXTS = 50_000;

/** Both, learned from the training texts; there must be two labels. */
export function scoreBaselines(dataset: Dataset): Baselines {
  const bagOfWords = scoreBagOfWords(dataset);
  if (dataset.multiLabel) return { bagOfWords };
  const { labels, splits } = dataset;
  const counts = labelCounts(splits.train.truths(), labels.length);
  const top = counts.indexOf(Math.max(...counts));
  const logits = new Float32Array(splits.test.length * labels.length);
  for (let text = 0; text < splits.test.length; text++) logits[text * labels.length + top] = 1;
  const { accuracy, f1 } = metricsOf(logits, splits.test.truths(), labels);
  return { majority: { accuracy, f1 }, bagOfWords };
}

export function scoreBagOfWords({ labels, multiLabel, splits }: Dataset): BagOfWordsScore {
  const textsOf = (examples: Examples): Text[] => Array.from({ length: examples.length }, (_, i) => examples.text(i));
  const train = splits.train.spread(MOST_TEXTS);
  const bow = fitBagOfWords(textsOf(train), train.truths(), labels.length, multiLabel);
  const thresholds = multiLabel ? evenThresholds(labels.length) : undefined;
  const metrics = metricsOf(bow.logits(textsOf(splits.test)), splits.test.truths(), labels, thresholds);
  const { accuracy, f1, microF1 } = metrics;
  return { accuracy, f1, ...(microF1 !== undefined && { microF1 }), words: bow.words, trainedOn: train.length };
}
