/** Texts that stand there twice, letter for letter or nearly: with another label, in a later split, or for nothing. */
import type { Examples, Truth } from "../tables/dataset.ts";
import { TextSet } from "../tables/equal-texts.ts";
import type { Neighbours } from "./neighbours.ts";

/**
 * Near are texts whose distance, 1 minus the cosine, is below this share of the median distance of texts from their nearest:
 * the rule of cleanlab's Datalab, which needs no threshold for each encoder.
 */
const NEAR_SHARE = 0.13;

export interface Alike {
  readonly text: number;
  readonly other: number;
  readonly similarity: number;
}

export interface AlikeTexts {
  /** With another label: each of them once, with the one that is most like it. */
  readonly contradictions: readonly Alike[];
  /** In a split before that of the other. */
  readonly leaks: readonly Alike[];
  /** Behind the other in the same split, with the same label. */
  readonly duplicates: readonly Alike[];
}

/** `splitOf` gives the place of a text's split in the order train, validation, test. */
export function findAlike(examples: Examples, splitOf: (text: number) => number, neighbours: Neighbours): AlikeTexts {
  const truths = examples.truths();
  const groups = equalGroups(examples, splitOf, truths);
  const limit = NEAR_SHARE * medianNearest(neighbours);
  const found = { contradictions: [] as Alike[], leaks: [] as Alike[], duplicates: [] as Alike[] };
  for (let text = 0; text < examples.length; text++) {
    const others = [...groups(text), ...nearOf(neighbours, text, limit)];
    const first = (is: (other: number) => boolean) => others.find(({ other }) => other !== text && is(other));
    const isSame = (other: number) => sameTruth(truths[text]!, truths[other]!);
    const contradiction = first((other) => !isSame(other));
    const leak = first((other) => splitOf(other) > splitOf(text));
    const duplicate = first((other) => splitOf(other) === splitOf(text) && other < text && isSame(other));
    if (contradiction) found.contradictions.push({ text, ...contradiction });
    if (leak) found.leaks.push({ text, ...leak });
    else if (duplicate) found.duplicates.push({ text, ...duplicate });
  }
  return found;
}

export const sameTruth = (a: Truth, b: Truth): boolean => String(a) === String(b);

type Other = Pick<Alike, "other" | "similarity">;

/** For a text, of those that are equal to it the first of each split and label: there may be thousands of them. */
function equalGroups(
  examples: Examples,
  splitOf: (text: number) => number,
  truths: readonly Truth[],
): (text: number) => readonly Other[] {
  const set = new TextSet(examples.length);
  const numbers = Int32Array.from({ length: examples.length }, (_, i) => set.add(examples.place(i)));
  const groups: Map<string, Other>[] = Array.from({ length: set.size }, () => new Map());
  for (const [text, number] of numbers.entries()) {
    const key = `${splitOf(text)}:${truths[text]}`;
    if (!groups[number]!.has(key)) groups[number]!.set(key, { other: text, similarity: 1 });
  }
  const lists = groups.map((group) => [...group.values()]);
  return (text) => lists[numbers[text]!]!;
}

function* nearOf({ each, texts, similarities }: Neighbours, text: number, limit: number): Generator<Other> {
  for (let place = text * each; place < (text + 1) * each; place++) {
    if (1 - similarities[place]! >= limit) return;
    yield { other: texts[place]!, similarity: Math.min(1, similarities[place]!) };
  }
}

/** Of each text's distance to its nearest. */
function medianNearest({ each, similarities }: Neighbours): number {
  const nearest = similarities.filter((_, place) => place % each === 0).sort();
  return 1 - (nearest[Math.floor(nearest.length / 2)] ?? 1);
}
