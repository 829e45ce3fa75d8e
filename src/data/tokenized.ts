/** Examples as token ids, made when they are first asked for, so that training starts without waiting for all. */
import type { Tokenizer } from "./tokenizer.ts";

/** Says how many texts were too long. */
export const cutTexts = (count: number): string =>
  `${count} ${count === 1 ? "text was" : "texts were"} longer than the limit and cut.`;

export class TokenizedSplit {
  readonly count: number;
  /** Texts that were too long, among those asked for so far. */
  truncatedCount = 0;
  readonly #examples: readonly { readonly text: string }[];
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  readonly #ids: (Int32Array | undefined)[];

  constructor(examples: readonly { readonly text: string }[], tokenizer: Tokenizer, maxLength: number) {
    this.count = examples.length;
    this.#examples = examples;
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
    this.#ids = new Array(examples.length);
  }

  /** Token ids of an example, [CLS] and [SEP] included. */
  ids(index: number): Int32Array {
    const known = this.#ids[index];
    if (known) return known;
    const { ids, truncated } = this.#tokenizer.encode(this.#examples[index]!.text, this.#maxLength);
    if (truncated) this.truncatedCount++;
    this.#ids[index] = ids;
    return ids;
  }

  /** Tokens of an example. */
  length(index: number): number {
    return this.ids(index).length;
  }
}
