/** What the CPU's store needs of a trained parameter, however its gradient arrives. */
import type { PackedBatch } from "../models/batch.ts";
import type { AdamWStep, KernelCall } from "./kernels/kernels.ts";
import type { StoredTrainable } from "./parameter-store.ts";

export interface Trainable extends StoredTrainable {
  /** Takes over the gradient that a program has just written; `first` starts a new sum. */
  receive(batch: PackedBatch, first: boolean): void;
  /** Gives Σ g², in float64. */
  sumOfSquares(): KernelCall;
  /** One AdamW step with the gradient received. */
  update(step: AdamWStep): KernelCall[];
}
