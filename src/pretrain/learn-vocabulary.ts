/**
 * A WordPiece vocabulary learnt from text: the pair of neighbouring pieces that occurs most often becomes a piece, until
 * there are enough (Sennrich et al. 2016, arXiv 1508.07909; as Hugging Face's WordPieceTrainer does it).
 */
import { AttuneError } from "../base/error.ts";

export const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
export const CONTINUATION = "##";

/** Characters that are rarer than this are unknown. */
const LEAST_CHARACTER_COUNT = 3;
/** A pair that occurs less often is no piece. */
const LEAST_PAIR_COUNT = 2;

/** A word as its pieces at this moment. */
interface Word {
  pieces: string[];
  readonly count: number;
}

/**
 * Pieces in the order of their ids: special tokens, characters, then what was joined. The same counts give the same
 * vocabulary.
 *
 * @param counts how often each word occurs
 * @throws AttuneError where characters alone would be more than `size`
 */
export function learnVocabulary(counts: ReadonlyMap<string, number>, size: number): string[] {
  const characters = characterCounts(counts);
  const alphabet = [...characters]
    .filter(([, count]) => count >= LEAST_CHARACTER_COUNT)
    .map(([character]) => character);
  const known = new Set(alphabet);
  const words: Word[] = [...counts]
    .filter(([word]) => [...word].every((letter, i) => known.has(i === 0 ? letter : CONTINUATION + letter)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, count]) => ({
      pieces: [...word].map((letter, i) => (i === 0 ? letter : CONTINUATION + letter)),
      count,
    }));
  const vocabulary = new Set<string>([...SPECIAL_TOKENS, ...alphabet.sort()]);
  if (vocabulary.size > size)
    throw new AttuneError(
      "pretrain/vocabulary",
      `the text has ${alphabet.length} different characters, so a vocabulary of ${size} pieces is too small; raise vocab`,
    );
  const pairs = new Pairs(words);
  while (vocabulary.size < size) {
    const best = pairs.takeMostFrequent();
    if (!best) break;
    vocabulary.add(best.joined);
  }
  return [...vocabulary];
}

function characterCounts(counts: ReadonlyMap<string, number>): Map<string, number> {
  const characters = new Map<string, number>();
  for (const [word, count] of counts)
    for (const [i, letter] of [...word].entries()) {
      const piece = i === 0 ? letter : CONTINUATION + letter;
      characters.set(piece, (characters.get(piece) ?? 0) + count);
    }
  return characters;
}

interface Pair {
  readonly left: string;
  readonly right: string;
  readonly joined: string;
  count: number;
  /** Words in which it stood at some time. */
  readonly words: Set<Word>;
}

/** Pairs of neighbouring pieces with their counts, kept up to date while pieces are joined. */
class Pairs {
  readonly #pairs = new Map<string, Pair>();
  /** Pairs by count when they were put in: an entry that is not true any more is put in again when it comes up. */
  readonly #queue = new Heap();

  constructor(words: readonly Word[]) {
    for (const word of words) this.#count(word, 1);
    for (const pair of this.#pairs.values()) this.#queue.push({ pair, count: pair.count });
  }

  /** The pair that occurs most often, joined in all words; of equals, the first by name. */
  takeMostFrequent(): Pair | undefined {
    for (let top = this.#queue.pop(); top; top = this.#queue.pop()) {
      const { pair, count } = top;
      if (pair.count !== count) {
        if (pair.count >= LEAST_PAIR_COUNT) this.#queue.push({ pair, count: pair.count });
        continue;
      }
      if (count < LEAST_PAIR_COUNT) return undefined;
      this.#join(pair);
      return pair;
    }
    return undefined;
  }

  #join(pair: Pair): void {
    const changed = new Set<Pair>();
    for (const word of pair.words) {
      if (!holds(word, pair)) continue;
      for (const other of this.#count(word, -1)) changed.add(other);
      word.pieces = joined(word.pieces, pair);
      for (const other of this.#count(word, 1)) changed.add(other);
    }
    for (const other of changed) if (other.count > 0) this.#queue.push({ pair: other, count: other.count });
  }

  /** Adds or takes away a word's pairs; returns them. */
  #count(word: Word, sign: 1 | -1): Pair[] {
    const found: Pair[] = [];
    for (let i = 0; i + 1 < word.pieces.length; i++) {
      const [left, right] = [word.pieces[i]!, word.pieces[i + 1]!];
      const key = `${left} ${right}`;
      let pair = this.#pairs.get(key);
      if (!pair) {
        pair = { left, right, joined: left + right.slice(CONTINUATION.length), count: 0, words: new Set() };
        this.#pairs.set(key, pair);
      }
      pair.count += sign * word.count;
      if (sign > 0) pair.words.add(word);
      found.push(pair);
    }
    return found;
  }
}

const holds = ({ pieces }: Word, { left, right }: Pair): boolean =>
  pieces.some((piece, i) => piece === left && pieces[i + 1] === right);

function joined(pieces: readonly string[], pair: Pair): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++)
    if (pieces[i] === pair.left && pieces[i + 1] === pair.right) {
      result.push(pair.joined);
      i++;
    } else result.push(pieces[i]!);
  return result;
}

interface Entry {
  readonly pair: Pair;
  readonly count: number;
}

/** A binary heap with the most frequent pair on top. */
class Heap {
  readonly #entries: Entry[] = [];

  push(entry: Entry): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(entry, entries[parent]!); parent = (at - 1) >> 1) {
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): Entry | undefined {
    const entries = this.#entries;
    const [top] = entries;
    const last = entries.pop();
    if (!top || !last || entries.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (child >= entries.length || !isBefore(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return top;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.pair.left !== b.pair.left) return a.pair.left < b.pair.left;
  return a.pair.right < b.pair.right;
}
