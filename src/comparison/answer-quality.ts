/** What probabilities are worth: whether they come true, which answers to trust, and how labels trade precision for recall. */
import { softmax } from "../train/metrics.ts";
import { sigmoid } from "../train/multi-label.ts";
import type { Predictions } from "./read-predictions.ts";
import type { Scorer } from "./scorer.ts";
import { accuracyByCoverage, type Covered, coverageOf, thresholdFor } from "./statistics/coverage.ts";
import { type PrecisionRecall, precisionRecall, thinned } from "./statistics/precision-recall.ts";
import { type ReliabilityBin, reliability } from "./statistics/reliability.ts";
import { topKAccuracy } from "./statistics/top-k.ts";

/** Over the test texts of all seeds together. */
export interface AnswerQuality {
  /** Of answers; where a text may have any number of labels, of each label for each text. */
  readonly reliability: readonly ReliabilityBin[];
  /** The surest answers first. */
  readonly coverage: readonly Covered[];
  /** For some wanted accuracies: the threshold that validation texts need for it, and what it comes to on test. */
  readonly wanted: readonly { readonly accuracy: number; readonly test?: Covered }[];
  readonly precisionRecall: {
    /** Of all labels of all texts together; undefined where no text has any. */
    readonly micro: PrecisionRecall | undefined;
    /** In the order of labels; undefined for one that no text has. */
    readonly perClass: readonly (PrecisionRecall | undefined)[];
  };
  /** Share of texts whose label is among the k most probable ones; empty where they may have any number, or there are but two labels. */
  readonly topK: readonly { readonly k: number; readonly accuracy: number }[];
}

const WANTED = [0.8, 0.9, 0.95, 0.98, 0.99];
const TOP = [1, 2, 3, 5, 10];
const MICRO_POINTS = 200;
const CLASS_POINTS = 50;

/** A run's answers for each seed. */
export function answerQuality(test: readonly Scorer[], validation: readonly Scorer[]): AnswerQuality {
  const { labels, multiLabel } = test[0]!.predictions;
  const [confidence, right] = [pooled(test, (one) => one.confidence), pooled(test, (one) => one.right)];
  const [known, knownRight] = [pooled(validation, (one) => one.confidence), pooled(validation, (one) => one.right)];
  const probabilities = pooled(test, (one) => probabilitiesOf(one.predictions));
  const has = pooled(test, (one) => outcomesOf(one.predictions));
  const ofLabel = (values: Float64Array, k: number) =>
    Float64Array.from({ length: values.length / labels.length }, (_, row) => values[row * labels.length + k]!);
  const perClass = labels.map((_, k) => precisionRecall(ofLabel(probabilities, k), ofLabel(has, k)));
  const micro = precisionRecall(probabilities, has);
  return {
    reliability: multiLabel ? reliability(probabilities, has) : reliability(confidence, right),
    coverage: accuracyByCoverage(confidence, right),
    wanted: WANTED.map((accuracy) => {
      const threshold = thresholdFor(accuracy, known, knownRight);
      return { accuracy, ...(threshold !== undefined && { test: coverageOf(threshold, confidence, right) }) };
    }),
    precisionRecall: {
      micro: micro && thinned(micro, MICRO_POINTS),
      perClass: perClass.map((curve) => curve && thinned(curve, CLASS_POINTS)),
    },
    topK: labels.length > 2 ? topK(test.map(({ predictions }) => predictions)) : [],
  };
}

/** Runs that differ in their seed have the same texts, so the mean over runs is that over all answers. */
function topK(runs: readonly Predictions[]): AnswerQuality["topK"] {
  const ks = TOP.filter((k) => k < runs[0]!.labels.length);
  const all = runs.flatMap((run) => (run.multiLabel ? [] : [topKAccuracy(run.logits, run.truth, ks)]));
  if (all.length === 0) return [];
  return ks.map((k, i) => ({ k, accuracy: all.reduce((sum, one) => sum + one[i]!, 0) / all.length }));
}

function pooled(runs: readonly Scorer[], of: (run: Scorer) => ArrayLike<number>): Float64Array {
  const parts = runs.map(of);
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** [texts, labels] */
function probabilitiesOf({ logits, labels, multiLabel }: Predictions): Float64Array {
  if (multiLabel) return Float64Array.from(logits, sigmoid);
  const found = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += labels.length)
    found.set(softmax(logits.subarray(at, at + labels.length)), at);
  return found;
}

/** [texts, labels], 1 where a text has a label. */
function outcomesOf({ logits, labels, truth }: Predictions): Uint8Array {
  const found = new Uint8Array(logits.length);
  for (const [row, of] of truth.entries())
    for (const label of typeof of === "number" ? [of] : of) found[row * labels.length + label] = 1;
  return found;
}
