/** What a comparison of finished runs says, as plain data: reports, tables and conclusions read nothing else. */
import type { SplitName } from "../data/dataset.ts";
import type { MethodName } from "../methods/registry.ts";
import type { RunFacts } from "../run/facts.ts";
import type { RunResult } from "../run/result.ts";
import type { ClassificationMetrics } from "../train/metrics.ts";
import type { FailedRun, PlannedRun, RecipeName, Study } from "./study.ts";

/** A figure with its uncertainty. */
export interface Estimate {
  readonly value: number;
  /** 95 % interval; over test texts (bootstrap) with one seed, over seeds (t) with several. */
  readonly low: number;
  readonly high: number;
  readonly interval: "bootstrap" | "t";
  /** Over seeds; only with several. */
  readonly standardDeviation?: number;
}

/** One run, with everything that was recomputed from its stored predictions. */
export interface ComparedRun {
  readonly planned: PlannedRun;
  readonly facts: RunFacts;
  readonly result: RunResult;
  /** Recomputed from predictions/test.jsonl. */
  readonly test: ClassificationMetrics & { readonly loss: number; readonly calibrationError: number };
}

/** Measured over test texts, recomputed from stored predictions. */
export interface Quality {
  readonly accuracy: Estimate;
  /** Macro averages. */
  readonly precision: Estimate;
  readonly recall: Estimate;
  readonly f1: Estimate;
  readonly calibrationError: Estimate;
  readonly loss: Estimate;
}

/** Means over seeds. */
export interface Cost {
  readonly trainSeconds: number;
  readonly evaluationSeconds: number;
  readonly totalSeconds: number;
  /** From the start to the end of the best epoch; undefined where nothing is trained. */
  readonly secondsToBestEpoch: number | undefined;
  readonly examplesPerSecond: number | undefined;
  readonly trainableParameters: number;
  readonly totalParameters: number;
  readonly peakRssBytes: number;
  readonly weightBytes: number;
  readonly gradientBytes: number;
  readonly optimizerBytes: number;
  readonly keptBytes: number;
  /** Floating-point operations for one training text, a multiply-add counted as 2. */
  readonly forwardOperations: number;
  readonly backwardOperations: number;
  /** What one task takes on disk. */
  readonly storedBytes: number;
}

/** One row of the main table: a method with its options, over its seeds. */
export interface Setting {
  /** `tuned/lora-r8`. */
  readonly id: string;
  /** `LoRA, rank 8`. */
  readonly title: string;
  readonly recipe: RecipeName;
  readonly method: MethodName;
  /** In the order of seeds. */
  readonly runs: readonly ComparedRun[];
  readonly test: Quality;
  /** Of the best epoch, mean over seeds; undefined for runs without training. */
  readonly validation: { readonly accuracy: number; readonly f1: number; readonly loss: number } | undefined;
  /** On the test split before any training, mean over seeds. */
  readonly base: { readonly accuracy: number; readonly f1: number; readonly loss: number };
  readonly cost: Cost;
}

/** A setting against full fine-tuning of the same recipe, on the test split. */
export interface Difference {
  readonly setting: string;
  /** The setting of full fine-tuning that it is held against. */
  readonly against: string;
  /** Accuracy and macro F1 of the setting minus those of `against`. */
  readonly accuracy: number;
  readonly f1: number;
  /** Exact McNemar test; over all seeds' texts together with several seeds. */
  readonly accuracyP: number;
  /** Paired bootstrap over texts, and over seeds with several: 95 % interval and p. */
  readonly f1Low: number;
  readonly f1High: number;
  readonly f1P: number;
  /** After Holm's correction over all settings of the recipe, accuracy and macro F1 each for itself. */
  readonly accuracyAdjustedP: number;
  readonly f1AdjustedP: number;
}

/** Columns in which a best cell is marked; higher is better for quality, lower for the rest. */
export type MarkedColumn =
  | "accuracy"
  | "precision"
  | "recall"
  | "f1"
  | "calibrationError"
  | "trainSeconds"
  | "totalSeconds"
  | "peakRssBytes"
  | "trainableParameters"
  | "storedBytes";

/** A choice that was made on validation. */
export interface Choice {
  /** Setting id. */
  readonly chosen: string;
  /** The rule and its numbers, as one sentence. */
  readonly reason: string;
}

/** LoRA's rank: the smallest whose validation macro F1 is within one standard error of the best. */
export interface RankChoice extends Choice {
  readonly recipe: RecipeName;
  readonly ranks: readonly {
    readonly rank: number;
    readonly setting: string;
    readonly validationF1: number;
    readonly testF1: number;
  }[];
  /** Bootstrap standard error of the best one's validation macro F1. */
  readonly standardError: number;
}

/** Settings that no other one beats in both macro F1 and the cost, cheapest first. */
export interface ParetoFront {
  readonly cost: "trainSeconds" | "totalSeconds" | "peakRssBytes" | "trainableParameters";
  readonly settings: readonly string[];
}

/** A test text that tells settings apart, or none. `right`: the settings whose first seed predicts its label. */
export interface TellingText {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  /** Predicted label by setting id. */
  readonly predicted: Readonly<Record<string, string>>;
}

export interface DataFacts {
  readonly path: string;
  readonly sha256: string;
  readonly labels: readonly string[];
  /** Texts by split and label, in the order of labels. */
  readonly counts: Readonly<Record<SplitName, readonly number[]>>;
  /** Training texts that were used, where --limit cut them. */
  readonly trainedOn: number;
  /** Of the test and training texts together, in the model's tokens. */
  readonly tokens: { readonly median: number; readonly p95: number; readonly longest: number };
  /** Share of texts that were cut at the length limit. */
  readonly cutShare: number;
  /** Texts that stand more than once, within a split and between two. */
  readonly duplicates: {
    readonly within: Readonly<Record<SplitName, number>>;
    readonly trainTest: number;
    readonly trainValidation: number;
    readonly validationTest: number;
  };
  /** Accuracy of always predicting the most frequent training label, on test. */
  readonly majorityAccuracy: number;
  readonly notes: readonly string[];
}

export interface Comparison {
  /** One, or several that were merged. */
  readonly studies: readonly Study[];
  readonly data: DataFacts;
  /** In the order of the plan. */
  readonly settings: readonly Setting[];
  readonly failed: readonly FailedRun[];
  /** Runs that have not ended yet. */
  readonly missing: readonly string[];
  /** Every setting but full fine-tuning itself, where full fine-tuning is there. */
  readonly differences: readonly Difference[];
  /** Setting ids by column; several where they are equal. `none` takes part in no mark. */
  readonly best: Readonly<Record<MarkedColumn, readonly string[]>>;
  readonly pareto: readonly ParetoFront[];
  readonly ranks: readonly RankChoice[];
  /** By validation macro F1; ties go to fewer trainable parameters. Undefined without a finished trained run. */
  readonly recommended: Choice | undefined;
  /** Test texts that every trained setting gets wrong, the most confidently wrong first. */
  readonly allWrong: readonly TellingText[];
  /** Test texts that exactly one trained setting gets right. */
  readonly onlyOneRight: readonly TellingText[];
  /** Whether runs ran side by side, or on different machines, so that times cannot be compared, and why. */
  readonly timesComparable: { readonly comparable: boolean; readonly reason?: string };
}
