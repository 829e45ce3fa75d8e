/** What a language model reads at once: blocks of full length, or passages of a few sentences. */
import { randomKey, uint32 } from "../base/random.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { Document } from "./corpus.ts";

export interface Passage {
  readonly ids: Int32Array;
  /** The words themselves, where the passage is whole sentences. */
  readonly text?: string;
  /** Its place among all passages. */
  readonly index?: number;
}

/** Of the tokenizer that pre-training uses: every text is one [CLS], its own tokens, one [SEP]. */
export interface Ends {
  readonly opening: number;
  readonly closing: number;
}

/**
 * All documents one after the other, a [SEP] between two of them, cut into blocks of `length` tokens with [CLS] and [SEP]
 * around each; a last block that is too short to be worth it is left out.
 */
export function blocksOf(documents: readonly Document[], tokenizer: Tokenizer, ends: Ends, length: number): Passage[] {
  const room = length - 2;
  const blocks: Passage[] = [];
  let block = new Int32Array(length);
  let used = 0;
  const close = (): void => {
    block[0] = ends.opening;
    block[used + 1] = ends.closing;
    blocks.push({ ids: block.slice(0, used + 2) });
    block = new Int32Array(length);
    used = 0;
  };
  const put = (id: number): void => {
    block[1 + used++] = id;
    if (used === room) close();
  };
  for (const [i, paragraphs] of documents.entries()) {
    if (i > 0 && used > 0) put(ends.closing);
    for (const paragraph of paragraphs)
      for (const id of tokenizer.encode(paragraph, Number.POSITIVE_INFINITY).ids.subarray(1, -1)) put(id);
  }
  if (used >= room / 4 || (used > 0 && blocks.length === 0)) close();
  return blocks;
}

const MOST_SENTENCES = 3;
/** The end of a sentence, with the quotation marks that may follow it, before the beginning of another. */
const SENTENCE_END = /(?<=[.!?]["”’')\]]{0,2})\s+(?=["“‘'([]{0,2}\p{Lu})/u;

/** One to three sentences of a paragraph at a time, cut at `length` tokens; how many is drawn by `seed`. */
export function passagesOf(
  documents: readonly Document[],
  tokenizer: Tokenizer,
  length: number,
  seed: number,
): Passage[] {
  const passages: Passage[] = [];
  const key = randomKey(seed, "sample", "sentences");
  for (const paragraph of documents.flat()) {
    const sentences = paragraph.split(SENTENCE_END);
    for (let at = 0; at < sentences.length; ) {
      const count = 1 + (uint32(key, passages.length) % MOST_SENTENCES);
      const text = sentences.slice(at, at + count).join(" ");
      at += count;
      const { ids } = tokenizer.encode(text, length);
      if (ids.length > 2) passages.push({ ids, text });
    }
  }
  return passages;
}
