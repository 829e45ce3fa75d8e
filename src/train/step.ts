/** One training batch on the engine: what is fed, and where the results go. */

import { randomKey } from "../base/random.ts";
import { sizeOf } from "../base/size-of.ts";
import type { Executable } from "../engine/engine.ts";
import { type EngineTensors, float32, type HostTensors } from "../engine/engine-tensors.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { evaluateShape } from "../graph/dim.ts";
import type { HostTensor } from "../graph/tensor.ts";
import { batchValues, type PackedBatch } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";
import type { Truth } from "../tables/dataset.ts";
import { type Objective, targetsOf } from "./classification-objective.ts";
import { LOSS, LOSS_WEIGHT, type MaskInput, TARGETS, type TrainingProgram } from "./program.ts";

export class BatchRunner {
  readonly #program: TrainingProgram;
  readonly #executable: Executable;
  readonly #encoder: Encoder;
  readonly #store: ParameterStore;
  readonly #objective: Objective;
  readonly #loss = new Float32Array(1);

  constructor(
    program: TrainingProgram,
    executable: Executable,
    encoder: Encoder,
    store: ParameterStore,
    objective: Objective,
  ) {
    this.#program = program;
    this.#executable = executable;
    this.#encoder = encoder;
    this.#store = store;
    this.#objective = objective;
  }

  /** Computes loss and gradients of a batch of labelled texts, as `runWith` does. */
  run(batch: PackedBatch, truths: readonly Truth[], seed: number, draw: number): Promise<number> {
    return this.runWith(batch, targetInputs(truths, this.#objective), seed, draw);
  }

  /**
   * Computes loss and gradients from a batch and what else the loss reads; the gradients are then in the store.
   * Masks depend on `seed` and `draw`.
   */
  async runWith(batch: PackedBatch, targets: HostTensors, seed: number, draw: number): Promise<number> {
    const inputs = {
      ...this.#store.weights,
      ...batchValues(batch, this.#encoder),
      ...this.#drawMasks(batch, seed, draw),
      ...targets,
    };
    await this.#executable.run(inputs, { ...this.#store.gradientOutputs(batch), [LOSS]: float32(this.#loss, []) });
    return this.#loss[0]!;
  }

  #drawMasks(batch: PackedBatch, seed: number, draw: number): EngineTensors {
    const { masks } = this.#program;
    const draws = masks.map(({ name, shape, rate, site }) => {
      const key = randomKey(seed, "dropout", draw, site);
      return { name, dims: evaluateShape(shape, batch.sizes), key, threshold: thresholdOf(rate) };
    });
    // The factor is that of the rate with which elements are really dropped.
    const factors = masks.map(({ factor, rate }) => [factor, scalar(65536 / (65536 - thresholdOf(rate)))]);
    return { ...this.#store.drawMasks(draws), ...Object.fromEntries(factors) };
  }
}

/** Masks compare 16 random bits. */
const thresholdOf = (rate: number): number => Math.min(65535, Math.round(rate * 65536));

const scalar = (value: number): HostTensor => float32(Float32Array.of(value), []);

/** Masks that drop nothing. */
export function keepAll(masks: readonly MaskInput[], sizes: PackedBatch["sizes"]): HostTensors {
  return Object.fromEntries(
    masks.flatMap(({ name, factor, shape }) => {
      const dims = evaluateShape(shape, sizes);
      const bytes: HostTensor = { dtype: "uint8", dims, data: new Uint8Array(sizeOf(dims)).fill(1) };
      return [
        [name, bytes],
        [factor, scalar(1)],
      ];
    }),
  );
}

/** What the loss of a classifier reads besides a batch. */
export function targetInputs(truths: readonly Truth[], objective: Objective): HostTensors {
  const { targets, factor } = targetsOf(truths, objective);
  return { [TARGETS]: targets, [LOSS_WEIGHT]: float32(Float32Array.of(factor), []) };
}
