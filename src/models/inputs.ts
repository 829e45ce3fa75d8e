/** The inputs of every encoder's program: one tensor for each field of a packed batch, under the field's name. */
import type { PackedBatch } from "../data/batch.ts";
import { type Dim, evaluateShape } from "../graph/dim.ts";
import { input } from "../graph/ops/leaf.ts";
import type { DType, HostTensor, Tensor } from "../graph/tensor.ts";

type BatchField = Exclude<keyof PackedBatch, "sizes">;

const fields = (heads: number): Record<BatchField, { dtype: DType; shape: readonly Dim[] }> => ({
  tokenIds: { dtype: "int32", shape: ["tokens"] },
  positionIds: { dtype: "int32", shape: ["tokens"] },
  tokenTypes: { dtype: "int32", shape: ["tokens"] },
  padIndex: { dtype: "int32", shape: ["batch", heads, "length"] },
  fillIndex: { dtype: "int32", shape: ["batch", heads, "length"] },
  unpadIndex: { dtype: "int32", shape: ["tokens", heads] },
  firstToken: { dtype: "int32", shape: ["batch"] },
  attentionBias: { dtype: "float32", shape: ["batch", 1, 1, "length"] },
});

export type BatchTensors = Readonly<Record<BatchField, Tensor>>;

/** The batch as inputs of a program of an encoder with that many attention heads. */
export function batchInputs(heads: number): BatchTensors {
  const tensors = Object.entries(fields(heads)).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]);
  return Object.fromEntries(tensors) as BatchTensors;
}

/** The batch as values for those inputs. */
export function batchValues(batch: PackedBatch, heads: number): Record<BatchField, HostTensor> {
  const values = Object.entries(fields(heads)).map(([name, { dtype, shape }]) => [
    name,
    { dtype, dims: evaluateShape(shape, batch.sizes), data: batch[name as BatchField] },
  ]);
  return Object.fromEntries(values) as Record<BatchField, HostTensor>;
}
