/** Examples as token ids, made when they are first asked for, so that training starts without waiting for all. */
import { type ContentStore, fingerprintOf } from "../base/content-store.ts";
import { Integers } from "../base/growing-lists.ts";
import type { Text } from "../tables/dataset.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Says how many texts were too long. */
export const cutTexts = (count: number): string =>
  `${count} ${count === 1 ? "text was" : "texts were"} longer than the limit and cut.`;

/** What is tokenized: texts by index. */
export interface TextSource {
  readonly length: number;
  text(index: number): Text;
}

export const textsOf = (texts: readonly Text[]): TextSource => ({
  length: texts.length,
  text: (index) => texts[index]!,
});

export class TokenizedSplit {
  readonly count: number;
  /** Texts that were too long, among those asked for so far. */
  truncatedCount = 0;
  readonly #texts: TextSource;
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  readonly #store: ContentStore | undefined;
  /** Tokens of all texts asked for so far, in that order, so that there is no object for each. */
  readonly #tokens = new Integers();
  /** Where a text's tokens begin, or -1; how many they are; how many of them have type 0. */
  readonly #start: Float64Array;
  readonly #length: Int32Array;
  readonly #firstTokens: Int32Array;
  #madeCount = 0;
  #seconds = 0;
  #key: string | undefined;

  /** From `store` the tokens of all texts are taken at once, and put there when all have been made. */
  constructor(texts: TextSource, tokenizer: Tokenizer, maxLength: number, store?: ContentStore) {
    this.count = texts.length;
    this.#texts = texts;
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
    this.#store = store;
    this.#start = new Float64Array(this.count).fill(-1);
    this.#length = new Int32Array(this.count);
    this.#firstTokens = new Int32Array(this.count);
  }

  /** Token ids of an example, [CLS] and [SEP] included. */
  ids(index: number): Int32Array {
    this.#require(index);
    return this.#idsOf(index);
  }

  /** How many of an example's tokens have type 0, which are the first ones. */
  firstTokens(index: number): number {
    this.#require(index);
    return this.#firstTokens[index]!;
  }

  /** Tokens of an example. */
  length(index: number): number {
    this.#require(index);
    return this.#length[index]!;
  }

  /** Under which a store has the tokens of all texts: says what they are without making them. */
  keyIn(store: ContentStore): string {
    const tokenizer = this.#tokenizer.fingerprint();
    this.#key ??= store.keyOf("tokens", tokenizer, String(this.#maxLength), fingerprintOf(this.#parts()));
    return this.#key;
  }

  /** A text and a pair that are written alike differ in how many parts they say they have. */
  *#parts(): Generator<string> {
    for (let i = 0; i < this.count; i++) {
      const parts = [this.#texts.text(i)].flat();
      yield String(parts.length);
      yield* parts;
    }
  }

  #idsOf(index: number): Int32Array {
    const start = this.#start[index]!;
    return this.#tokens.slice(start, start + this.#length[index]!);
  }

  #require(index: number): void {
    if (this.#start[index]! >= 0) return;
    if (this.#madeCount === 0 && this.#store && this.#takeAll(this.#store)) return;
    const started = performance.now();
    const { ids, firstTokens, truncated } = this.#tokenizer.encode(this.#texts.text(index), this.#maxLength);
    this.#seconds += (performance.now() - started) / 1000;
    if (truncated) this.truncatedCount++;
    this.#add(index, ids, firstTokens);
    if (++this.#madeCount === this.count) this.#store?.write(this.keyIn(this.#store), this.#packed(), this.#seconds);
  }

  #add(index: number, ids: Int32Array, firstTokens: number): void {
    this.#start[index] = this.#tokens.length;
    this.#tokens.pushAll(ids);
    this.#length[index] = ids.length;
    this.#firstTokens[index] = firstTokens;
  }

  /** How many are cut, how long each is, how many of its tokens have type 0, and all ids. */
  #packed(): Uint8Array {
    const { count } = this;
    const packed = new Int32Array(1 + 2 * count + this.#tokens.length);
    packed[0] = this.truncatedCount;
    packed.set(this.#length, 1);
    packed.set(this.#firstTokens, 1 + count);
    let at = 1 + 2 * count;
    for (let i = 0; i < count; i++) {
      packed.set(this.#idsOf(i), at);
      at += this.#length[i]!;
    }
    return new Uint8Array(packed.buffer);
  }

  /** Whether the store has them. */
  #takeAll(store: ContentStore): boolean {
    const stored = store.read(this.keyIn(store));
    if (!stored) return false;
    const packed = new Int32Array(stored.buffer);
    this.truncatedCount = packed[0]!;
    let at = 1 + 2 * this.count;
    for (let i = 0; i < this.count; i++)
      this.#add(i, packed.subarray(at, (at += packed[1 + i]!)), packed[1 + this.count + i]!);
    return true;
  }
}
