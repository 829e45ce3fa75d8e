/** The inputs of every encoder's program: one tensor for each field of a packed batch, under the field's name. */

import { type Dim, evaluateShape } from "../graph/dim.ts";
import { input } from "../graph/ops/leaf.ts";
import type { DType, HostTensor, Tensor } from "../graph/tensor.ts";
import type { PackedBatch } from "./packed-batch.ts";

type BatchField = Exclude<keyof PackedBatch, "sizes" | "virtualTokens" | "features">;

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

/** The input that takes the place of a part of the model. */
export const FROZEN_FEATURES = "features";

/** Which token is which of `count` virtual ones, [tokens, count]: an input that only methods with such tokens read. */
export function virtualTokenInput(count: number): Tensor {
  return input("virtualTokens", "float32", ["tokens", count]);
}

/** The batch as values for those inputs. */
export function batchValues(batch: PackedBatch, heads: number): Record<string, HostTensor> {
  const values = Object.entries(fields(heads)).map(([name, { dtype, shape }]) => [
    name,
    { dtype, dims: evaluateShape(shape, batch.sizes), data: batch[name as BatchField] },
  ]);
  const { tokens } = batch.sizes;
  const dims = [tokens, batch.virtualTokens.length / tokens];
  const { features } = batch;
  return {
    ...Object.fromEntries(values),
    virtualTokens: { dtype: "float32", dims, data: batch.virtualTokens },
    ...(features && {
      [FROZEN_FEATURES]: {
        dtype: "float32",
        dims: [features.values.length / features.width, features.width],
        data: features.values,
      },
    }),
  };
}
