/** One training batch on the engine: what is fed, and where the results go. */

import { randomKey } from "../base/random.ts";
import { sizeOf } from "../base/size-of.ts";
import { type Executable, float32, type HostTensors } from "../engine/engine.ts";
import { alone, type WorkerPool } from "../engine/kernels/worker-pool.ts";
import { ScratchMemory } from "../engine/memory.ts";
import { evaluateShape } from "../graph/dim.ts";
import type { HostTensor } from "../graph/tensor.ts";
import { batchValues, type PackedBatch } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";
import type { Truth } from "../tables/dataset.ts";
import { type Objective, targetsOf } from "./classification-objective.ts";
import type { ModelMemory } from "./model-memory.ts";
import { LOSS, LOSS_WEIGHT, TARGETS, type TrainingProgram } from "./program.ts";

export class BatchRunner {
  readonly #program: TrainingProgram;
  readonly #executable: Executable;
  readonly #encoder: Encoder;
  readonly #memory: ModelMemory;
  readonly #objective: Objective;
  readonly #workers: WorkerPool;
  readonly #masks: ScratchMemory;
  readonly #loss = new Float32Array(1);

  constructor(
    program: TrainingProgram,
    executable: Executable,
    encoder: Encoder,
    memory: ModelMemory,
    objective: Objective,
    workers: WorkerPool = alone,
  ) {
    this.#program = program;
    this.#executable = executable;
    this.#encoder = encoder;
    this.#memory = memory;
    this.#objective = objective;
    this.#workers = workers;
    this.#masks = new ScratchMemory({ shared: workers.sharesMemory });
  }

  /** Computes loss and gradients of a batch of labelled texts, as `runWith` does. */
  run(batch: PackedBatch, truths: readonly Truth[], seed: number, draw: number): Promise<number> {
    return this.runWith(batch, targetInputs(truths, this.#objective), seed, draw);
  }

  /**
   * Computes loss and gradients from a batch and what else the loss reads; the gradients are then in the model's memory.
   * Masks depend on `seed` and `draw`.
   */
  async runWith(batch: PackedBatch, targets: HostTensors, seed: number, draw: number): Promise<number> {
    const inputs = {
      ...this.#memory.weights,
      ...batchValues(batch, this.#encoder),
      ...this.#drawMasks(batch, seed, draw),
      ...targets,
    };
    await this.#executable.run(inputs, { ...this.#memory.gradientOutputs(batch), [LOSS]: float32(this.#loss, []) });
    return this.#loss[0]!;
  }

  #drawMasks(batch: PackedBatch, seed: number, draw: number): Record<string, HostTensor> {
    const { masks } = this.#program;
    const shapes = masks.map(({ shape }) => evaluateShape(shape, batch.sizes));
    const lengths = shapes.map(sizeOf);
    // The kernel writes whole groups of eight.
    const blocks = this.#masks.blocks(lengths.map((length) => [Math.ceil(length / 8) * 8]));
    const drawn: Record<string, HostTensor> = {};
    const draws = masks.map(({ name, rate, site }, i) => {
      // The kernel compares 16 random bits: the scale is that of the rate it really drops with.
      const threshold = Math.min(65535, Math.round(rate * 65536));
      const key = randomKey(seed, "dropout", draw, site);
      const { calls, arrays } = blocks[i]!;
      drawn[name] = float32(arrays[0]!.subarray(0, lengths[i]!), shapes[i]!);
      return calls.dropoutMask(arrays[0]!, key, threshold, 65536 / (65536 - threshold));
    });
    this.#workers.run(draws);
    return drawn;
  }
}

/** What the loss of a classifier reads besides a batch. */
export function targetInputs(truths: readonly Truth[], objective: Objective): HostTensors {
  const { targets, factor } = targetsOf(truths, objective);
  return { [TARGETS]: targets, [LOSS_WEIGHT]: float32(Float32Array.of(factor), []) };
}
