/** What can be said of labelled texts before anything is trained: sizes, lengths, repeated texts, the simplest guess. */

import { Integers } from "../base/growing-lists.ts";
import { type Dataset, type Examples, labelCounts, type SplitName } from "../tables/dataset.ts";
import { TextSet } from "../tables/equal-texts.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import { languageOf, type OddKind, oddKindsIn } from "./text-traits.ts";

export interface Lengths {
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

export interface TextDescription {
  readonly texts: Readonly<Record<SplitName, number>>;
  /** Texts by split and label, in the order of labels; a text with several labels counts for each. */
  readonly counts: Readonly<Record<SplitName, readonly number[]>>;
  /** Words of a text, by the blanks between them, over all splits. */
  readonly words: Lengths;
  /** Texts without a letter or sign, over all splits. */
  readonly empty: number;
  /** Texts that are equal letter for letter. */
  readonly duplicates: {
    /** Texts that repeat an earlier one of their split. */
    readonly within: Readonly<Record<SplitName, number>>;
    /** Test texts that stand in train, too. */
    readonly trainTest: number;
    /** Validation texts that stand in train, too. */
    readonly trainValidation: number;
    /** Test texts that stand in validation, too. */
    readonly validationTest: number;
    /** Different texts that have more than one label, over all splits. */
    readonly contradictions: number;
  };
  /** Some of the texts with contradicting labels. */
  readonly contradicting: readonly { readonly text: string; readonly labels: readonly string[] }[];
  /** Of at most 20,000 texts, evenly chosen: how many have odd characters of each kind, and languages, the most first. */
  readonly traits: {
    readonly texts: number;
    readonly odd: Readonly<Partial<Record<OddKind, number>>>;
    readonly languages: readonly { readonly language: string; readonly texts: number }[];
  };
  /** Accuracy on test of always predicting the most frequent training label, or set of labels. */
  readonly majorityAccuracy: number;
}

export interface DataDescription extends TextDescription {
  /** Tokens of a text, special ones counted and nothing cut, over all splits. */
  readonly tokens: Lengths;
  /** Share of texts that are longer than the limit, over all splits. */
  readonly cutShare: number;
}

type Data = Pick<Dataset, "labels" | "splits">;

/** `maxLength` is the longest text in tokens that is not cut. */
export function describeData(data: Data, tokenizer: Pick<Tokenizer, "encode">, maxLength: number): DataDescription {
  const lengths = new Integers();
  for (const examples of Object.values(data.splits))
    for (let i = 0; i < examples.length; i++)
      lengths.push(tokenizer.encode(examples.text(i), Number.POSITIVE_INFINITY).ids.length);
  const sorted = lengths.slice(0, lengths.length).toSorted();
  const cut = sorted.length - (sorted.findLastIndex((length) => length <= maxLength) + 1);
  return { ...describeTexts(data), tokens: lengthsOf(sorted), cutShare: cut / sorted.length };
}

/** What needs no tokenizer. */
export function describeTexts({ labels, splits }: Data): TextDescription {
  const words = new Integers();
  let empty = 0;
  for (const examples of Object.values(splits))
    for (let i = 0; i < examples.length; i++) {
      const count = [examples.text(i)].flat().join(" ").match(/\S+/g)?.length ?? 0;
      words.push(count);
      if (count === 0) empty++;
    }
  const counts = bySplit((split) => labelCounts(splits[split].truths(), labels.length));
  const { different, contradictions, contradicting } = findContradictions(labels, splits);
  const alsoIn = (split: SplitName, other: SplitName): number => {
    let count = 0;
    for (let i = 0; i < splits[split].length; i++) if (different[other].has(splits[split].place(i))) count++;
    return count;
  };
  return {
    texts: bySplit((split) => splits[split].length),
    counts,
    words: lengthsOf(words.slice(0, words.length).toSorted()),
    empty,
    duplicates: {
      within: bySplit((split) => splits[split].length - different[split].size),
      trainTest: alsoIn("test", "train"),
      trainValidation: alsoIn("validation", "train"),
      validationTest: alsoIn("test", "validation"),
      contradictions,
    },
    contradicting,
    traits: traitsOf(Object.values(splits)),
    majorityAccuracy: majorityAccuracy(splits),
  };
}

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

const bySplit = <T>(of: (split: SplitName) => T): Record<SplitName, T> =>
  Object.fromEntries(splitNames.map((split) => [split, of(split)])) as Record<SplitName, T>;

const labelsAt = (examples: Examples, index: number): readonly number[] => [examples.truth(index)].flat();

const lengthsOf = (sorted: Int32Array): Lengths => ({
  median: nearestRank(sorted, 0.5),
  p95: nearestRank(sorted, 0.95),
  longest: sorted.at(-1)!,
});

/** The smallest of the values in ascending order that at least this share of them does not exceed. */
const nearestRank = (sorted: Int32Array, share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;

const SHOWN_CONTRADICTIONS = 5;

/** The different texts of each split, and those of all splits that have more than one label. */
function findContradictions(labels: readonly string[], splits: Dataset["splits"]) {
  const different = bySplit((split) => new TextSet(splits[split].length));
  const all = new TextSet(Object.values(splits).reduce((sum, { length }) => sum + length, 0));
  const first: string[] = [];
  const found = new Map<number, Set<string>>();
  for (const split of splitNames)
    for (let i = 0; i < splits[split].length; i++) {
      const place = splits[split].place(i);
      different[split].add(place);
      const number = all.add(place);
      const named = labelsAt(splits[split], i)
        .map((label) => labels[label]!)
        .join(" + ");
      if (number === first.length) first.push(named);
      else if (first[number] !== named) found.set(number, (found.get(number) ?? new Set([first[number]!])).add(named));
    }
  const contradicting = [...found].slice(0, SHOWN_CONTRADICTIONS).map(([number, names]) => {
    const { rows, row } = all.at(number);
    return { text: rows.texts.map((texts) => texts.at(row)).join(" / "), labels: [...names] };
  });
  return { different, contradictions: found.size, contradicting };
}

/** Texts whose characters and language are looked at. */
const LOOKED_AT = 20_000;

function traitsOf(splits: readonly Examples[]): TextDescription["traits"] {
  const total = splits.reduce((sum, { length }) => sum + length, 0);
  const step = Math.max(1, Math.ceil(total / LOOKED_AT));
  const odd: Partial<Record<OddKind, number>> = {};
  const languages = new Map<string, number>();
  let texts = 0;
  let at = 0;
  for (const examples of splits)
    for (let i = 0; i < examples.length; i++, at++) {
      if (at % step !== 0) continue;
      texts++;
      const text = [examples.text(i)].flat().join("\n");
      for (const kind of oddKindsIn(text)) odd[kind] = (odd[kind] ?? 0) + 1;
      const language = languageOf(text);
      languages.set(language, (languages.get(language) ?? 0) + 1);
    }
  const sorted = [...languages].sort((a, b) => b[1] - a[1]).map(([language, count]) => ({ language, texts: count }));
  return { texts, odd, languages: sorted };
}

function majorityAccuracy({ train, test }: Dataset["splits"]): number {
  const counts = new Map<string, number>();
  for (let i = 0; i < train.length; i++) {
    const key = String(train.truth(i));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // Of equally frequent ones the first label, as elsewhere.
  const [majority] = [...counts].sort((a, b) => b[1] - a[1] || Number(a[0]) - Number(b[0]))[0] ?? [""];
  let right = 0;
  for (let i = 0; i < test.length; i++) if (String(test.truth(i)) === majority) right++;
  return right / test.length;
}
