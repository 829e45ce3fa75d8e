/** A study: the folder that holds the runs of one comparison, and what stands in its study.json. */

import type { FromHub } from "../hub/named-inputs.ts";
import type { MethodName } from "../methods/registry.ts";
import type { RecipeName } from "../run/recipes.ts";
import type { TrainOptions } from "../run/train-options.ts";
import type { ResolvedPlan } from "./plan-schema.ts";

/*
 *   STUDY/
 *     study.json            Study: the plan after all defaults, and the runs that it means
 *     data.json             DataFacts: what the data are, so that reports do not need them
 *     plan.yaml             the same plan, to be used again with --plan
 *     lock.json             who works in it now
 *     runs/<name>/          one run folder for each planned run
 *     failed/<name>.json    FailedRun: why a run did not come to its end
 *     shared/               tokens and frozen features that several runs use, by content hash
 *     report.html, report.md, report/*.svg, results.csv, epochs.csv
 */

export type { RecipeName };

/** One run of a study. Runs that differ in nothing but their seed have the same `setting`. */
export interface PlannedRun {
  /** Folder in `runs/`: `tuned-lora-r8-s42`. */
  readonly name: string;
  /** `tuned/lora-r8`. */
  readonly setting: string;
  /** For people: `LoRA, rank 8`. */
  readonly title: string;
  readonly recipe: RecipeName;
  readonly method: MethodName;
  readonly seed: number;
  /** Of `train`, without `out` and `threads`; only what differs from the defaults of `train`. */
  readonly options: Omit<TrainOptions, "out">;
  /** Epoch behind which it pauses, where it is a trial of a search. @internal */
  readonly untilEpoch?: number;
  /** Where each of these options comes from, for reports: "the original experiment", "the plan". */
  readonly sources: Readonly<Record<string, string>>;
}

export interface Study {
  /** Version of Attune that made it. */
  readonly attune: string;
  /** The command that repeats it. */
  readonly command: string;
  /** When it was begun, ISO 8601. */
  readonly began: string;
  /** The most runs at once so far. */
  readonly jobs: number;
  /** Threads of each run. */
  readonly threads: number;
  /** False where runs ran side by side or with different numbers of threads. */
  readonly timesComparable: boolean;
  readonly model: string;
  readonly data: string;
  /** What of these came from the Hub, and which commit of it; a study that goes on keeps to that. */
  readonly hub?: FromHub;
  readonly recipes: readonly RecipeName[];
  readonly seeds: readonly number[];
  readonly plan: ResolvedPlan;
  readonly runs: readonly PlannedRun[];
}

/** A run that did not come to its end, with the reason as it would be said to a person. */
export interface FailedRun {
  readonly name: string;
  readonly reason: string;
}
