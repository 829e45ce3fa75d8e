/**
 * The parameter store of the CPU: weights and, for the trained ones, gradients and moments, placed once in memory that ONNX
 * Runtime and the kernels share, and used by every program. Nothing is copied, so there is nothing to upload or download.
 */
import { sizeOf } from "../base/size-of.ts";
import { int8Inputs } from "../graph/int8-products.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { PackedBatch } from "../models/batch.ts";
import type { Parameter } from "../models/encoder.ts";
import { DenseParameter } from "./dense-parameter.ts";
import { float32, type HostTensors } from "./engine-tensors.ts";
import { TrainedBytes, WeightQuantizer } from "./int8-weights.ts";
import type { KernelCall } from "./kernels/kernels.ts";
import { alone, type WorkerPool } from "./kernels/worker-pool.ts";
import { allocateBlocks, ScratchMemory } from "./memory.ts";
import type { MaskDraw, ParameterStore, StoredParameter, TrainingRoom, UpdateStep } from "./parameter-store.ts";
import { TableParameter } from "./table-parameter.ts";
import type { Trainable } from "./trainable.ts";
import { TrainableSet } from "./trainable-set.ts";

const countOf = (parameter: Parameter): number => sizeOf(parameter.shape);

const NO_TRAINING: TrainingRoom = { dense: [], rows: [], maxTokens: 0, gradientAccumulation: 1 };

export class CpuStore implements ParameterStore {
  readonly weights: HostTensors;
  readonly weightBytes: number;
  readonly trainables: readonly Trainable[];
  readonly #dense: HostTensors;
  /** What programs write for tables, by output: room for as many rows as a batch can have tokens. */
  readonly #rows: ReadonlyMap<string, { readonly array: Float32Array; readonly width: number }>;
  readonly #int8: ReadonlyMap<string, StoredParameter>;
  readonly #set: TrainableSet;
  readonly #workers: WorkerPool;
  readonly #masks: ScratchMemory;
  readonly #quantizer = new WeightQuantizer();
  /** Of trained weights that stand as bytes as well. */
  readonly #rounding: KernelCall[] = [];

