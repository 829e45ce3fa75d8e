/** Examples as token ids, made when they are first asked for, so that training starts without waiting for all. */
import type { Text } from "./dataset.ts";
import { Integers } from "./growing.ts";
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
  /** Tokens of all texts asked for so far, in that order, so that there is no object for each. */
  readonly #tokens = new Integers();
  /** Where a text's tokens begin, or -1; how many they are; how many of them have type 0. */
  readonly #start: Float64Array;
  readonly #length: Int32Array;
  readonly #firstTokens: Int32Array;

  constructor(texts: TextSource, tokenizer: Tokenizer, maxLength: number) {
    this.count = texts.length;
    this.#texts = texts;
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
    this.#start = new Float64Array(this.count).fill(-1);
    this.#length = new Int32Array(this.count);
    this.#firstTokens = new Int32Array(this.count);
  }

  /** Token ids of an example, [CLS] and [SEP] included. */
  ids(index: number): Int32Array {
    this.#require(index);
    const start = this.#start[index]!;
    return this.#tokens.slice(start, start + this.#length[index]!);
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

  #require(index: number): void {
    if (this.#start[index]! >= 0) return;
    const { ids, firstTokens, truncated } = this.#tokenizer.encode(this.#texts.text(index), this.#maxLength);
    if (truncated) this.truncatedCount++;
    this.#start[index] = this.#tokens.length;
    this.#tokens.pushAll(ids);
    this.#length[index] = ids.length;
    this.#firstTokens[index] = firstTokens;
  }
}
