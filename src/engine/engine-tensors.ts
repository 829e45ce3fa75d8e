/** Tensors as programs take and give them. */
import type { DType, HostTensor } from "../graph/tensor.ts";

/** A tensor where the engine keeps it: in memory of ours (`HostTensor`), or out of this program's reach. */
export interface EngineTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

export type EngineTensors = Readonly<Record<string, EngineTensor>>;
export type HostTensors = Readonly<Record<string, HostTensor>>;

export const float32 = (data: Float32Array, dims: readonly number[]): HostTensor => ({ dtype: "float32", dims, data });
export const int32 = (data: Int32Array, dims: readonly number[]): HostTensor => ({ dtype: "int32", dims, data });