  /** Room for `parameters`; without `training`, for their weights only. */
  constructor(
    parameters: readonly StoredParameter[],
    training: TrainingRoom = NO_TRAINING,
    workers: WorkerPool = alone,
  ) {
    const { dense, rows, maxTokens, gradientAccumulation, memoryBytes } = training;
    const denseNames = new Map(dense.map(({ parameter, output }) => [parameter, output]));
    const tableNames = new Map(rows.map(({ parameter, parts }) => [parameter, parts]));
    const tables = parameters.filter(({ name }) => tableNames.has(name));
    const others = parameters.filter(({ name, int8 }) => !tableNames.has(name) && (int8?.float32 ?? true));
    const rowOutputs = new Map(
      tables.flatMap(({ name, shape }) => tableNames.get(name)!.map(({ output }) => [output, shape[1]!] as const)),
    );

    // Tables share the rows that programs write for them, so they live together.
    const tableSizes = tables.map(({ shape }) =>
      TableParameter.sizes(shape as [number, number], maxTokens * gradientAccumulation),
    );
    const otherSizes = others.map((parameter) =>
      denseNames.has(parameter.name)
        ? [
            ...DenseParameter.sizes(countOf(parameter), gradientAccumulation > 1),
            ...(parameter.int8 ? TrainedBytes.sizes(parameter) : []),
          ]
        : [countOf(parameter)],
    );
    const tableBlockSizes = [...tableSizes.flat(), ...[...rowOutputs.values()].map((width) => width * maxTokens)];
    const [tableBlock, ...otherBlocks] = allocateBlocks([tableBlockSizes, ...otherSizes], {
      limit: memoryBytes,
      shared: workers.sharesMemory,
    });

    const arrays = [...tableBlock!.arrays];
    const tableArrays = tableSizes.map((sizes) => arrays.splice(0, sizes.length));
    this.#rows = new Map([...rowOutputs].map(([output, width], i) => [output, { array: arrays[i]!, width }]));

    const weights: Record<string, HostTensor> = {};
    const trainables = new Map<string, Trainable>();
    const denseOutputs: Record<string, HostTensor> = {};
    for (const [i, parameter] of tables.entries()) {
      const { name, shape } = parameter;
      const sources = tableNames.get(name)!.map(({ indices, output }) => ({
        indices: (batch: PackedBatch) => batch[indices as keyof PackedBatch] as Int32Array,
        rows: this.#rows.get(output)!.array,
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
      const bytes = parameter.int8 ? new TrainedBytes(parameter, block) : undefined;
      if (bytes) {
        Object.assign(weights, bytes.tensors);
        this.#rounding.push(bytes.rounding);
      }
      const trained = new DenseParameter(parameter, bytes ? bytes.others : block);
      trainables.set(name, trained);
      denseOutputs[output] = float32(trained.incoming, shape);
    }
    this.#int8 = new Map(parameters.flatMap((parameter) => (parameter.int8 ? [[parameter.name, parameter]] : [])));
    for (const parameter of this.#int8.values())
      if (!trainables.has(parameter.name)) Object.assign(weights, int8Tensors(parameter));
    this.weights = weights;
    this.trainables = parameters.flatMap(({ name }) => trainables.get(name) ?? []);
    this.weightBytes = Object.values(weights).reduce((bytes, { data }) => bytes + data.byteLength, 0);
    this.#dense = denseOutputs;
    this.#set = new TrainableSet(this.trainables, workers);
    this.#workers = workers;
    this.#masks = new ScratchMemory({ shared: workers.sharesMemory });
  }

  get host(): HostTensors {
    return this.weights;
  }

  quantize(parameter: string, values: Float32Array): void {
    const { shape, int8 } = this.#int8.get(parameter)!;
    const inputs = int8Inputs(parameter, int8!.form);
    this.#quantizer.quantize(values, shape[1]!, int8!.form, int8!.largest, {
      values: this.weights[inputs.values]!.data as Int8Array,
      scales: this.weights[inputs.scales]!.data as Float32Array,
    });
  }

  async upload(): Promise<void> {
    this.#workers.run(this.#rounding);
  }

  async download(): Promise<void> {}

  gradientOutputs({ sizes: { tokens } }: PackedBatch): HostTensors {
    const rows = [...this.#rows].map(([output, { array, width }]) => [
      output,
      float32(array.subarray(0, tokens * width), [tokens, width]),
    ]);
    return { ...this.#dense, ...Object.fromEntries(rows) };
  }

  receive(batch: PackedBatch): void {
    this.#set.receive(batch);
  }

  async update(step: UpdateStep): Promise<number> {
    const norm = this.#set.update(step);
    this.#workers.run(this.#rounding);
    return norm;
  }

  drawMasks(draws: readonly MaskDraw[]): HostTensors {
    const lengths = draws.map(({ dims }) => sizeOf(dims));
    // The kernel writes whole groups of eight bytes.
    const blocks = this.#masks.blocks(lengths.map((length) => [2 * Math.ceil(length / 8)]));
    const drawn: Record<string, HostTensor> = {};
    const calls = draws.map(({ name, dims, key, threshold }, i) => {
      const { calls, arrays } = blocks[i]!;
      const { buffer, byteOffset, byteLength } = arrays[0]!;
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      drawn[name] = { dtype: "uint8", dims, data: bytes.subarray(0, lengths[i]!) };
      return calls.dropoutMask(bytes, key, threshold);
    });
    this.#workers.run(calls);
    return drawn;
  }

  async dispose(): Promise<void> {
    this.#workers.dispose();
  }
}

/** Room for a weight in its form, and the scale of each row. No kernel works on them, so any memory will do. */
function int8Tensors({ name, shape, int8 }: StoredParameter): HostTensors {
  const dims = int8!.form === "int8" ? shape : [...shape].reverse();
  const { values, scales } = int8Inputs(name, int8!.form);
  return {
    [values]: { dtype: "int8", dims, data: new Int8Array(sizeOf(dims)) },
    [scales]: float32(new Float32Array(shape[0]!), [shape[0]!]),
  };
}
