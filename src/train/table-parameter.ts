/**
 * A trained table (word embeddings, positions) whose gradient arrives as rows: one per token, added up by row here. A
 * step touches the rows that some batch so far has used and no others: all moments elsewhere are zero, so a dense AdamW
 * would leave them as they are, to the bit. Their moments take no memory, as nothing ever writes there.
 */

import type { PackedBatch } from "../data/batch.ts";
import type { AdamWStep, Kernels } from "../engine/kernels/kernels.ts";
import type { Parameter } from "../models/encoder.ts";
import type { SavedMoments, Trainable } from "./trainable.ts";

/** Rows that a program writes for one batch field of indices. */
export interface RowSource {
  readonly indices: (batch: PackedBatch) => Int32Array;
  /** Room for as many rows as a batch can have tokens; may be shared between tables. */
  readonly rows: Float32Array;
}

export class TableParameter implements Trainable {
  readonly parameter: Parameter;
  readonly weights: Float32Array;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #sums: Float32Array;
  /** Three rows: a gradient that is zero, and two moments that stay zero. */
  readonly #zeros: Float32Array;
  /** For each token of a batch, the place of its row in `sums`. */
  readonly #places: Int32Array;
  readonly #sources: readonly RowSource[];
  readonly #kernels: Kernels;
  readonly #width: number;
  /** Row → its place in `sums` at this step, or -1. */
  readonly #place: Int32Array;
  /** Rows with a gradient at this step, by place. */
  #current: number[] = [];
  readonly #touched: Uint8Array;
  #touchedRows: number[] = [];
  #mostRows = 0;

  /** Lengths of a table's arrays; `maxRows` bounds the tokens of one step. */
  static sizes([rows, width]: readonly [number, number], maxRows: number): number[] {
    return [rows * width, rows * width, rows * width, Math.min(rows, maxRows) * width, 3 * width, maxRows];
  }

  constructor(parameter: Parameter, kernels: Kernels, arrays: readonly Float32Array[], sources: readonly RowSource[]) {
    const [weights, first, second, sums, zeros, places] = arrays;
    this.parameter = parameter;
    this.weights = weights!;
    this.#first = first!;
    this.#second = second!;
    this.#sums = sums!;
    this.#zeros = zeros!;
    this.#places = new Int32Array(places!.buffer, places!.byteOffset, places!.length);
    this.#kernels = kernels;
    this.#sources = sources;
    this.#width = parameter.shape[1]!;
    this.#place = new Int32Array(parameter.shape[0]!).fill(-1);
    this.#touched = new Uint8Array(parameter.shape[0]!);
  }

  receive(batch: PackedBatch, first: boolean): void {
    if (first) {
      for (const row of this.#current) this.#place[row] = -1;
      this.#current = [];
    }
    for (const { indices, rows } of this.#sources) {
      const ids = indices(batch);
      const places = this.#places.subarray(0, ids.length);
      for (const [token, row] of ids.entries()) {
        const place = this.#place[row]!;
        places[token] = place >= 0 ? place : this.#enter(row);
      }
      // In the order of the tokens: sums of floats depend on it.
      this.#kernels.addRows(this.#sums, rows, places, this.#width);
    }
  }

  #enter(row: number): number {
    const place = this.#current.push(row) - 1;
    this.#place[row] = place;
    this.#row(this.#sums, place).fill(0);
    this.#mostRows = Math.max(this.#mostRows, place + 1);
    if (!this.#touched[row]) {
      this.#touched[row] = 1;
      this.#touchedRows.push(row);
    }
    return place;
  }

  sumOfSquares(): number {
    return this.#kernels.sumOfSquares(this.#sums.subarray(0, this.#current.length * this.#width));
  }

  update(step: AdamWStep): void {
    const nothing = this.#row(this.#zeros, 0);
    for (const row of this.#touchedRows) {
      const place = this.#place[row]!;
      const gradient = place >= 0 ? this.#row(this.#sums, place) : nothing;
      this.#kernels.adamw(
        this.#row(this.weights, row),
        this.#row(this.#first, row),
        this.#row(this.#second, row),
        gradient,
        step,
      );
    }
    // Weight decay reaches every row; the moments of untouched ones are zero before and after.
    if (step.decay !== 1) this.#decayUntouched(step, nothing);
  }

  #decayUntouched(step: AdamWStep, nothing: Float32Array): void {
    const [first, second] = [this.#row(this.#zeros, 1), this.#row(this.#zeros, 2)];
    for (let row = 0; row < this.#touched.length; row++)
      if (!this.#touched[row]) this.#kernels.adamw(this.#row(this.weights, row), first, second, nothing, step);
  }

  #row(table: Float32Array, row: number): Float32Array {
    return table.subarray(row * this.#width, (row + 1) * this.#width);
  }

  state(): SavedMoments {
    const rows = [...this.#touchedRows].sort((a, b) => a - b);
    const gather = (table: Float32Array) => {
      const gathered = new Float32Array(rows.length * this.#width);
      for (const [i, row] of rows.entries()) this.#row(gathered, i).set(this.#row(table, row));
      return gathered;
    };
    return { first: gather(this.#first), second: gather(this.#second), rows };
  }

  restore({ first, second, rows = [] }: SavedMoments): void {
    this.#touchedRows = [...rows];
    for (const [i, row] of rows.entries()) {
      this.#touched[row] = 1;
      this.#row(this.#first, row).set(this.#row(first, i));
      this.#row(this.#second, row).set(this.#row(second, i));
    }
  }

  bytes() {
    const rowBytes = 4 * this.#width;
    return { gradient: this.#mostRows * rowBytes, optimizer: 2 * this.#touchedRows.length * rowBytes };
  }
}
