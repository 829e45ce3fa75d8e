/** What a program needs to run: the contract between training and whatever computes. */
import type { Tensor } from "../graph/tensor.ts";
import type { EngineTensors } from "./engine-tensors.ts";
import type { ParameterStore, StoredParameter, TrainingRoom } from "./parameter-store.ts";

export interface Engine {
  /** For run.json: name and version. */
  readonly description: string;
  /** The most threads that one run uses. */
  readonly threads: number;
  /** Prepares a program; its inputs are the ones it was built with, its outputs have the names given here. */
  compile(outputs: Readonly<Record<string, Tensor>>): Promise<Executable>;
  /**
   * Room for the parameters of a model; without `training`, for their weights only.
   *
   * @throws AttuneError where the engine cannot keep a parameter in the storage that is asked for
   */
  createStore(parameters: readonly StoredParameter[], training?: TrainingRoom): ParameterStore;
}

export interface Executable {
  /** Computes all outputs into the given tensors, whose shapes must be the ones that the inputs lead to. */
  run(inputs: EngineTensors, outputs: EngineTensors): Promise<void>;
  dispose(): Promise<void>;
}
