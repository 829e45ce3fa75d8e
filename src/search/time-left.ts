/** How long a search will still take, from how long its epochs took so far. */
import type { SearchState } from "./replay.ts";
import type { Search } from "./search-file.ts";

/** Seconds, those of finishing the winner included; undefined where nothing is known yet. */
export function secondsLeft(search: Search, state: SearchState): number | undefined {
  const { epochs, elapsed } = state;
  if (epochs === 0 || elapsed === 0) return undefined;
  // Of the whole search: trials side by side and the start of each are in it.
  const perEpoch = elapsed / epochs;
  const { hours = Number.POSITIVE_INFINITY } = search.budget;
  const searching = state.end ? 0 : Math.min(perEpoch * epochsToGo(search, state), Math.max(0, 3600 * hours - elapsed));
  return searching + perEpoch * epochsToFinish(search, state);
}

/** What the budget leaves, as far as it is a number of epochs or of trials, of which one of eta goes on from each rung. */
function epochsToGo({ budget, rungs, eta }: Search, { epochs, epochsUnderWay }: SearchState): number {
  const ofTrials = (trials: number) =>
    rungs.reduce((sum, rung, k) => sum + Math.floor(trials / eta ** k) * (rung - (rungs[k - 1] ?? 0)), 0);
  const all = Math.min(
    budget.epochs ?? Number.POSITIVE_INFINITY,
    budget.trials === undefined ? Number.POSITIVE_INFINITY : ofTrials(budget.trials),
  );
  return Math.max(epochsUnderWay, all - epochs);
}

function epochsToFinish({ rungs }: Search, { best, trials, test }: SearchState): number {
  if (test) return 0;
  const done = trials.find(({ trial }) => trial === best?.trial)?.scores.length ?? 0;
  return rungs.at(-1)! - done;
}
