/** What a program needs to run: the contract between training and whatever computes. */
import type { Tensor } from "../graph/tensor.ts";
import type { EngineTensors } from "./engine-tensors.ts";
import type { ParameterStore, StoredParameter, TrainingRoom } from "./parameter-store.ts";

export interface Engine {
  /** For run.json: name and version. */
  readonly description: string;
  /** The most threads that one run uses. */
  readonly threads: number;
  /**
   * The largest magnitude of 8-bit weights whose products are exact on this processor: 127, or 64 where it adds two of them in
   * 16 bits.
   */
  largestInt8(): Promise<number>;
  /** Prepares a program; its inputs are the ones it was built with, its outputs have the names given here. */
  compile(outputs: Readonly<Record<string, Tensor>>): Promise<Executable>;
  /**
   * Room for the parameters of a model; without `training`, for their weights only.
   */
  createStore(parameters: readonly StoredParameter[], training?: TrainingRoom): ParameterStore;
}

export interface Executable {
  /** Computes all outputs into the given tensors, whose shapes must be the ones that the inputs lead to. */
  run(inputs: EngineTensors, outputs: EngineTensors): Promise<void>;
  dispose(): Promise<void>;
}
