/** A trained parameter whose gradient is one array of its own shape. */

import type { PackedBatch } from "../models/batch.ts";
import type { Parameter } from "../models/encoder.ts";
import type { AdamWStep, KernelCall } from "./kernels/kernels.ts";
import type { Block } from "./memory.ts";
import type { SavedMoments } from "./parameter-store.ts";
import type { Trainable } from "./trainable.ts";

export class DenseParameter implements Trainable {
  readonly parameter: Parameter;
  /** Where the program writes this batch's gradient. */
  readonly incoming: Float32Array;
  readonly weights: Float32Array;
  readonly #gradient: Float32Array;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #block: Block;

  /** Lengths of the arrays of one block; with accumulation, batches need a place apart from their sum. */
  static sizes(count: number, accumulates: boolean): number[] {
    return [count, count, count, count, ...(accumulates ? [count] : [])];
  }

  constructor(parameter: Parameter, block: Block) {
    const [weights, gradient, first, second, incoming] = block.arrays as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array | undefined,
    ];
    this.parameter = parameter;
    this.weights = weights;
    this.#gradient = gradient;
    this.#first = first;
    this.#second = second;
    this.incoming = incoming ?? gradient;
    this.#block = block;
  }

  receive(_batch: PackedBatch, first: boolean): void {
    if (this.incoming === this.#gradient) return;
    if (first) this.#gradient.set(this.incoming);
    else this.#block.kernels.add(this.#gradient, this.incoming);
  }

  sumOfSquares(): KernelCall {
    return this.#block.calls.sumOfSquares(this.#gradient);
  }

  update(step: AdamWStep): KernelCall[] {
    return [this.#block.calls.adamw(this.weights, this.#first, this.#second, this.#gradient, step)];
  }

  state(): SavedMoments {
    return { first: this.#first, second: this.#second };
  }

  restore({ first, second }: SavedMoments): void {
    this.#first.set(first);
    this.#second.set(second);
  }

  bytes() {
    const { byteLength } = this.#gradient;
    return { gradient: this.incoming === this.#gradient ? byteLength : 2 * byteLength, optimizer: 2 * byteLength };
  }
}
