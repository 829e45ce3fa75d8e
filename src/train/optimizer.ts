/** AdamW over all trained parameters, with Trainer's clipping and decay groups. */
import type { ParameterStore } from "../engine/parameter-store.ts";
import type { PackedBatch } from "../models/batch.ts";
import { isOfHead, type Parameter, type ParameterKind } from "../models/encoder.ts";

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
  readonly #store: Pick<ParameterStore, "receive" | "update">;
  readonly #options: AdamWOptions;
  /** Steps done. */
  step = 0;

  constructor(store: Pick<ParameterStore, "receive" | "update">, options: AdamWOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Adds the gradients that a program has just written to those of this step. */
  receive(batch: PackedBatch): void {
    this.#store.receive(batch);
  }

  /** One update with the mean of the gradients received; returns their norm before clipping. */
  update(learningRate: number): Promise<number> {
    const { weightDecay, headRateFactor = 1, ...rest } = this.#options;
    this.step++;
    return this.#store.update({
      ...rest,
      step: this.step,
      rateOf: (parameter: Parameter) => ({
        learningRate: isOfHead(parameter) ? learningRate * headRateFactor : learningRate,
        weightDecay: DECAYS[parameter.kind] ? weightDecay : 0,
      }),
    });
  }
}
