/** Places a model's weights and, for the trained ones, gradients and moments; made once, used by every program. */

import { sizeOf } from "../base/size-of.ts";
import { float32 } from "../engine/engine.ts";
import { allocateBlocks } from "../engine/memory.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { PackedBatch } from "../models/batch.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { DenseParameter } from "./dense-parameter.ts";
import type { TrainingProgram } from "./program.ts";
import { TableParameter } from "./table-parameter.ts";
import type { Trainable } from "./trainable.ts";

export interface ModelMemory {
  /** Every parameter, as programs take it. */
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly trainables: readonly Trainable[];
  /** Where the training program writes its gradients for a batch. */
  gradientOutputs(batch: PackedBatch): Record<string, HostTensor>;
  readonly weightBytes: number;
}

const countOf = (parameter: Parameter): number => sizeOf(parameter.shape);

export interface BatchLimits {
  /** The most tokens that one batch can have. */
  readonly maxTokens: number;
  /** Batches that one optimizer step adds up. */
  readonly gradientAccumulation: number;
  /** The most bytes of one WebAssembly memory; what does not fit into one lies in several. @default nearly 4 GiB */
  readonly memoryBytes?: number;
  /** Whether threads share the memory. @default false */
  readonly sharesMemory?: boolean;
}

/** Memory for `encoder`; without a training program, for its weights only. */
export function allocateModel(encoder: Encoder, program?: TrainingProgram, limits?: BatchLimits): ModelMemory {
  const {
    maxTokens,
    gradientAccumulation,
    memoryBytes,
    sharesMemory = false,
  }: BatchLimits = limits ?? {
    maxTokens: 0,
    gradientAccumulation: 1,
  };
  const denseNames = new Map(program?.dense.map(({ parameter, output }) => [parameter, output]));
  const tableNames = new Map(program?.rows.map(({ parameter, parts }) => [parameter, parts]));
  const tables = encoder.parameters.filter(({ name }) => tableNames.has(name));
  const others = encoder.parameters.filter(({ name }) => !tableNames.has(name));
  const rowOutputs = new Map(
    tables.flatMap(({ name, shape }) => tableNames.get(name)!.map(({ output }) => [output, shape[1]!] as const)),
  );

  // Tables share the rows that programs write for them, so they live together.
  const tableSizes = tables.map(({ shape }) =>
    TableParameter.sizes(shape as [number, number], maxTokens * gradientAccumulation),
  );
  const otherSizes = others.map((parameter) =>
    denseNames.has(parameter.name)
      ? DenseParameter.sizes(countOf(parameter), gradientAccumulation > 1)
      : [countOf(parameter)],
  );
  const tableBlockSizes = [...tableSizes.flat(), ...[...rowOutputs.values()].map((width) => width * maxTokens)];
  const [tableBlock, ...otherBlocks] = allocateBlocks([tableBlockSizes, ...otherSizes], {
    limit: memoryBytes,
    shared: sharesMemory,
  });

  const arrays = [...tableBlock!.arrays];
  const tableArrays = tableSizes.map((sizes) => arrays.splice(0, sizes.length));
  const rowArrays = new Map([...rowOutputs.keys()].map((output, i) => [output, arrays[i]!]));

  const weights: Record<string, HostTensor> = {};
  const trainables = new Map<string, Trainable>();
  const denseOutputs: Record<string, HostTensor> = {};
  for (const [i, parameter] of tables.entries()) {
    const { name, shape } = parameter;
    const sources = tableNames.get(name)!.map(({ indices, output }) => ({
      indices: (batch: PackedBatch) => batch[indices as keyof PackedBatch] as Int32Array,
      rows: rowArrays.get(output)!,
    }));
    const table = new TableParameter(parameter, tableBlock!, tableArrays[i]!, sources);
    weights[name] = float32(table.weights, shape);
    trainables.set(name, table);
  }
  for (const [i, parameter] of others.entries()) {
    const { name, shape } = parameter;
    const block = otherBlocks[i]!;
    weights[name] = float32(block.arrays[0]!, shape);
    const output = denseNames.get(name);
    if (output === undefined) continue;
    const dense = new DenseParameter(parameter, block);
    trainables.set(name, dense);
    denseOutputs[output] = float32(dense.incoming, shape);
  }

  return {
    weights,
    // In the model's order: the gradient norm is a sum whose order matters.
    trainables: encoder.parameters.flatMap(({ name }) => trainables.get(name) ?? []),
    gradientOutputs: ({ sizes: { tokens } }) => {
      const rows = [...rowArrays].map(([output, array]) => {
        const width = rowOutputs.get(output)!;
        return [output, float32(array.subarray(0, tokens * width), [tokens, width])];
      });
      return { ...denseOutputs, ...Object.fromEntries(rows) };
    },
    weightBytes: encoder.parameters.reduce((bytes, parameter) => bytes + 4 * countOf(parameter), 0),
  };
}
