/**
 * Where the parameters of a model live: weights, and for the trained ones gradients and moments. The engine owns it, so that
 * on a GPU they can stay there; on the CPU it is memory that ONNX Runtime and the kernels share, and nothing is copied.
 */

import type { Int8Form } from "../graph/int8-products.ts";
import type { PackedBatch } from "../models/batch.ts";
import type { Parameter } from "../models/encoder.ts";
import type { EngineTensors, HostTensors } from "./engine-tensors.ts";

/** How a weight is kept for products in 8 bits. */
export interface Int8Storage {
  readonly form: Int8Form;
  /** The magnitude that the largest number of each row gets: `Engine.largestInt8`. */
  readonly largest: number;
  /** Whether it is kept as float32 as well: where programs read it so, and where it is trained. */
  readonly float32: boolean;
}

/** A parameter, and how it is to be kept. */
export interface StoredParameter extends Parameter {
  /** @default float32 alone */
  readonly int8?: Int8Storage;
}

/** A gradient in one piece, as an output of a training program. */
export interface DenseGradient {
  readonly parameter: string;
  readonly output: string;
}

/** The gradient of a table that was only looked up in: rows, to be added up at the indices of a batch field. */
export interface RowGradient {
  readonly parameter: string;
  readonly parts: readonly { readonly indices: string; readonly output: string }[];
}

/** What training needs beside the weights. */
export interface TrainingRoom {
  /** The gradients that the program gives; their parameters are the trained ones. */
  readonly dense: readonly DenseGradient[];
  readonly rows: readonly RowGradient[];
  /** The most tokens that one batch can have. */
  readonly maxTokens: number;
  /** Batches that one optimizer step adds up. */
  readonly gradientAccumulation: number;
  /** The most bytes of one WebAssembly memory; what does not fit into one lies in several. @default nearly 4 GiB */
  readonly memoryBytes?: number;
}

/** One AdamW step over everything that is trained, with Trainer's clipping. */
export interface UpdateStep {
  /** Steps done, this one included. */
  readonly step: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** The gradient is scaled down to this norm where it is longer; 0 turns clipping off. */
  readonly maxGradientNorm: number;
  /** The learning rate of a parameter, and its decoupled weight decay. */
  readonly rateOf: (parameter: Parameter) => { readonly learningRate: number; readonly weightDecay: number };
}

/** Both moments of a parameter; of a table, only the rows that training has touched, in the order of `rows`. */
export interface SavedMoments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly rows?: readonly number[];
}

/** A trained parameter, as far as checkpoints and reports are concerned. */
export interface StoredTrainable {
  readonly parameter: Parameter;
  /** Moments to be stored. */
  state(): SavedMoments;
  /** Fills the moments from what was stored. */
  restore(state: SavedMoments): void;
  /** Bytes in use for gradients and for moments. */
  bytes(): { readonly gradient: number; readonly optimizer: number };
}

/** A dropout mask to be drawn, as bytes: 0 with probability threshold / 65536, else 1. */
export interface MaskDraw {
  readonly name: string;
  readonly dims: readonly number[];
  /** Decides the random numbers together with the element's index. */
  readonly key: number;
  readonly threshold: number;
}

export interface ParameterStore {
  /** Every parameter, as programs take it: in 8 bits under the names of `int8Inputs`. */
  readonly weights: EngineTensors;
  readonly weightBytes: number;
  /** In the model's order: the gradient norm is a sum whose order matters. */
  readonly trainables: readonly StoredTrainable[];
  /** The same in this program's memory: the values of the last `download`, which may be changed before an `upload`. */
  readonly host: HostTensors;
  /** Takes the numbers of a parameter that is kept in 8 bits, which `host` then has in its forms. */
  quantize(parameter: string, values: Float32Array): void;
  /** Brings what was written into `host` to the engine; of trained weights in 8 bits, the bytes are made anew. */
  upload(): Promise<void>;
  /** Brings weights and moments from the engine to `host` and `trainables`. */
  download(): Promise<void>;
  /** Where a training program writes its gradients for a batch. */
  gradientOutputs(batch: PackedBatch): EngineTensors;
  /** Adds the gradients that a program has just written to those of this step. */
  receive(batch: PackedBatch): void;
  /** One update with the mean of the gradients received, and of bytes that stand for weights; gives the norm before clipping. */
  update(step: UpdateStep): Promise<number>;
  /** Draws dropout masks, by name; those of the call before are no longer valid. */
  drawMasks(draws: readonly MaskDraw[]): EngineTensors;
  dispose(): Promise<void>;
}
