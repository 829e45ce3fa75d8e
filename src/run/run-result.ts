/** result.json: what a run measured, under names that do not change. */
import type { Baselines } from "../inspection/baselines.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { EpochResult } from "../train/trainer.ts";
import type { Imbalance } from "./rare-label-options.ts";
import type { Verdict } from "./verdict.ts";

export interface RunResult {
  readonly method: string;
  readonly seed: number;
  /** Metrics on the test split before training. */
  readonly base: SplitMetrics;
  readonly epochs: readonly EpochResult[];
  /** From 1; 0 without training, and where no epoch was better than `start`. */
  readonly bestEpoch: number;
  /** Metrics on the validation split with the head that `--head auto` found, which training went on from. */
  readonly start?: SplitMetrics;
  /** Metrics on the test split with the weights of the best epoch, or of the start. */
  readonly test: SplitMetrics;
  /** The same in float32, where the run was in 8 bits. */
  readonly testFloat32?: SplitMetrics;
  /** Where a text may have any number of labels: the probability from which it has each, chosen on validation. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** What a model must beat, on the same test texts; absent in runs of older versions, and where there is but one label. */
  readonly baselines?: Baselines;
  /** Whether it does; absent also where nothing is trained. */
  readonly verdict?: Verdict;
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
    /** From the start to the end of the best epoch's validation, without the base evaluation; absent without training. */
    readonly toBestEpoch?: number;
    /**
     * What the tokens and frozen features that were taken from `TrainContext.shared` had cost the runs that made them, without
     * those that the base evaluation needed. It is in none of the figures above: a run that stood alone would have taken it
     * in `total` and `toBestEpoch` as well.
     */
    readonly shared: number;
    /** The part of `shared` that would have been in `train`; the rest would have been in `evaluation`. */
    readonly sharedInTraining: number;
  };
  /** Training texts per second of `seconds.train` and `seconds.sharedInTraining`; absent without training. */
  readonly examplesPerSecond?: number;
  /** Floating-point operations for one training text, mean over all steps; a multiply-add counts as 2. */
  readonly operations: {
    /** Up to the loss, above frozen features. */
    readonly forward: number;
    /** From there to the gradients. */
    readonly backward: number;
    /** What computing the kept outputs took, once for each text; absent where nothing is kept. */
    readonly once?: number;
  };
  readonly parameters: { readonly trainable: number; readonly total: number };
  readonly memory: {
    readonly peakRssBytes: number;
    readonly weightBytes: number;
    readonly gradientBytes: number;
    readonly optimizerBytes: number;
    /** Outputs of frozen layers that are held in memory; those in files are not counted. */
    readonly frozenFeatureBytes: number;
  };
  /** The size of the files of `model/` or `adapter/`. */
  readonly storedBytes: number;
  /** Optimizer steps. */
  readonly steps: number;
  /** Real tokens trained on, all epochs together. */
  readonly tokens: number;
}
