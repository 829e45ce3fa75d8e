/** result.json: what a run measured, under names that do not change. */
import type { SplitMetrics } from "../train/metrics.ts";
import type { EpochResult } from "../train/trainer.ts";
import type { Imbalance } from "./imbalance.ts";

export interface RunResult {
  readonly method: string;
  readonly seed: number;
  /** Metrics on the test split before training. */
  readonly base: SplitMetrics;
  readonly epochs: readonly EpochResult[];
  readonly bestEpoch: number;
  /** Metrics on the test split with the weights of the best epoch. */
  readonly test: SplitMetrics;
  /** Where a text may have any number of labels: the probability from which it has each, chosen on validation. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** What was done about rare labels; validation and test loss have none of it. */
  readonly imbalance: Imbalance;
  readonly seconds: {
    /** Training steps. */
    readonly train: number;
    /** Validation after each epoch and the final test; not the base evaluation. */
    readonly evaluation: number;
    readonly total: number;
    /** From the start until the first step begins, without the base evaluation. */
    readonly startToFirstStep: number;
  };
  readonly parameters: { readonly trainable: number; readonly total: number };
  readonly memory: {
    readonly peakRssBytes: number;
    readonly weightBytes: number;
    readonly gradientBytes: number;
    readonly optimizerBytes: number;
  };
  /** Optimizer steps. */
  readonly steps: number;
  /** Real tokens trained on, all epochs together. */
  readonly tokens: number;
}
