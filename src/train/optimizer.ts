/** AdamW over all trained parameters, with Trainer's clipping and decay groups. */

import { alone, type WorkerPool } from "../engine/kernels/worker-pool.ts";
import type { PackedBatch } from "../models/batch.ts";
import type { ParameterKind } from "../models/encoder.ts";
import type { Trainable } from "./trainable.ts";

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled weight decay; biases and LayerNorm are left out. */
  readonly weightDecay: number;
  /** The gradient is scaled down to this norm where it is longer; 0 turns clipping off. */
  readonly maxGradientNorm: number;
  /** Pooler and classifier learn at this multiple of the rate. @default 1 */
  readonly headRateFactor?: number;
}

const DECAYS: Readonly<Record<ParameterKind, boolean>> = {
  weight: true,
  embedding: true,
  bias: false,
  layerNormWeight: false,
  layerNormBias: false,
};

export class Optimizer {
  readonly #trainables: readonly Trainable[];
  readonly #options: AdamWOptions;
  readonly #workers: WorkerPool;
  /** Steps done. */
  step = 0;
  #received = 0;

  constructor(trainables: readonly Trainable[], options: AdamWOptions, workers: WorkerPool = alone) {
    this.#trainables = trainables;
    this.#options = options;
    this.#workers = workers;
  }

  /** Adds the gradients that a program has just written to those of this step. */
  receive(batch: PackedBatch): void {
    for (const trainable of this.#trainables) trainable.receive(batch, this.#received === 0);
    this.#received++;
  }

  /** One update with the mean of the gradients received; returns their norm before clipping. */
  update(learningRate: number): number {
    const { beta1, beta2, epsilon, weightDecay, maxGradientNorm, headRateFactor = 1 } = this.#options;
    const mean = 1 / this.#received;
    const sums = this.#workers.run(this.#trainables.map((trainable) => trainable.sumOfSquares()));
    const squares = sums.reduce((total, sum) => total + sum, 0);
    const norm = Math.sqrt(squares) * mean;
    const clip = maxGradientNorm > 0 ? Math.min(1, maxGradientNorm / (norm + 1e-6)) : 1;
    this.#received = 0;
    this.step++;
    const shared = {
      gradientScale: mean * clip,
      beta1,
      beta2,
      inverseRootBias2: 1 / Math.sqrt(1 - beta2 ** this.step),
      epsilon,
    };
    const updates = this.#trainables.flatMap((trainable) => {
      const { kind, part } = trainable.parameter;
      const rate = part === "pooler" || part === "classifier" ? learningRate * headRateFactor : learningRate;
      const decay = DECAYS[kind] ? 1 - rate * weightDecay : 1;
      return trainable.update({ ...shared, stepSize: rate / (1 - beta1 ** this.step), decay });
    });
    this.#workers.run(updates);
    return norm;
  }
}
