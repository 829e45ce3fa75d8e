/**
 * An engine as a GPU would be one: parameters lie where this program cannot see them, and come and go by `upload` and
 * `download` only. It computes on the CPU, so that what is trained on it ends with the same bits, or something was forgotten.
 */
import { CpuStore } from "../src/engine/cpu-store.ts";
import type { Engine } from "../src/engine/engine.ts";
import type { EngineTensors, HostTensors } from "../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import type { ParameterStore, SavedMoments, StoredTrainable } from "../src/engine/parameter-store.ts";
import type { Bits } from "../src/engine/reproducible-threads.ts";
import { int8Inputs } from "../src/graph/int8-products.ts";
import type { HostTensor } from "../src/graph/tensor.ts";
import type { PackedBatch } from "../src/models/batch.ts";

/** Those that nobody has disposed. */
export const openStores = new Set<ParameterStore>();

class FarStore implements ParameterStore {
  readonly #near: CpuStore;
  readonly host: HostTensors;
  readonly trainables: readonly StoredTrainable[];
  readonly #moments: SavedMoments[];
  /** Moments that wait for an upload. */
  readonly #restored = new Map<number, SavedMoments>();

  constructor(near: CpuStore) {
    openStores.add(this);
    this.#near = near;
    const copies = Object.entries(near.weights).map(([name, tensor]) => [name, copyOf(tensor)]);
    this.host = Object.fromEntries(copies);
    this.#moments = near.trainables.map((trainable) => momentsOf(trainable));
    this.trainables = near.trainables.map((trainable, i) => ({
      parameter: trainable.parameter,
      state: () => this.#moments[i]!,
      restore: (state: SavedMoments) => void this.#restored.set(i, state),
      bytes: () => trainable.bytes(),
    }));
  }

  get weights(): EngineTensors {
    return this.#near.weights;
  }

  get weightBytes(): number {
    return this.#near.weightBytes;
  }

  quantize(parameter: string, values: Float32Array): void {
    this.#near.quantize(parameter, values);
    for (const form of ["int8", "int8Turned"] as const)
      for (const name of Object.values(int8Inputs(parameter, form)))
        if (this.host[name]) (this.host[name].data as Int8Array).set(this.#near.weights[name]!.data as Int8Array);
  }

  async upload(): Promise<void> {
    for (const [name, { data }] of Object.entries(this.host))
      (this.#near.weights[name]!.data as Float32Array).set(data as Float32Array);
    for (const [i, state] of this.#restored) this.#near.trainables[i]!.restore(state);
    this.#restored.clear();
    await this.#near.upload();
  }

  async download(): Promise<void> {
    for (const [name, { data }] of Object.entries(this.#near.weights))
      (this.host[name]!.data as Float32Array).set(data as Float32Array);
    for (const [i, trainable] of this.#near.trainables.entries()) this.#moments[i] = momentsOf(trainable);
  }

  gradientOutputs(batch: PackedBatch): EngineTensors {
    return this.#near.gradientOutputs(batch);
  }

  receive(batch: PackedBatch): void {
    this.#near.receive(batch);
  }

  async update(step: Parameters<ParameterStore["update"]>[0]): Promise<number> {
    // Not at once, as on a GPU.
    await new Promise((done) => setImmediate(done));
    return this.#near.update(step);
  }

  drawMasks(draws: Parameters<ParameterStore["drawMasks"]>[0]): EngineTensors {
    return this.#near.drawMasks(draws);
  }

  dispose(): Promise<void> {
    openStores.delete(this);
    return this.#near.dispose();
  }
}

const copyOf = (tensor: HostTensor): HostTensor => ({ ...tensor, data: (tensor.data as Float32Array).slice() });

function momentsOf(trainable: StoredTrainable): SavedMoments {
  const { first, second, rows } = trainable.state();
  return { first: first.slice(), second: second.slice(), ...(rows && { rows: [...rows] }) };
}

export function farEngine(threads: number, bits?: Bits): Engine {
  const near = onnxRuntimeEngine({ threads, ...(bits && { bits }) });
  return { ...near, createStore: (...room) => new FarStore(new CpuStore(...room)) };
}
