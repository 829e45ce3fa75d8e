/** Rows with equal texts, found by their bytes without a string for each. */
import type { LabelledRows } from "./labelled-rows.ts";

/** A row, wherever it is. */
export interface Place {
  readonly rows: LabelledRows;
  readonly row: number;
}

/** Different texts, numbered in the order in which they were added; as many as it was made for. */
export class TextSet {
  readonly #slots: Int32Array;
  readonly #sources: LabelledRows[] = [];
  readonly #source: Int32Array;
  readonly #row: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2))).fill(-1);
    this.#source = new Int32Array(capacity);
    this.#row = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The number of the row's texts, both of a pair; a new one where they were not there. */
  add(place: Place): number {
    const slot = this.#slotOf(place);
    if (this.#slots[slot]! >= 0) return this.#slots[slot]!;
    if (!this.#sources.includes(place.rows)) this.#sources.push(place.rows);
    this.#source[this.#size] = this.#sources.indexOf(place.rows);
    this.#row[this.#size] = place.row;
    this.#slots[slot] = this.#size;
    return this.#size++;
  }

  has(place: Place): boolean {
    return this.#slots[this.#slotOf(place)]! >= 0;
  }

  /** Where the texts with this number were first. */
  at(number: number): Place {
    return { rows: this.#sources[this.#source[number]!]!, row: this.#row[number]! };
  }

  /** Where the row is, or where it would be. */
  #slotOf(place: Place): number {
    const last = this.#slots.length - 1;
    let slot = hashOf(place) & last;
    while (this.#slots[slot]! >= 0 && !areEqual(this.at(this.#slots[slot]!), place)) slot = (slot + 1) & last;
    return slot;
  }
}

/** FNV-1a, with its bits mixed once more at the end. */
function hashOf({ rows, row }: Place): number {
  let hash = 0x811c9dc5;
  for (const texts of rows.texts) {
    const bytes = texts.bytes(row);
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash = Math.imul(hash ^ 0x100, 0x01000193);
  }
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}

const areEqual = (a: Place, b: Place): boolean =>
  a.rows.texts.every((texts, i) => Buffer.compare(texts.bytes(a.row), b.rows.texts[i]!.bytes(b.row)) === 0);

/** For each row the first one with the same texts. */
export function firstOfEqual(rows: LabelledRows): Int32Array {
  const set = new TextSet(rows.count);
  return Int32Array.from({ length: rows.count }, (_, row) => set.at(set.add({ rows, row })).row);
}
