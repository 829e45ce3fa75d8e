/** What 8-bit products change in a run, measured before it trains: logits, loss and gradients of some texts, against float32. */
import type { Engine } from "../engine/engine.ts";
import { float32, type HostTensors } from "../engine/engine-tensors.ts";
import { evaluateShape } from "../graph/dim.ts";
import { simplify } from "../graph/simplify.ts";
import type { HostTensor } from "../graph/tensor.ts";
import { batchValues } from "../models/batch.ts";
import { packTexts } from "../train/evaluate.ts";
import { precisionOf } from "../train/precision.ts";
import { classification, evaluationProgram, LOGITS, LOSS, trainingProgram } from "../train/program.ts";
import { targetInputs } from "../train/step.ts";
import { Float32Pass, roomFor } from "./float32-pass.ts";
import type { PreparedRun } from "./prepare-run.ts";

/** Texts that are measured. */
const TEXTS = 64;
const TEXTS_AT_A_TIME = 8;

/**
 * Relative errors above which a run is not trained in 8 bits. MiniLM comes to 8 % in logits, less than 0.1 % in the loss and 6 % in
 * gradients (docs/performance.md).
 */
export const PRECISION_BOUNDS = { logits: 0.2, loss: 0.05, gradients: 0.3 } as const;

/** How far numbers are from what they should be. */
export interface Distance {
  /** Of the angle between the two, over all numbers together. */
  readonly cosine: number;
  /** Length of the difference over the length of what it should be. */
  readonly relativeError: number;
}

/** Before training, on the same texts without dropout, int8 against float32. */
export interface PrecisionCheck {
  readonly texts: number;
  readonly logits: Distance;
  readonly loss: { readonly float32: number; readonly int8: number };
  /** Of everything that is trained; absent where nothing is. */
  readonly gradients?: Distance;
}

/** Measures a run that is prepared in 8 bits and has not begun. */
export async function checkPrecision(run: PreparedRun, engine: Engine): Promise<PrecisionCheck> {
  const { objective } = run;
  const { encoder, trained } = run.adapted;
  const training = trainingProgram(encoder, trained, undefined, classification(encoder, objective.multiLabel));
  // One program, in which both read the same inputs.
  const outputs = simplify({ ...training.outputs, ...evaluationProgram(encoder) });
  const own = precisionOf({ precision: "int8" }, run.adapted)(outputs);
  const pass = await Float32Pass.of(outputs, engine, run);
  const executable = await engine.compile(own);
  const sums = { [LOGITS]: new Sums(), gradients: new Sums(), [LOSS]: { float32: 0, int8: 0 } };
  const { texts, labels, order } = run.job;
  const chosen = [...order!.of(1).subarray(0, TEXTS)];
  try {
    for (let from = 0; from < chosen.length; from += TEXTS_AT_A_TIME) {
      const rows = chosen.slice(from, from + TEXTS_AT_A_TIME);
      const batch = packTexts(texts, rows, encoder);
      const masks = training.masks.map(({ name, shape }) => {
        const dims = evaluateShape(shape, batch.sizes);
        return [name, float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims)] as const;
      });
      const truths = rows.map((i) => labels[i]!);
      const inputs = {
        ...batchValues(batch, encoder),
        ...Object.fromEntries(masks),
        ...targetInputs(truths, objective),
      };
      const [exact] = await pass.run([{ inputs, sizes: batch.sizes }]);
      const rounded = roomFor(own, batch.sizes);
      await executable.run({ ...run.memory.weights, ...inputs }, rounded);
      for (const name of Object.keys(outputs)) {
        if (name === LOSS) add(sums[LOSS], exact!, rounded, rows.length / chosen.length);
        else sums[name === LOGITS ? LOGITS : "gradients"].add(exact![name]!, rounded[name]!);
      }
    }
  } finally {
    await pass.dispose();
    await executable.dispose();
  }
  return {
    texts: chosen.length,
    logits: sums[LOGITS].distance(),
    loss: sums[LOSS],
    ...(trained.length > 0 && { gradients: sums.gradients.distance() }),
  };
}

/** Why a run should not be trained in 8 bits, or undefined where nothing speaks against it. */
export function whyNotInt8({ texts, logits, loss, gradients }: PrecisionCheck): string | undefined {
  const lossError = Math.abs(loss.int8 - loss.float32) / loss.float32;
  const found = [
    { what: "logits", error: logits.relativeError, bound: PRECISION_BOUNDS.logits },
    { what: "loss", error: lossError, bound: PRECISION_BOUNDS.loss },
    { what: "gradients", error: gradients?.relativeError ?? 0, bound: PRECISION_BOUNDS.gradients },
  ].find(({ error, bound }) => !(error <= bound));
  const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
  return (
    found &&
    `on ${texts} texts 8-bit products change the ${found.what} by ${percent(found.error)}, more than ${percent(found.bound)}`
  );
}

const add = (sum: { float32: number; int8: number }, exact: HostTensors, rounded: HostTensors, share: number) => {
  sum.float32 += share * Number(exact[LOSS]!.data[0]);
  sum.int8 += share * Number(rounded[LOSS]!.data[0]);
};

/** Sums of products of two lists of numbers, of which parts come one after the other. */
class Sums {
  #exact = 0;
  #rounded = 0;
  #both = 0;
  #difference = 0;

  add({ data: exact }: HostTensor, { data: rounded }: HostTensor): void {
    for (let i = 0; i < exact.length; i++) {
      const [a, b] = [Number(exact[i]), Number(rounded[i])];
      this.#exact += a * a;
      this.#rounded += b * b;
      this.#both += a * b;
      this.#difference += (a - b) ** 2;
    }
  }

  distance(): Distance {
    return {
      cosine: this.#both / Math.sqrt(this.#exact * this.#rounded),
      relativeError: Math.sqrt(this.#difference / this.#exact),
    };
  }
}
