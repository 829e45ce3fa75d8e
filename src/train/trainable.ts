/** What the optimizer needs of a trained parameter, however its gradient arrives. */

import type { AdamWStep, KernelCall } from "../engine/kernels/kernels.ts";
import type { PackedBatch } from "../models/batch.ts";
import type { Parameter } from "../models/encoder.ts";

export interface Trainable {
  readonly parameter: Parameter;
  /** Takes over the gradient that a program has just written; `first` starts a new sum. */
  receive(batch: PackedBatch, first: boolean): void;
  /** Gives Σ g², in float64. */
  sumOfSquares(): KernelCall;
  /** One AdamW step with the gradient received. */
  update(step: AdamWStep): KernelCall[];
  /** Moments to be stored, by name, and to be filled again from what was stored. */
  state(): SavedMoments;
  restore(state: SavedMoments): void;
  /** Bytes in use for gradients and for moments. */
  bytes(): { readonly gradient: number; readonly optimizer: number };
}

/** Both moments; of a table, only the rows that training has touched, in the order of `rows`. */
export interface SavedMoments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly rows?: readonly number[];
}
