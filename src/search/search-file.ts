/** A search on disk: what was asked for (search.json), and what was decided and came of it, line by line (log.jsonl). */

import type { FromHub } from "../hub/named-inputs.ts";
import type { MethodName } from "../methods/registry.ts";
import type { BestMetric } from "../train/loop-options.ts";
import type { SplitMetrics } from "../train/metrics.ts";

/*
 *   SEARCH/
 *     search.json           Search: what was asked for, after all defaults
 *     log.jsonl             SearchEntry by line, in the order of decisions; a line is on the disk before it is acted upon
 *     lock.json             who works in it now
 *     trials/<name>/        one run folder for each trial
 *     best/                 the winner's run, finished, with the only test figure there is
 *     shared/               tokens and frozen features that several trials use, by content hash
 *     search.html, search.md, trials.csv
 *
 * What to do next follows from search.json and log.jsonl alone.
 */

/** Value of an option that is searched. */
export type Value = string | number | boolean;
export type Values = Readonly<Record<string, Value>>;

/** The values that an option may have. Numbers lie between `from` and `to`, both included. */
export type Space =
  | { readonly kind: "uniform" | "log-uniform" | "integer" | "log-integer"; readonly from: number; readonly to: number }
  | { readonly kind: "choice"; readonly values: readonly Value[] };

/** What is searched of one method, by option (`learningRate`). */
export type Spaces = Readonly<Record<string, Space>>;

/** What ends a search, whichever comes first. What is under way then comes to its rung. */
export interface SearchBudget {
  /** Trials begun. */
  readonly trials?: number;
  /** Epochs trained, of all trials together. */
  readonly epochs?: number;
  /** Hours since the search began, without those between an interruption and going on. */
  readonly hours?: number;
}

/** What of a search one method needs. */
export interface SearchedMethod {
  readonly method: MethodName;
  readonly spaces: Spaces;
  /** The recipe's values, where it or the options' defaults have any within the spaces: the first trial of the method. */
  readonly firstGuess: Values;
  /** Options of `train` that all its trials share. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Search {
  /** Version of Attune that made it. */
  readonly attune: string;
  /** The command that repeats it. */
  readonly command: string;
  /** When it was begun, ISO 8601. */
  readonly began: string;
  readonly model: string;
  readonly data: string;
  /** What of these came from the Hub, and which commit of it; a search that goes on keeps to that. */
  readonly hub?: FromHub;
  /** Where there are several, the method is searched as well, as the value `method`. */
  readonly methods: readonly SearchedMethod[];
  /** Validation figure that is sought; of a loss, its negative is the score. */
  readonly metric: BestMetric;
  readonly seed: number;
  /** Epochs behind which trials are judged, ascending; the last is the whole run. */
  readonly rungs: readonly number[];
  /** Of a rung's trials, one of so many goes on to the next. */
  readonly eta: number;
  readonly budget: SearchBudget;
  readonly sampler: "tpe" | "random";
  /** `none`: every trial is trained to its end, so that there is one rung. */
  readonly pruner: "asha" | "none";
  /** Trials at the same time. */
  readonly jobs: number;
  /** Threads of each trial. */
  readonly threads: number;
  /** As they were asked for, where they were: the most that a trial takes on another machine. */
  readonly threadsAsked?: number;
}

/** Where the values of a trial come from. */
export type TrialSource = "recipe" | "random" | "tpe";

/** A new trial. Where several methods are searched, `method` is among the values. */
export interface TrialEntry {
  readonly type: "trial";
  /** `t001`, and its folder in `trials/`. */
  readonly trial: string;
  readonly values: Values;
  readonly from: TrialSource;
}

/** A trial begins, or goes on, up to the rung of this index, which stands behind so many epochs of it. */
export interface StartEntry {
  readonly type: "start";
  readonly trial: string;
  readonly rung: number;
  readonly epochs: number;
}

/** A trial is at a rung. */
export interface ResultEntry {
  readonly type: "result";
  readonly trial: string;
  readonly rung: number;
  readonly epochs: number;
  /** Of its best epoch so far; the higher, the better. */
  readonly score: number;
  /** Of each epoch so far. */
  readonly scores: readonly number[];
  /** From its start, or its going on, to this rung. */
  readonly seconds: number;
  /** Of the whole search so far. */
  readonly elapsed: number;
}

/** A trial failed on its way to a rung, where it counts as the worst. */
export interface FailedEntry {
  readonly type: "failed";
  readonly trial: string;
  readonly rung: number;
  readonly reason: string;
  /** Seconds of the whole search so far. */
  readonly elapsed: number;
}

/** No trial begins or goes on any more. `exhausted`: there was nothing left to try. */
export interface EndEntry {
  readonly type: "end";
  readonly reason: "budget" | "exhausted";
  /** Absent where every trial failed. */
  readonly best?: string;
}

/** The winner's figures on the test split: the last line of a search. */
export interface TestEntry {
  readonly type: "test";
  readonly trial: string;
  readonly metrics: SplitMetrics;
}

export type SearchEntry = TrialEntry | StartEntry | ResultEntry | FailedEntry | EndEntry | TestEntry;
