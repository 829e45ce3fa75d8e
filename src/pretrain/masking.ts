/** Which tokens a language model has to guess, and what it sees in their place (Devlin et al. 2019, section 3.1). */
import { uint32, uniform } from "../base/random.ts";

export interface MaskingRules {
  /** Share of the tokens, or of the words, that are to be guessed. */
  readonly share: number;
  /** Pieces of a word are guessed together. */
  readonly wholeWords: boolean;
  /** [MASK] */
  readonly maskId: number;
  readonly vocabularySize: number;
  /** Never guessed: [CLS], [SEP], … */
  isSpecial(id: number): boolean;
  /** Whether a piece goes on with the word before it. */
  continues(id: number): boolean;
}

export interface MaskedText {
  /** As the model sees them. */
  readonly ids: Int32Array;
  /** Places that are to be guessed, and what stood there. */
  readonly places: readonly number[];
  readonly labels: readonly number[];
}

const SEEN_AS_MASK = 0.8;
const SEEN_AS_ANOTHER = 0.1;

/**
 * Chooses each word with the given chance, all of them drawn from `key`, and at least one. Of the chosen tokens 80 % are
 * seen as [MASK], 10 % as any token of the vocabulary, 10 % as they are.
 */
export function maskText(ids: Int32Array, key: number, rules: MaskingRules): MaskedText {
  const words = wordsOf(ids, rules);
  let chosen = words.filter(([first]) => uniform(key, 4 * first!) < rules.share);
  if (chosen.length === 0 && words.length > 0) chosen = [words[uint32(key, 3) % words.length]!];
  const seen = ids.slice();
  const places = chosen.flat();
  for (const place of places) {
    const draw = uniform(key, 4 * place + 2);
    if (draw < SEEN_AS_MASK) seen[place] = rules.maskId;
    else if (draw < SEEN_AS_MASK + SEEN_AS_ANOTHER) seen[place] = uint32(key, 8 * place + 7) % rules.vocabularySize;
  }
  return { ids: seen, places, labels: places.map((place) => ids[place]!) };
}

/** Places of each word, or of each token where pieces are guessed for themselves. */
function wordsOf(ids: Int32Array, { wholeWords, isSpecial, continues }: MaskingRules): number[][] {
  const words: number[][] = [];
  for (const [place, id] of ids.entries()) {
    if (isSpecial(id)) continue;
    const isRest = wholeWords && continues(id) && words.at(-1)?.at(-1) === place - 1;
    if (isRest) words.at(-1)!.push(place);
    else words.push([place]);
  }
  return words;
}
