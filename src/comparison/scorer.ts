/** The contract of scoring a run's answers: what is measured, once and for many resamples. */
import type { SplitMetrics } from "../train/metrics.ts";
import type { Predictions } from "./read-predictions.ts";

/** All that is measured where a text has one label. */
export const oneLabelMeasures = ["accuracy", "precision", "recall", "f1", "calibrationError", "loss"] as const;
/** All that is measured where a text may have any number of labels; accuracy counts texts all of whose labels are right. */
export const multiLabelMeasures = ["accuracy", "precision", "recall", "f1", "microF1", "loss"] as const;
/** What is measured in either case. */
export type SharedMeasure = (typeof oneLabelMeasures)[number] & (typeof multiLabelMeasures)[number];
export type Measure = (typeof oneLabelMeasures)[number] | (typeof multiLabelMeasures)[number];
/** A figure for each measure that there is. */
export type Scores<T> = Readonly<Record<SharedMeasure, T> & Partial<Record<Measure, T>>>;

/** The answers of a run to the texts of a split: there is one implementation for one label a text, and one for any number. */
export interface Scorer {
  readonly predictions: Predictions;
  readonly textCount: number;
  readonly measures: readonly Measure[];
  /** 1 where a text got its label; where it may have any number, all of them and no other. */
  readonly right: Uint8Array;
  /** The probability of each text's answer; where it is made of many decisions, of the least sure one. */
  readonly confidence: Float64Array;
  /** Metrics of all texts, each once. */
  metrics(): SplitMetrics;
  /** Scores of texts that count as often as `weights` says. Called ten thousand times for each run. */
  score(weights: Float64Array): Scores<number>;
}
