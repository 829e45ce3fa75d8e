/** What 8-bit products change in a run, measured before it trains: logits, loss and gradients of some texts, against float32. */
import type { Engine } from "../engine/engine.ts";
import { simplify } from "../graph/simplify.ts";
import { batchValues } from "../models/batch.ts";
import { packTexts } from "../train/evaluate.ts";
import { asStored } from "../train/precision.ts";
import { classification, evaluationProgram, LOGITS, LOSS, trainingProgram } from "../train/program.ts";
import { keepAll, targetInputs } from "../train/step.ts";
import { type BatchInputs, Float32Pass, type Results, roomFor } from "./float32-pass.ts";
import type { PreparedRun } from "./prepare-run.ts";

/** Texts that are measured. */
const TEXTS = 64;
const TEXTS_AT_A_TIME = 4;
/** Of the gradient of one parameter; of a larger one, every second, third, … number is measured. */
const MOST_NUMBERS = 2 ** 18;

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

/** What a program puts out for all texts that are measured. */
interface Found {
  readonly logits: number[];
  /** Mean over the texts, as are gradients. */
  loss: number;
  readonly gradients: Map<string, Float32Array>;
}

/** Measures a run that is prepared in 8 bits and has not begun. */
export async function checkPrecision(run: PreparedRun, engine: Engine): Promise<PrecisionCheck> {
  const { objective } = run;
  const { encoder, trained } = run.adapted;
  const training = trainingProgram(encoder, trained, undefined, classification(encoder, objective.multiLabel));
  const gradients = training.dense.map(({ output }) => output);
  const learned = [LOSS, ...gradients].map((name) => [name, training.outputs[name]!] as const);
  // One program, in which both read the same inputs.
  const outputs = simplify({ ...Object.fromEntries(learned), ...evaluationProgram(encoder) });
  const { texts, labels, order } = run.job;
  const chosen = [...order!.of(1).subarray(0, TEXTS)];

  const find = async (compute: (batch: BatchInputs) => Promise<Results>): Promise<Found> => {
    const found: Found = { logits: [], loss: 0, gradients: new Map() };
    for (let from = 0; from < chosen.length; from += TEXTS_AT_A_TIME) {
      const rows = chosen.slice(from, from + TEXTS_AT_A_TIME);
      const batch = packTexts(texts, rows, encoder);
      const truths = rows.map((i) => labels[i]!);
      const masks = keepAll(training.masks, batch.sizes);
      const inputs = { ...batchValues(batch, encoder), ...masks, ...targetInputs(truths, objective) };
      const { tensors: results, release } = await compute({ inputs, sizes: batch.sizes });
      const share = rows.length / chosen.length;
      found.logits.push(...(results[LOGITS]!.data as Float32Array));
      found.loss += share * Number(results[LOSS]!.data[0]);
      for (const name of gradients) {
        const own = results[name]!.data as Float32Array;
        const every = Math.ceil(own.length / MOST_NUMBERS);
        const sum = found.gradients.get(name) ?? new Float32Array(Math.ceil(own.length / every));
        for (let i = 0; i < sum.length; i++) sum[i]! += share * own[i * every]!;
        found.gradients.set(name, sum);
      }
      release();
    }
    return found;
  };

  const own = asStored(outputs, run.memory.weights);
  const executable = await engine.compile(own);
  const rounded = await find(async ({ inputs, sizes }) => {
    const results = roomFor(own, sizes);
    await executable.run({ ...run.memory.weights, ...inputs }, results.tensors);
    return results;
  }).finally(() => executable.dispose());
  const pass = await Float32Pass.of(outputs, engine, run);
  const exact = await find(async (batch) => (await pass.run([batch]))[0]!).finally(() => pass.dispose());
  return {
    texts: chosen.length,
    logits: distance([[exact.logits, rounded.logits]]),
    loss: { float32: exact.loss, int8: rounded.loss },
    ...(gradients.length > 0 && {
      gradients: distance(gradients.map((name) => [exact.gradients.get(name)!, rounded.gradients.get(name)!])),
    }),
  };
}

/** How far 8 bits are from float32, each as a share of what it is there; gradients are 0 where nothing is trained. */
export const precisionErrors = ({ logits, loss, gradients }: PrecisionCheck) => ({
  logits: logits.relativeError,
  loss: Math.abs(loss.int8 - loss.float32) / loss.float32,
  gradients: gradients?.relativeError ?? 0,
});

/** Why a run should not be trained in 8 bits, or undefined where nothing speaks against it. */
export function whyNotInt8(check: PrecisionCheck): string | undefined {
  const errors = precisionErrors(check);
  const found = (["logits", "loss", "gradients"] as const).find((what) => !(errors[what] <= PRECISION_BOUNDS[what]));
  const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
  return (
    found &&
    `on ${check.texts} texts 8-bit products change the ${found} by ${percent(errors[found])}, more than ${percent(PRECISION_BOUNDS[found])}`
  );
}

/** Over all pairs of lists together. */
function distance(pairs: readonly (readonly [exact: ArrayLike<number>, rounded: ArrayLike<number>])[]): Distance {
  let [exact, rounded, both, difference] = [0, 0, 0, 0];
  for (const [a, b] of pairs)
    for (let i = 0; i < a.length; i++) {
      exact += a[i]! ** 2;
      rounded += b[i]! ** 2;
      both += a[i]! * b[i]!;
      difference += (a[i]! - b[i]!) ** 2;
    }
  return { cosine: both / Math.sqrt(exact * rounded), relativeError: Math.sqrt(difference / exact) };
}
