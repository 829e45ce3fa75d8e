/** What can be said of labelled texts before anything is trained: sizes, lengths, repeated texts, the simplest guess. */
import type { Dataset, Example, SplitName } from "./dataset.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface DataDescription {
  /** Texts by split and label, in the order of labels. */
  readonly counts: Readonly<Record<SplitName, readonly number[]>>;
  /** Tokens of a text, special ones counted and nothing cut, over all splits. */
  readonly tokens: { readonly median: number; readonly p95: number; readonly longest: number };
  /** Share of texts that are longer than the limit, over all splits. */
  readonly cutShare: number;
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
  /** Accuracy on test of always predicting the most frequent training label. */
  readonly majorityAccuracy: number;
}

/** `maxLength` is the longest text in tokens that is not cut. */
export function describeData(
  { labels, splits }: Pick<Dataset, "labels" | "splits">,
  tokenizer: Pick<Tokenizer, "encode">,
  maxLength: number,
): DataDescription {
  const count = (examples: readonly Example[]): number[] => {
    const counts = labels.map(() => 0);
    for (const { label } of examples) counts[label]!++;
    return counts;
  };
  const counts = bySplit((split) => count(splits[split]));
  const all = splitNames.flatMap((split) => splits[split]);
  const lengths = all.map(({ text }) => tokenizer.encode(text, Number.POSITIVE_INFINITY).ids.length);
  lengths.sort((a, b) => a - b);
  const texts = bySplit((split) => new Set(splits[split].map(({ text }) => text)));
  const alsoIn = (split: SplitName, other: SplitName) =>
    splits[split].filter(({ text }) => texts[other].has(text)).length;
  const majority = counts.train.indexOf(Math.max(...counts.train));
  return {
    counts,
    tokens: { median: nearestRank(lengths, 0.5), p95: nearestRank(lengths, 0.95), longest: lengths.at(-1)! },
    cutShare: lengths.filter((length) => length > maxLength).length / lengths.length,
    duplicates: {
      within: bySplit((split) => splits[split].length - texts[split].size),
      trainTest: alsoIn("test", "train"),
      trainValidation: alsoIn("validation", "train"),
      validationTest: alsoIn("test", "validation"),
      contradictions: contradictions(all),
    },
    majorityAccuracy: counts.test[majority]! / splits.test.length,
  };
}

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

const bySplit = <T>(of: (split: SplitName) => T): Record<SplitName, T> =>
  Object.fromEntries(splitNames.map((split) => [split, of(split)])) as Record<SplitName, T>;

/** The smallest of the values in ascending order that at least this share of them does not exceed. */
const nearestRank = (sorted: readonly number[], share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;

function contradictions(examples: readonly Example[]): number {
  const labels = new Map<string, number>();
  const found = new Set<string>();
  for (const { text, label } of examples) {
    if ((labels.get(text) ?? label) !== label) found.add(text);
    labels.set(text, label);
  }
  return found.size;
}
