/** Everything that is trained, on the CPU: gradients of batches are received, then one AdamW step changes all of it. */
import type { PackedBatch } from "../models/batch.ts";
import { alone, type WorkerPool } from "./kernels/worker-pool.ts";
import type { UpdateStep } from "./parameter-store.ts";
import type { Trainable } from "./trainable.ts";

export class TrainableSet {
  readonly #trainables: readonly Trainable[];
  readonly #workers: WorkerPool;
  /** Batches since the last update. */
  #received = 0;

  constructor(trainables: readonly Trainable[], workers: WorkerPool = alone) {
    this.#trainables = trainables;
    this.#workers = workers;
  }

  receive(batch: PackedBatch): void {
    for (const trainable of this.#trainables) trainable.receive(batch, this.#received === 0);
    this.#received++;
  }

  /** As `ParameterStore.update`, at once. */
  update({ step, beta1, beta2, epsilon, maxGradientNorm, rateOf }: UpdateStep): number {
    const mean = 1 / this.#received;
    const sums = this.#workers.run(this.#trainables.map((trainable) => trainable.sumOfSquares()));
    const squares = sums.reduce((total, sum) => total + sum, 0);
    const norm = Math.sqrt(squares) * mean;
    const clip = maxGradientNorm > 0 ? Math.min(1, maxGradientNorm / (norm + 1e-6)) : 1;
    this.#received = 0;
    const shared = {
      gradientScale: mean * clip,
      beta1,
      beta2,
      inverseRootBias2: 1 / Math.sqrt(1 - beta2 ** step),
      epsilon,
    };
    const updates = this.#trainables.flatMap((trainable) => {
      const { learningRate, weightDecay } = rateOf(trainable.parameter);
      const stepSize = learningRate / (1 - beta1 ** step);
      return trainable.update({ ...shared, stepSize, decay: 1 - learningRate * weightDecay });
    });
    this.#workers.run(updates);
    return norm;
  }
}
