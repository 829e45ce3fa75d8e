/** What a comparison of finished runs says, as plain data: reports, tables and conclusions read nothing else. */

import type { MethodName } from "../methods/registry.ts";
import type { RunFacts } from "../run/run-facts.ts";
import type { RunResult } from "../run/run-result.ts";
import type { DataFacts } from "../study/data-facts.ts";
import type { FailedRun, PlannedRun, RecipeName, Study } from "../study/study.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { AnswerQuality } from "./answer-quality.ts";

/** A figure with its uncertainty. */
export interface Estimate {
  readonly value: number;
  /** 95 % interval: over test texts (bootstrap percentiles) with one seed, over seeds (t) with several. */
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
  readonly test: SplitMetrics;
  readonly testTexts: number;
}

/** Measured over test texts, recomputed from stored predictions. */
export interface Quality {
  /** Texts that got their label; where a text may have any number, all of them and no other. */
  readonly accuracy: Estimate;
  /** Macro averages. */
  readonly precision: Estimate;
  readonly recall: Estimate;
  readonly f1: Estimate;
  /** Of all labels of all texts together; only where a text may have any number of them. */
  readonly microF1?: Estimate;
  /** Not where a text may have any number of labels. Resampling adds scatter that this figure counts as error, so with one seed its interval lies high. */
  readonly calibrationError?: Estimate;
  readonly loss: Estimate;
}

/** Means over seeds; times as if each run stood alone, with what it took from another run as that had cost there. */
export interface Cost {
  readonly trainSeconds: number;
  readonly evaluationSeconds: number;
  readonly totalSeconds: number;
  /** To the end of the best epoch; undefined where nothing is trained. */
  readonly secondsToBestEpoch: number | undefined;
  readonly examplesPerSecond: number | undefined;
  readonly trainableParameters: number;
  readonly totalParameters: number;
  readonly peakRssBytes: number;
  readonly weightBytes: number;
  readonly gradientBytes: number;
  readonly optimizerBytes: number;
  readonly frozenFeatureBytes: number;
  /** Floating-point operations for one training text, a multiply-add counted as 2. */
  readonly forwardOperations: number;
  readonly backwardOperations: number;
  /** What outputs of frozen layers that are kept took, once for each training text; 0 where nothing is kept. */
  readonly onceOperations: number;
  /** What one task takes on disk. */
  readonly storedBytes: number;
}

/** One row of the main table: a method with its options, over its seeds. */
export interface Setting {
  /** `tuned/lora-r8`; with `@STUDY` behind it where several merged studies have it. */
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
  /** On the test split before any training, mean over seeds. Predictions of it are not kept: this is from result.json. */
  readonly base: { readonly accuracy: number; readonly f1: number; readonly loss: number };
  readonly answers: AnswerQuality;
  readonly cost: Cost;
}

/** A setting against full fine-tuning of the same recipe, on the test split, by the seeds that both have. */
export interface Difference {
  readonly setting: string;
  /** The setting of full fine-tuning that it is held against. */
  readonly against: string;
  /** Accuracy and macro F1 of the setting minus those of `against`. */
  readonly accuracy: number;
  readonly f1: number;
  /** Exact McNemar test over texts; with several seeds a text counts for the one that gets it right under more of them. */
  readonly accuracyP: number;
  /** Paired bootstrap over texts, and over seeds with several: 95 % interval and p. */
  readonly f1Low: number;
  readonly f1High: number;
  readonly f1P: number;
  /** After Holm's correction over all settings held against the same one, accuracy and macro F1 each for itself. */
  readonly accuracyAdjustedP: number;
  readonly f1AdjustedP: number;
}

/** Columns in which a best cell is marked; higher is better for quality, lower for the rest. */
export type MarkedColumn =
  | "accuracy"
  | "precision"
  | "recall"
  | "f1"
  | "microF1"
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

/**
 * A method's rank: the smallest whose validation macro F1 is within one standard error of the best. Where a rank was tried in
 * several ways, its best one on validation counts.
 */
export interface RankChoice extends Choice {
  readonly recipe: RecipeName;
  readonly method: MethodName;
  readonly ranks: readonly {
    readonly rank: number;
    readonly setting: string;
    readonly validationF1: number;
    readonly testF1: number;
  }[];
  /** Bootstrap standard error of the best one's validation macro F1. */
  readonly standardError: number;
}

/** Settings that train anything and that no other one beats in test macro F1 and the cost, cheapest first. */
export interface ParetoFront {
  readonly cost: "trainSeconds" | "totalSeconds" | "peakRssBytes" | "trainableParameters";
  readonly settings: readonly string[];
}

/** A test text that tells settings apart, or none. */
export interface TellingText {
  readonly id: string;
  readonly text: string;
  /** Its label, or all of its labels. */
  readonly label: string;
  /** What a setting's first seed predicts, by setting id. */
  readonly predicted: Readonly<Record<string, string>>;
  /** Ids of the settings that get it right. */
  readonly right: readonly string[];
}

/** A test text that at least one setting gets wrong, by each setting's first seed. */
export interface WrongText {
  readonly id: string;
  readonly text: string;
  /** Its label, or all of its labels. */
  readonly label: string;
  /** By setting id. */
  readonly answers: Readonly<Record<string, Answer>>;
}

export interface Answer {
  readonly said: string;
  readonly right: boolean;
  /** The probability of the answer; where it is made of many decisions, of the least sure one. */
  readonly confidence: number;
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
  /** Every setting that trains anything, but for the one it is held against; where full fine-tuning is there. */
  readonly differences: readonly Difference[];
  /** Setting ids by column; several where they are equal. What trains nothing takes part in no mark. */
  readonly best: Readonly<Record<MarkedColumn, readonly string[]>>;
  readonly pareto: readonly ParetoFront[];
  readonly ranks: readonly RankChoice[];
  /** By validation macro F1; ties go to fewer trainable parameters. Undefined without a finished trained run. */
  readonly recommended: Choice | undefined;
  /** Test texts that every trained setting gets wrong, the most confidently wrong first. */
  readonly allWrong: readonly TellingText[];
  /** Test texts that exactly one of several trained settings gets right, the most confidently right first. */
  readonly onlyOneRight: readonly TellingText[];
  /** Test texts that at least one trained setting gets wrong, in the order of the split. */
  readonly wrongTexts: readonly WrongText[];
  /** Whether runs ran side by side, or on different machines, so that times cannot be compared, and why. */
  readonly timesComparable: { readonly comparable: boolean; readonly reason?: string };
}
