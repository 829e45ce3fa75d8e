/**
 * A trained table (word embeddings, positions) whose gradient arrives as rows: one per token, added up by row here. A
 * step touches the rows that some batch so far has used and no others: all moments elsewhere are zero, so a dense AdamW
 * would leave them as they are, to the bit. Moments stand in the order in which rows were first used, so what is in use is
 * one stretch, and the rest takes no memory, as nothing ever writes there.
 */

import type { PackedBatch } from "../models/batch.ts";
import type { Parameter } from "../models/encoder.ts";
import type { AdamWStep, KernelCall } from "./kernels/kernels.ts";
import type { Block } from "./memory.ts";
import type { SavedMoments } from "./parameter-store.ts";
import type { Trainable } from "./trainable.ts";

/** Rows that a program writes for one batch field of indices. */
export interface RowSource {
  readonly indices: (batch: PackedBatch) => Int32Array;
  /** Room for as many rows as a batch can have tokens; may be shared between tables. */
  readonly rows: Float32Array;
}

export class TableParameter implements Trainable {
  readonly parameter: Parameter;
  readonly weights: Float32Array;
  /** Moments, by where a row stands in `order`. */
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  /** This step's gradient: one row for each row of the table that has one. */
  readonly #sums: Float32Array;
  /** Three rows: a gradient that is zero, and two moments that stay zero. */
  readonly #zeros: readonly Float32Array[];
  /** Row → its place in `sums` at this step, or -1. */
  readonly #places: Int32Array;
  /** For each token of a batch, the place of its row. */
  readonly #tokenPlaces: Int32Array;
  /** Rows that some batch has used, then rows that none has: a permutation of all rows. */
  readonly #order: Int32Array;
  /** Row → where it stands in `order`. */
  readonly #standing: Int32Array;
  readonly #sources: readonly RowSource[];
  readonly #block: Block;
  readonly #width: number;
  /** Rows with a gradient at this step, by place. */
  #current: number[] = [];
  #touchedCount = 0;
  #mostRows = 0;

  /** Lengths of a table's arrays; `maxTokens` bounds the tokens of one step. */
  static sizes([rows, width]: readonly [number, number], maxTokens: number): number[] {
    const table = rows * width;
    return [table, table, table, Math.min(rows, maxTokens) * width, width, width, width, rows, maxTokens, rows];
  }

  /** `arrays` are those of `block` that are this table's. */
  constructor(parameter: Parameter, block: Block, arrays: readonly Float32Array[], sources: readonly RowSource[]) {
    const [weights, first, second, sums, zeros, zeroFirst, zeroSecond, places, tokenPlaces, order] = arrays;
    this.parameter = parameter;
    this.weights = weights!;
    this.#first = first!;
    this.#second = second!;
    this.#sums = sums!;
    this.#zeros = [zeros!, zeroFirst!, zeroSecond!];
    this.#places = asIntegers(places!).fill(-1);
    this.#tokenPlaces = asIntegers(tokenPlaces!);
    this.#order = asIntegers(order!);
    this.#standing = this.#order.map((_, row) => row);
    this.#order.set(this.#standing);
    this.#block = block;
    this.#sources = sources;
    this.#width = parameter.shape[1]!;
  }

  receive(batch: PackedBatch, first: boolean): void {
    if (first) {
      for (const row of this.#current) this.#places[row] = -1;
      this.#current = [];
    }
    for (const { indices, rows } of this.#sources) {
      const ids = indices(batch);
      for (let token = 0; token < ids.length; token++) {
        const place = this.#places[ids[token]!]!;
        this.#tokenPlaces[token] = place >= 0 ? place : this.#enter(ids[token]!);
      }
      // In the order of the tokens: sums of floats depend on it.
      this.#block.kernels.addRows(this.#sums, rows, this.#tokenPlaces.subarray(0, ids.length), this.#width);
    }
  }

  /** Gives a row a place among this step's gradients. */
  #enter(row: number): number {
    const place = this.#current.push(row) - 1;
    this.#places[row] = place;
    this.#sums.fill(0, place * this.#width, (place + 1) * this.#width);
    this.#mostRows = Math.max(this.#mostRows, place + 1);
    if (this.#standing[row]! >= this.#touchedCount) this.#touch(row);
    return place;
  }

  /** Moves a row to the end of the touched ones. */
  #touch(row: number): void {
    const other = this.#order[this.#touchedCount]!;
    const from = this.#standing[row]!;
    this.#order[this.#touchedCount] = row;
    this.#order[from] = other;
    this.#standing[other] = from;
    this.#standing[row] = this.#touchedCount++;
  }

  sumOfSquares(): KernelCall {
    return this.#block.calls.sumOfSquares(this.#sums.subarray(0, this.#current.length * this.#width));
  }

  update(step: AdamWStep): KernelCall[] {
    const [zeros, zeroFirst, zeroSecond] = this.#zeros as [Float32Array, Float32Array, Float32Array];
    const table = { p: this.weights, sums: this.#sums, zeros, places: this.#places, width: this.#width };
    const touched = this.#order.subarray(0, this.#touchedCount);
    const moved = this.#block.calls.adamwRows({ ...table, m: this.#first, v: this.#second, rows: touched }, step);
    if (step.decay === 1) return [moved];
    // Weight decay reaches every row; the moments of untouched ones are zero before and after.
    const untouched = this.#order.subarray(this.#touchedCount);
    return [moved, this.#block.calls.adamwRows({ ...table, m: zeroFirst, v: zeroSecond, rows: untouched }, step)];
  }

  state(): SavedMoments {
    const rows = Array.from(this.#order.subarray(0, this.#touchedCount)).sort((a, b) => a - b);
    const gather = (table: Float32Array) => {
      const gathered = new Float32Array(rows.length * this.#width);
      for (const [i, row] of rows.entries()) this.#row(gathered, i).set(this.#row(table, this.#standing[row]!));
      return gathered;
    };
    return { first: gather(this.#first), second: gather(this.#second), rows };
  }

  restore({ first, second, rows = [] }: SavedMoments): void {
    for (const [i, row] of rows.entries()) {
      this.#touch(row);
      this.#row(this.#first, this.#standing[row]!).set(this.#row(first, i));
      this.#row(this.#second, this.#standing[row]!).set(this.#row(second, i));
    }
  }

  bytes() {
    const rowBytes = 4 * this.#width;
    return { gradient: this.#mostRows * rowBytes, optimizer: 2 * this.#touchedCount * rowBytes };
  }

  #row(table: Float32Array, row: number): Float32Array {
    return table.subarray(row * this.#width, (row + 1) * this.#width);
  }
}

/** The same memory as 32-bit integers. */
const asIntegers = (array: Float32Array): Int32Array => new Int32Array(array.buffer, array.byteOffset, array.length);
