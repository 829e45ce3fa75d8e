/** Where a search stands, from its log alone. */
import type { EndEntry, Search, SearchEntry, TestEntry, TrialSource, Values } from "./search-file.ts";

/** What is known of one trial. */
export interface TrialState {
  readonly trial: string;
  readonly values: Values;
  readonly from: TrialSource;
  /** Its score at each rung that it came to, by index; minus infinity where it failed on the way there. */
  readonly rungScores: readonly number[];
  /** Score of each epoch. */
  readonly scores: readonly number[];
  /** The highest rung that it was sent to; -1 before it begins. */
  readonly highest: number;
  /** Epochs at the rung that it is on its way to; undefined where it stands. */
  readonly underWay: number | undefined;
  /** Why it failed. */
  readonly failure?: string;
}

/** What stood behind a result. */
export interface SearchStep {
  readonly trial: string;
  readonly rung: number;
  /** Minus infinity for a trial that failed. */
  readonly score: number;
  /** Epochs trained until then, of all trials. */
  readonly epochs: number;
  /** Seconds of the search until then. */
  readonly elapsed: number;
  /** Of all trials until then. */
  readonly best: BestTrial | undefined;
}

export interface BestTrial {
  readonly trial: string;
  readonly score: number;
}

export interface SearchState {
  /** In the order in which they were begun. */
  readonly trials: readonly TrialState[];
  /** Results and failures, in their order. */
  readonly steps: readonly SearchStep[];
  /** Epochs trained, of all trials; a trial that failed counts with all epochs that it was sent for. */
  readonly epochs: number;
  /** Epochs that are under way. */
  readonly epochsUnderWay: number;
  /** Seconds at the last result. */
  readonly elapsed: number;
  /** The trial whose best epoch is the best; of equals, the one that was there first. */
  readonly best: BestTrial | undefined;
  readonly end?: EndEntry;
  readonly test?: TestEntry;
}

export const initialSearchState: SearchState = {
  trials: [],
  steps: [],
  epochs: 0,
  epochsUnderWay: 0,
  elapsed: 0,
  best: undefined,
};

/** The state behind the entries of a log. */
export const replay = (search: Search, entries: Iterable<SearchEntry>): SearchState => {
  let state = initialSearchState;
  for (const entry of entries) state = after(search, state, entry);
  return state;
};

/** The state behind one more entry. */
export function after({ rungs }: Pick<Search, "rungs">, state: SearchState, entry: SearchEntry): SearchState {
  switch (entry.type) {
    case "trial": {
      const { trial, values, from } = entry;
      const begun = { trial, values, from, rungScores: [], scores: [], highest: -1, underWay: undefined };
      return { ...state, trials: [...state.trials, begun] };
    }
    case "start": {
      const { trial, rung, epochs } = entry;
      const epochsUnderWay = state.epochsUnderWay + epochs - epochsAt(rungs, rung - 1);
      return { ...state, ...changed(state, trial, () => ({ highest: rung, underWay: epochs })), epochsUnderWay };
    }
    case "result":
      return arrived(state, rungs, entry, { scores: entry.scores });
    case "failed":
      return arrived(state, rungs, { ...entry, score: Number.NEGATIVE_INFINITY }, { failure: entry.reason });
    case "end":
      return { ...state, end: entry };
    case "test":
      return { ...state, test: entry };
  }
}

const epochsAt = (rungs: readonly number[], rung: number): number => rungs[rung] ?? 0;

const changed = (
  { trials }: SearchState,
  name: string,
  change: (trial: TrialState) => Partial<TrialState>,
): Pick<SearchState, "trials"> => ({
  trials: trials.map((trial) => (trial.trial === name ? { ...trial, ...change(trial) } : trial)),
});

function arrived(
  state: SearchState,
  rungs: readonly number[],
  { trial, rung, score, elapsed }: Omit<SearchStep, "epochs" | "best">,
  found: Partial<TrialState>,
): SearchState {
  const trained = epochsAt(rungs, rung) - epochsAt(rungs, rung - 1);
  const best = score > (state.best?.score ?? Number.NEGATIVE_INFINITY) ? { trial, score } : state.best;
  const epochs = state.epochs + trained;
  return {
    ...state,
    ...changed(state, trial, ({ rungScores }) => ({
      ...found,
      rungScores: [...rungScores, score],
      underWay: undefined,
    })),
    steps: [...state.steps, { trial, rung, score, elapsed, epochs, best }],
    epochs,
    epochsUnderWay: state.epochsUnderWay - trained,
    elapsed,
    best,
  };
}
