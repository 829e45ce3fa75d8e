/** Logits of a model for many texts. */
import { AttuneError } from "../base/error.ts";
import { nextTurn } from "../base/event-loop.ts";
import type { Executable } from "../engine/engine.ts";
import { type EngineTensors, float32 } from "../engine/engine-tensors.ts";
import { type BatchLayout, batchValues, type PackedBatch, packBatch, type VirtualTokens } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";
import type { Truth } from "../tables/dataset.ts";
import { meanCrossEntropy, type SplitMetrics, splitMetrics } from "./metrics.ts";
import { meanBinaryCrossEntropy, multiLabelMetrics } from "./multi-label.ts";
import { LOGITS } from "./program.ts";

/** Texts by index, as token ids. */
export interface TokenSource {
  readonly count: number;
  ids(index: number): Int32Array;
  /** How many tokens have type 0; the rest have 1. @default all */
  firstTokens?(index: number): number;
}

/** Tokens that one evaluation batch may hold: enough for full speed, few enough to stay in the cache. */
const TOKENS_PER_BATCH = 1024;

export interface LogitsProgram {
  /** Of `evaluationProgram`. */
  readonly executable: Executable;
  readonly encoder: Encoder;
  readonly weights: EngineTensors;
  readonly labelCount: number;
}

/** Values that were computed before, by text. */
export interface FeatureSource {
  readonly rows: "text" | "token";
  readonly width: number;
  gather(indices: readonly number[]): Float32Array;
}

/**
 * Logits [texts, labels] in the order of the texts. Texts of similar length are computed together, so that little is
 * spent on padding in attention.
 *
 * @throws AttuneError of kind "interrupted" after `signal`
 */
export async function computeLogits(
  { executable, encoder, weights, labelCount }: LogitsProgram,
  texts: TokenSource,
  signal?: AbortSignal,
  features?: FeatureSource,
): Promise<Float32Array> {
  const logits = new Float32Array(texts.count * labelCount);
  for await (const { indices, batch } of eachBatch(texts, encoder, signal, features)) {
    const rows = new Float32Array(indices.length * labelCount);
    const inputs = { ...weights, ...batchValues(batch, encoder) };
    await executable.run(inputs, { [LOGITS]: float32(rows, [indices.length, labelCount]) });
    for (const [row, i] of indices.entries())
      logits.set(rows.subarray(row * labelCount, (row + 1) * labelCount), i * labelCount);
  }
  return logits;
}

/** All texts in batches, those of similar length together. */
export async function* eachBatch(
  texts: TokenSource,
  layout: BatchLayout & Pick<Encoder, "virtual">,
  signal?: AbortSignal,
  features?: FeatureSource,
): AsyncGenerator<{ readonly indices: readonly number[]; readonly batch: PackedBatch }> {
  for (const indices of batchesByLength(texts, layout.virtual)) {
    await nextTurn();
    if (signal?.aborted) throw new AttuneError("train/interrupted", "stopped while evaluating", "interrupted");
    yield { indices, batch: packTexts(texts, indices, layout, features) };
  }
}

const ONE_TOKEN = Int32Array.of(0);

/** Some of the texts as a batch. Where one row of features stands for each text, their tokens do not matter. */
export function packTexts(
  texts: TokenSource,
  indices: readonly number[],
  layout: BatchLayout,
  features?: FeatureSource,
): PackedBatch {
  const ids = indices.map((i) => (features?.rows === "text" ? ONE_TOKEN : texts.ids(i)));
  const types = features?.rows === "text" ? undefined : texts.firstTokens && indices.map((i) => texts.firstTokens!(i));
  const batch = packBatch(ids, layout, types);
  return features ? { ...batch, features: { values: features.gather(indices), width: features.width } } : batch;
}

/** Indices of the texts of each batch: of similar length, few enough tokens. */
export function batchesByLength(texts: TokenSource, virtual: VirtualTokens): number[][] {
  const lengths = Int32Array.from({ length: texts.count }, (_, i) => texts.ids(i).length);
  const order = Array.from(lengths.keys()).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const batches: number[][] = [];
  let tokens = Number.POSITIVE_INFINITY;
  for (const i of order) {
    const length = lengths[i]! + virtual.tokens;
    if (tokens + length > TOKENS_PER_BATCH) {
      batches.push([]);
      tokens = 0;
    }
    batches.at(-1)!.push(i);
    tokens += length;
  }
  return batches;
}

/**
 * Loss and metrics of logits [texts, labels]; with `thresholds`, one for each label, of texts that may have any number of
 * labels.
 */
export function metricsOf(
  logits: Float32Array,
  truths: readonly Truth[],
  labels: readonly string[],
  thresholds?: readonly number[],
): SplitMetrics {
  return thresholds
    ? multiLabelMetrics(logits, truths as readonly (readonly number[])[], labels, thresholds)
    : splitMetrics(logits, truths as readonly number[], labels);
}

/** The loss of each text, which `metricsOf` gives the mean of. */
export const lossOfEach = (logits: Float32Array, truths: readonly Truth[], labelCount: number): Float64Array =>
  Float64Array.from(truths, (truth, i) => {
    const row = logits.subarray(i * labelCount, (i + 1) * labelCount);
    return typeof truth === "number"
      ? meanCrossEntropy(row, [truth], labelCount)
      : meanBinaryCrossEntropy(row, [truth], labelCount);
  });

/** Before thresholds are chosen: what is more probable than not. */
export const evenThresholds = (labelCount: number): number[] => new Array<number>(labelCount).fill(0.5);
