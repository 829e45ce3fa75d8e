/** Searches without training: what came of a trial is a formula of its values. */
import { nextDecision } from "../../../src/search/next-decision.ts";
import { after, initialSearchState, type SearchState } from "../../../src/search/replay.ts";
import type {
  Search,
  SearchEntry,
  SearchedMethod,
  Spaces,
  StartEntry,
  Values,
} from "../../../src/search/search-file.ts";

const SPACES: Spaces = {
  learningRate: { kind: "log-uniform", from: 1e-4, to: 1e-1 },
  rank: { kind: "log-integer", from: 2, to: 32 },
  head: { kind: "choice", values: ["cls", "mean"] },
};

/** Three rungs of LoRA, 27 trials. */
export function aSearch({
  spaces = SPACES,
  firstGuess = { learningRate: 1e-3, rank: 8 },
  ...rest
}: Partial<Search> & Partial<Pick<SearchedMethod, "spaces" | "firstGuess">> = {}): Search {
  return {
    attune: "0.0.0",
    command: "attune search",
    began: "2026-01-01T00:00:00.000Z",
    model: "attune:mini",
    data: "attune:emotions",
    methods: [{ method: "lora", spaces, firstGuess, options: {} }],
    metric: "f1",
    seed: 42,
    rungs: [1, 3, 9],
    eta: 3,
    budget: { trials: 27 },
    sampler: "tpe",
    pruner: "asha",
    jobs: 1,
    threads: 1,
    ...rest,
  };
}

/** Best at a learning rate of 0.003 with the head `mean`; each epoch adds a little. */
export function scoreOf({ learningRate = 1e-2, head, rank }: Values, epoch: number): number {
  const distance = Math.abs(Math.log10(learningRate as number) + 2.5);
  return 1 - distance + (head === "mean" ? 0.2 : 0) + 0.001 * (rank as number) + 0.01 * epoch;
}

/** Plays a search to its end, with so many trials at once, of which the one that began first is the first that is done. */
export function played(
  search: Search,
  { atOnce, score = scoreOf }: { atOnce: number; score?: typeof scoreOf },
): { entries: SearchEntry[]; state: SearchState } {
  const entries: SearchEntry[] = [];
  const underWay: StartEntry[] = [];
  let state = initialSearchState;
  const add = (entry: SearchEntry) => {
    entries.push(entry);
    state = after(search, state, entry);
  };
  while (!state.end) {
    const decision = underWay.length < atOnce ? nextDecision(search, state) : undefined;
    if (decision) {
      add(decision);
      if (decision.type === "start") underWay.push(decision);
      continue;
    }
    const { trial, rung, epochs } = underWay.shift()!;
    const { values } = state.trials.find((one) => one.trial === trial)!;
    const scores = Array.from({ length: epochs }, (_, i) => score(values, i + 1));
    const elapsed = state.elapsed + 60;
    add({ type: "result", trial, rung, epochs, score: Math.max(...scores), scores, seconds: 60, elapsed });
  }
  return { entries, state };
}
