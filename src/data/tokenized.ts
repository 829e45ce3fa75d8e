/** Examples as token ids, made when they are first asked for, so that training starts without waiting for all. */
import type { ContentStore } from "./content-store.ts";
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
  readonly #store: ContentStore | undefined;
  #madeCount = 0;
  #seconds = 0;
  #key: string | undefined;

  /** From `store` the ids of all texts are taken at once, and put there when all have been made. */
  constructor(
    examples: readonly { readonly text: string }[],
    tokenizer: Tokenizer,
    maxLength: number,
    store?: ContentStore,
  ) {
    this.count = examples.length;
    this.#examples = examples;
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
    this.#ids = new Array(examples.length);
    this.#store = store;
  }

  /** Token ids of an example, [CLS] and [SEP] included. */
  ids(index: number): Int32Array {
    const known = this.#ids[index];
    if (known) return known;
    if (this.#madeCount === 0 && this.#store) this.#takeAll(this.#store);
    return this.#ids[index] ?? this.#make(index);
  }

  /** Tokens of an example. */
  length(index: number): number {
    return this.ids(index).length;
  }

  /** Under which a store has the ids of all texts: says what they are without making them. */
  keyIn(store: ContentStore): string {
    const texts = this.#examples.map(({ text }) => text);
    this.#key ??= store.keyOf("tokens", this.#tokenizer.fingerprint(), String(this.#maxLength), ...texts);
    return this.#key;
  }

  #make(index: number): Int32Array {
    const started = performance.now();
    const { ids, truncated } = this.#tokenizer.encode(this.#examples[index]!.text, this.#maxLength);
    this.#seconds += (performance.now() - started) / 1000;
    if (truncated) this.truncatedCount++;
    this.#ids[index] = ids;
    if (++this.#madeCount === this.count) this.#store?.write(this.keyIn(this.#store), this.#packed(), this.#seconds);
    return ids;
  }

  /** How many are cut, how long each is, and all ids. */
  #packed(): Uint8Array {
    const all = this.#ids as readonly Int32Array[];
    const packed = new Int32Array(1 + this.count + all.reduce((sum, { length }) => sum + length, 0));
    packed[0] = this.truncatedCount;
    let at = 1 + this.count;
    for (const [i, ids] of all.entries()) {
      packed[1 + i] = ids.length;
      packed.set(ids, at);
      at += ids.length;
    }
    return new Uint8Array(packed.buffer);
  }

  #takeAll(store: ContentStore): void {
    const stored = store.read(this.keyIn(store));
    if (!stored) return;
    const packed = new Int32Array(stored.buffer);
    this.truncatedCount = packed[0]!;
    let at = 1 + this.count;
    for (let i = 0; i < this.count; i++) this.#ids[i] = packed.subarray(at, (at += packed[1 + i]!));
  }
}
