/** What a search says while it goes on; the terminal and callers are consumers of these. */
import type { FetchEvent } from "../hub/fetch-events.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { NoticeEvent } from "../study/compare-events.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { SearchState } from "./replay.ts";
import type { Search, SearchEntry, Values } from "./search-file.ts";

/** What will be searched. Before this event there are only those of what is fetched. */
export interface SearchBeginEvent {
  readonly type: "search";
  readonly out: string;
  readonly search: Search;
  /** Where a search that goes on stands. */
  readonly state: SearchState;
  /** Which commits of model and data are used, and why those. */
  readonly notes: readonly string[];
}

/** One more line stands in the log: a decision, or what came of one. */
export interface SearchLogEvent {
  readonly type: "log";
  readonly entry: SearchEntry;
  /** Behind it. */
  readonly state: SearchState;
}

/** An event of the run of one trial. */
export interface TrialEvent {
  readonly type: "trial-event";
  readonly trial: string;
  readonly event: TrainEvent;
}

/** The last event. */
export interface SearchDoneEvent {
  readonly type: "done";
  readonly state: SearchState;
  /** Absent where every trial failed. */
  readonly best?: BestOfSearch;
}

/** What a search found. */
export interface BestOfSearch {
  readonly trial: string;
  readonly values: Values;
  /** Of its best epoch, on validation; of a loss, its negative. */
  readonly score: number;
  /** The folder of its finished run. */
  readonly run: string;
  /** The only figures on the test split. */
  readonly test: SplitMetrics;
  /** What trains the same once more. */
  readonly command: string;
}

export type SearchEvent = FetchEvent | SearchBeginEvent | SearchLogEvent | TrialEvent | NoticeEvent | SearchDoneEvent;
