/** The baseline that a transformer must beat: logistic regression on how often each word occurs, as scikit-learn has it. */
import type { Text, Truth } from "../tables/dataset.ts";
import { minimise } from "./lbfgs.ts";

/** Weights that are fitted at most, for memory and time: with many labels, only the most frequent words count. */
const MOST_WEIGHTS = 2e6;
/** scikit-learn's C. */
const INVERSE_REGULARISATION = 1;

export interface BagOfWords {
  /** Words that count. */
  readonly words: number;
  readonly iterations: number;
  /** Logits [texts, labels]. */
  logits(texts: readonly Text[]): Float32Array;
}

/**
 * Fits weights and biases to minimise the sum of cross-entropies plus half the squared weights; where a text may have any
 * number of labels, of binary cross-entropies. There is one minimum, so nothing is drawn; like scikit-learn it ends where
 * the mean loss changes by no more than `tolerance` with any weight.
 */
export function fitBagOfWords(
  texts: readonly Text[],
  truths: readonly Truth[],
  labelCount: number,
  multiLabel: boolean,
  tolerance = 1e-4,
): BagOfWords {
  const vocabulary = vocabularyOf(texts, Math.floor(MOST_WEIGHTS / labelCount));
  const counts = countsOf(texts, vocabulary);
  const weights = new Float64Array((vocabulary.size + 1) * labelCount); // The biases are the last row.
  const biases = vocabulary.size * labelCount;
  const row = new Float64Array(labelCount);
  const objective = (x: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let value = 0;
    for (const [text, truth] of truths.entries()) {
      scores(counts, text, x, biases, row);
      value += multiLabel ? errorsOfEach(row, truth as readonly number[]) : errorsOfOne(row, truth as number);
      for (let at = counts.starts[text]!; at < counts.starts[text + 1]!; at++) {
        const from = counts.words[at]! * labelCount;
        const count = counts.counts[at]!;
        for (let k = 0; k < labelCount; k++) gradient[from + k]! += count * row[k]!;
      }
      for (let k = 0; k < labelCount; k++) gradient[biases + k]! += row[k]!;
    }
    for (let i = 0; i < biases; i++) {
      value += (x[i]! * x[i]!) / (2 * INVERSE_REGULARISATION);
      gradient[i]! += x[i]! / INVERSE_REGULARISATION;
    }
    return value;
  };
  const iterations = minimise(objective, weights, {
    memory: 10,
    maxIterations: 200,
    tolerance: tolerance * texts.length,
  });
  return {
    words: vocabulary.size,
    iterations,
    logits: (given) => {
      const found = countsOf(given, vocabulary);
      const logits = new Float32Array(given.length * labelCount);
      for (let text = 0; text < given.length; text++) {
        scores(found, text, weights, biases, row);
        logits.set(row, text * labelCount);
      }
      return logits;
    },
  };
}

/** Words as scikit-learn's CountVectorizer finds them: two or more letters, digits or underscores, in lower case. */
const wordsOf = (text: Text): string[] =>
  [text]
    .flat()
    .join(" ")
    .toLowerCase()
    .match(/[\p{L}\p{N}_]{2,}/gu) ?? [];

/** The most frequent words, by number; of equally frequent ones those that came first. */
function vocabularyOf(texts: readonly Text[], most: number): Map<string, number> {
  const frequency = new Map<string, number>();
  for (const text of texts) for (const word of wordsOf(text)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const words = [...frequency.keys()];
  if (words.length > most) words.sort((a, b) => frequency.get(b)! - frequency.get(a)!);
  return new Map(words.slice(0, most).map((word, i) => [word, i]));
}

/** How often each word occurs in each text: those of text i from starts[i] to starts[i + 1]. */
interface Counts {
  readonly starts: Int32Array;
  readonly words: Int32Array;
  readonly counts: Float64Array;
}

function countsOf(texts: readonly Text[], vocabulary: ReadonlyMap<string, number>): Counts {
  const starts = new Int32Array(texts.length + 1);
  const words: number[] = [];
  const counts: number[] = [];
  for (const [i, text] of texts.entries()) {
    const own = new Map<number, number>();
    for (const word of wordsOf(text)) {
      const number = vocabulary.get(word);
      if (number !== undefined) own.set(number, (own.get(number) ?? 0) + 1);
    }
    for (const [word, count] of own) {
      words.push(word);
      counts.push(count);
    }
    starts[i + 1] = words.length;
  }
  return { starts, words: Int32Array.from(words), counts: Float64Array.from(counts) };
}

/** Fills `row` with the logits of a text. */
function scores(counts: Counts, text: number, weights: Float64Array, biases: number, row: Float64Array): void {
  const labelCount = row.length;
  for (let k = 0; k < labelCount; k++) row[k] = weights[biases + k]!;
  for (let at = counts.starts[text]!; at < counts.starts[text + 1]!; at++) {
    const from = counts.words[at]! * labelCount;
    for (let k = 0; k < labelCount; k++) row[k]! += counts.counts[at]! * weights[from + k]!;
  }
}

/** Turns logits into probabilities minus truth, the gradient; returns the cross-entropy. */
function errorsOfOne(row: Float64Array, label: number): number {
  const top = Math.max(...row);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - top);
  const loss = Math.log(sum) - (row[label]! - top);
  for (let k = 0; k < row.length; k++) row[k] = Math.exp(row[k]! - top) / sum - (k === label ? 1 : 0);
  return loss;
}

/** The same, where each label is a yes or no of its own. */
function errorsOfEach(row: Float64Array, labels: readonly number[]): number {
  let loss = 0;
  for (let k = 0; k < row.length; k++) {
    const [x, y] = [row[k]!, labels.includes(k) ? 1 : 0];
    const small = Math.exp(-Math.abs(x));
    loss += Math.max(x, 0) - x * y + Math.log1p(small);
    row[k] = (x >= 0 ? 1 : small) / (1 + small) - y;
  }
  return loss;
}
