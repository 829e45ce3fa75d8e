/** Lists that grow without an object for each entry: whole numbers, and texts as UTF-8 bytes. */

/** Whole numbers of 32 bits. */
export class Integers {
  #values: Int32Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#values = new Int32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  pushAll(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.push(values[i]!);
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  slice(from: number, to: number): Int32Array {
    return this.#values.subarray(from, to);
  }
}

/** Blocks double from the first size to the largest: large ones for a few rows keep the garbage collector busy. */
const FIRST_BLOCK_BYTES = 1 << 14;
const BLOCK_BYTES = 1 << 22;

/** Texts, kept as their bytes: a million of them are a few blocks instead of a million strings. */
export class Texts {
  readonly #blocks: Buffer[] = [];
  /** Free bytes of the last block begin here. */
  #end = 0;
  readonly #block = new Integers();
  readonly #start = new Integers();
  readonly #size = new Integers();

  get length(): number {
    return this.#size.length;
  }

  push(text: string): void {
    const most = 3 * text.length; // UTF-8 bytes of one UTF-16 unit
    if (this.#blocks.length === 0 || this.#blocks.at(-1)!.length - this.#end < most) {
      const usual = Math.min(FIRST_BLOCK_BYTES * 2 ** this.#blocks.length, BLOCK_BYTES);
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(usual, most)));
      this.#end = 0;
    }
    const size = this.#blocks.at(-1)!.write(text, this.#end, "utf8");
    this.#block.push(this.#blocks.length - 1);
    this.#start.push(this.#end);
    this.#size.push(size);
    this.#end += size;
  }

  at(index: number): string {
    const start = this.#start.at(index);
    return this.#blocks[this.#block.at(index)]!.toString("utf8", start, start + this.#size.at(index));
  }

  bytes(index: number): Uint8Array {
    const start = this.#start.at(index);
    return this.#blocks[this.#block.at(index)]!.subarray(start, start + this.#size.at(index));
  }
}
