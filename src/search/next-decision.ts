/** What a search does next: a pure function of what was asked for and of what came of it so far. */
import { promotionIn } from "./asha.ts";
import { newTrial } from "./new-trial.ts";
import type { SearchState } from "./replay.ts";
import type { EndEntry, Search, StartEntry, TrialEntry } from "./search-file.ts";

export type Decision = TrialEntry | StartEntry | EndEntry;

/**
 * The next line of the log: a promotion where one is due, else a new trial, and its start behind it. Nothing where results
 * have to be waited for, or the search has ended.
 */
export function nextDecision(search: Search, state: SearchState): Decision | undefined {
  if (state.end) return undefined;
  const begun = state.trials.find(({ highest }) => highest === -1);
  if (begun) return start(search, begun.trial, 0);
  if (isWithinHours(search, state)) {
    const promotion = promotionIn(state, search.rungs.length, search.eta);
    if (promotion) {
      const { trial, rung } = promotion;
      const epochs = search.rungs[rung]! - search.rungs[rung - 1]!;
      return hasEpochs(search, state, epochs) ? start(search, trial.trial, rung) : whenStill(state, "budget");
    }
    if (hasTrials(search, state) && hasEpochs(search, state, search.rungs[0]!))
      return newTrial(search, state) ?? whenStill(state, "exhausted");
  }
  return whenStill(state, "budget");
}

const start = ({ rungs }: Search, trial: string, rung: number): StartEntry => ({
  type: "start",
  trial,
  rung,
  epochs: rungs[rung]!,
});

/** The end, once nothing is under way: a result may make a promotion due that is not due yet. */
function whenStill({ trials, best }: SearchState, reason: EndEntry["reason"]): EndEntry | undefined {
  if (trials.some(({ underWay }) => underWay !== undefined)) return undefined;
  return { type: "end", reason, ...(best && { best: best.trial }) };
}

const hasTrials = ({ budget }: Search, { trials }: SearchState): boolean =>
  trials.length < (budget.trials ?? Number.POSITIVE_INFINITY);

const hasEpochs = ({ budget }: Search, { epochs, epochsUnderWay }: SearchState, more: number): boolean =>
  epochs + epochsUnderWay + more <= (budget.epochs ?? Number.POSITIVE_INFINITY);

const isWithinHours = ({ budget }: Search, { elapsed }: SearchState): boolean =>
  elapsed < 3600 * (budget.hours ?? Number.POSITIVE_INFINITY);
