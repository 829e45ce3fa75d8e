/** The losses on text that is never trained on, without dropout and always masked in the same places. */
import { AttuneError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { float32 } from "../engine/engine-tensors.ts";
import { LazyProgram } from "../engine/lazy-program.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import type { Tensor } from "../graph/tensor.ts";
import { batchValues } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";
import type { MaskedBatch } from "./masked-batch.ts";
import type { HeldOutMetrics } from "./pretrain-events.ts";

export class HeldOut {
  readonly #program: LazyProgram;
  readonly #encoder: Encoder;
  readonly #memory: ParameterStore;
  readonly #names: readonly string[];
  readonly #batches: readonly (() => MaskedBatch)[];

  /** `outputs` computes `loss`, a mean over guessed tokens, and maybe `distance`, a mean over texts. */
  constructor(
    engine: Engine,
    outputs: Readonly<Record<string, Tensor>>,
    encoder: Encoder,
    memory: ParameterStore,
    batches: readonly (() => MaskedBatch)[],
  ) {
    this.#program = new LazyProgram(() => engine.compile(outputs));
    this.#encoder = encoder;
    this.#memory = memory;
    this.#names = Object.keys(outputs);
    this.#batches = batches;
  }

  /** @throws AttuneError of kind "interrupted" after `signal` */
  async measure(signal?: AbortSignal): Promise<Omit<HeldOutMetrics, "step">> {
    const executable = await this.#program.get();
    const sums = { loss: 0, guessed: 0, distance: 0, texts: 0 };
    for (const make of this.#batches) {
      if (signal?.aborted) throw new AttuneError("pretrain/interrupted", "stopped while measuring", "interrupted");
      const { batch, targets, guessed } = make();
      const found = Object.fromEntries(this.#names.map((name) => [name, new Float32Array(1)]));
      const inputs = { ...this.#memory.weights, ...batchValues(batch, this.#encoder), ...targets };
      await executable.run(
        inputs,
        Object.fromEntries(Object.entries(found).map(([name, value]) => [name, float32(value, [])])),
      );
      sums.loss += found.loss![0]! * guessed;
      sums.guessed += guessed;
      sums.distance += (found.distance?.[0] ?? 0) * batch.sizes.batch;
      sums.texts += batch.sizes.batch;
    }
    const loss = sums.loss / sums.guessed;
    return {
      loss,
      perplexity: Math.exp(loss),
      ...(this.#names.includes("distance") && { distance: sums.distance / sums.texts }),
    };
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
  }
}
