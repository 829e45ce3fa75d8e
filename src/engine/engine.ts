/** What a program needs to run: the contract between training and whatever computes. */
import type { HostTensor, Tensor } from "../graph/tensor.ts";

export type HostTensors = Readonly<Record<string, HostTensor>>;

export interface Engine {
  /** For run.json: name and version. */
  readonly description: string;
  /** The most threads that one run uses. */
  readonly threads: number;
  /** Prepares a program; its inputs are the ones it was built with, its outputs have the names given here. */
  compile(outputs: Readonly<Record<string, Tensor>>): Promise<Executable>;
}

export interface Executable {
  /** Computes all outputs into the given tensors, whose shapes must be the ones that the inputs lead to. */
  run(inputs: HostTensors, outputs: HostTensors): Promise<void>;
  dispose(): Promise<void>;
}

export const float32 = (data: Float32Array, dims: readonly number[]): HostTensor => ({ dtype: "float32", dims, data });
export const int32 = (data: Int32Array, dims: readonly number[]): HostTensor => ({ dtype: "int32", dims, data });
