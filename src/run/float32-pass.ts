/**
 * Programs in float32 for a run whose frozen weights are kept in 8 bits alone: the weights are read again from the model's
 * files, a part of the program at a time, so that no more of them are in memory than that part reads.
 */
import { type Releasable, releasable } from "../base/releasable.ts";
import { sizeOf } from "../base/size-of.ts";
import type { Engine } from "../engine/engine.ts";
import { type EngineTensors, float32, type HostTensors } from "../engine/engine-tensors.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { evaluateShape } from "../graph/dim.ts";
import { inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import { inParts } from "../graph/parts.ts";
import type { HostTensor, Tensor } from "../graph/tensor.ts";
import { openModel, type PretrainedModel } from "../pretrained/open-model.ts";

/** Of weights that are read for one part. */
const PART_BYTES = 48 * 2 ** 20;

type Outputs = Readonly<Record<string, Tensor>>;

/** Where the weights are: those that are trained in the store, the others in the folder of the pretrained model. */
export interface Float32Weights {
  readonly model: PretrainedModel;
  readonly modelFolder: string;
  readonly memory: ParameterStore;
}

/** A batch as inputs of a program, and its sizes. */
export interface BatchInputs {
  readonly inputs: EngineTensors;
  readonly sizes: Readonly<Record<string, number>>;
}

/** What a program puts out, in memory that `release` gives back at once. */
export interface Results {
  readonly tensors: HostTensors;
  release(): void;
}

export class Float32Pass {
  readonly #engine: Engine;
  readonly #weights: Float32Weights;
  readonly #files: PretrainedModel;
  /** By parameter: those that the store does not have as float32. */
  readonly #missing: ReadonlyMap<string, readonly number[]>;
  readonly #parts: readonly Outputs[];
  readonly #outputs: Outputs;
  /** Each part's weights take the place of those before. */
  readonly #room: Releasable;

  private constructor(outputs: Outputs, engine: Engine, weights: Float32Weights, files: PretrainedModel) {
    const { model, memory } = weights;
    const missing = model.encoder.parameters.filter(({ name }) => !memory.host[name]);
    this.#missing = new Map(missing.map(({ name, shape }) => [name, shape]));
    const floatsOf = (name: string) => (this.#missing.has(name) ? sizeOf(this.#missing.get(name)!) : 0);
    this.#parts = inParts(outputs, floatsOf, PART_BYTES / 4);
    const needed = this.#parts.map((part) => readBy(part).reduce((sum, name) => sum + floatsOf(name), 0));
    this.#room = releasable(Math.max(0, ...needed));
    this.#outputs = outputs;
    this.#engine = engine;
    this.#weights = weights;
    this.#files = files;
  }

  /** Opens the model's files for a program. */
  static async of(outputs: Outputs, engine: Engine, weights: Float32Weights): Promise<Float32Pass> {
    const { encoder, labels, multiLabel } = weights.model;
    return new Float32Pass(
      outputs,
      engine,
      weights,
      await openModel(weights.modelFolder, labels, encoder.head, multiLabel),
    );
  }

  /** The outputs for each batch; what parts leave for later ones is in memory for all of them at a time. */
  async run(batches: readonly BatchInputs[]): Promise<Results[]> {
    const kept = batches.map((): Results[] => []);
    for (const [i, part] of this.#parts.entries()) {
      const weights = { ...this.#weights.memory.weights, ...this.#read(part) };
      // Compiled anew each time: what a program has used once it keeps until it is disposed.
      const program = await this.#engine.compile(part);
      try {
        const later = new Set([...this.#parts.slice(i + 1).flatMap(readBy), ...Object.keys(this.#outputs)]);
        for (const [b, { inputs, sizes }] of batches.entries()) {
          const results = roomFor(part, sizes);
          await program.run({ ...weights, ...inputs, ...tensorsOf(kept[b]!) }, results.tensors);
          kept[b] = [...kept[b]!, results].filter(({ tensors, release }) => {
            const isRead = Object.keys(tensors).some((name) => later.has(name));
            if (!isRead) release();
            return isRead;
          });
        }
      } finally {
        await program.dispose();
      }
    }
    return kept.map((all) => ({
      tensors: tensorsOf(all),
      release: () => {
        for (const { release } of all) release();
      },
    }));
  }

  dispose(): void {
    this.#files.close();
    this.#room.release();
  }

  #read(part: Outputs): HostTensors {
    let at = 0;
    const found = readBy(part).flatMap((name): [string, HostTensor][] => {
      const shape = this.#missing.get(name);
      return shape ? [[name, float32(this.#room.array.subarray(at, (at += sizeOf(shape))), shape)]] : [];
    });
    const tensors = Object.fromEntries(found);
    this.#files.readInto((name) => tensors[name]?.data as Float32Array | undefined, 0);
    return tensors;
  }
}

const readBy = (outputs: Outputs): string[] =>
  nodesInOrder(Object.values(outputs)).flatMap(({ outputs: [y] }) => inputName(y!) ?? []);

const tensorsOf = (results: readonly Results[]): HostTensors =>
  Object.assign({}, ...results.map(({ tensors }) => tensors)) as HostTensors;

/** Room for what a program puts out. */
export function roomFor(outputs: Outputs, sizes: Readonly<Record<string, number>>): Results {
  const shapes = Object.entries(outputs).map(([name, { dtype, shape }]) => {
    return { name, dtype, dims: evaluateShape(shape, sizes) };
  });
  const room = releasable(shapes.reduce((sum, { dims }) => sum + sizeOf(dims), 0));
  let at = 0;
  const tensors = shapes.map(({ name, dtype, dims }): [string, HostTensor] => {
    const own = room.array.subarray(at, (at += sizeOf(dims)));
    const data = dtype === "float32" ? own : new Int32Array(own.buffer, own.byteOffset, own.length);
    return [name, { dtype, dims, data }];
  });
  return { tensors: Object.fromEntries(tensors), release: room.release };
}
