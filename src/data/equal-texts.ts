/** Rows with equal texts, found by their bytes without a string for each. */
import type { LabelledRows } from "./labelled-rows.ts";

interface Place {
  readonly rows: LabelledRows;
  readonly row: number;
}

/** A set of rows by their texts, both of a pair; as large as it was made. */
export class TextSet {
  readonly #slots: Int32Array;
  readonly #sources: LabelledRows[] = [];
  readonly #source: Int32Array;
  readonly #row: Int32Array;
  #count = 0;

  constructor(capacity: number) {
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2))).fill(-1);
    this.#source = new Int32Array(capacity);
    this.#row = new Int32Array(capacity);
  }

  /** The row with the same texts that was added before; without one, adds this row. */
  findOrAdd(place: Place): Place | undefined {
    const slot = this.#slotOf(place);
    const known = this.#slots[slot]!;
    if (known >= 0) return this.#at(known);
    if (!this.#sources.includes(place.rows)) this.#sources.push(place.rows);
    this.#source[this.#count] = this.#sources.indexOf(place.rows);
    this.#row[this.#count] = place.row;
    this.#slots[slot] = this.#count++;
    return undefined;
  }

  has(place: Place): boolean {
    return this.#slots[this.#slotOf(place)]! >= 0;
  }

  #at(entry: number): Place {
    return { rows: this.#sources[this.#source[entry]!]!, row: this.#row[entry]! };
  }

  /** Where the row is, or where it would be. */
  #slotOf(place: Place): number {
    const last = this.#slots.length - 1;
    let slot = hashOf(place) & last;
    while (this.#slots[slot]! >= 0 && !areEqual(this.#at(this.#slots[slot]!), place)) slot = (slot + 1) & last;
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
  return Int32Array.from({ length: rows.count }, (_, row) => set.findOrAdd({ rows, row })?.row ?? row);
}
