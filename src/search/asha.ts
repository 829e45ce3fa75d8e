/**
 * Asynchronous successive halving: trials are judged at rungs, and one of eta goes on to the next as soon as its place among
 * those that are there is known; nobody waits for a rung to be full (Li et al. 2020, A System for Massively Parallel
 * Hyperparameter Tuning, algorithm 2).
 */
import type { SearchState, TrialState } from "./replay.ts";

/**
 * Epochs of the rungs: `most`, and below it each an eta-th of the one above, as in Hyperband (Li et al. 2018), down to
 * `least`.
 */
export function rungsOf(least: number, most: number, eta: number): number[] {
  const rungs = [most];
  for (let epochs = most / eta; epochs >= least; epochs /= eta) {
    const whole = Math.round(epochs);
    if (whole < rungs[0]!) rungs.unshift(whole);
  }
  return rungs;
}

/** A trial, and the index of the rung that it goes on to. */
export interface Promotion {
  readonly trial: TrialState;
  readonly rung: number;
}

/** The promotion that is due, looked for from the highest rung down. */
export function promotionIn({ trials }: SearchState, rungs: number, eta: number): Promotion | undefined {
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const ranked = rankedAt(rung, trials);
    const top = ranked.slice(0, Math.floor(ranked.length / eta));
    const trial = top.find((one) => standsAt(rung, one));
    if (trial) return { trial, rung: rung + 1 };
  }
  return undefined;
}

/**
 * Names of the trials that may soon go on: the best, those under way, and at each rung those at most eta places behind the ones
 * that go on. Any other would go on only after eta times eta more that are all worse than it.
 */
export function nearPromotion({ trials, best }: SearchState, rungs: number, eta: number): ReadonlySet<string> {
  const near = new Set(trials.filter(({ underWay }) => underWay !== undefined).map(({ trial }) => trial));
  if (best) near.add(best.trial);
  for (let rung = 0; rung < rungs - 1; rung++) {
    const ranked = rankedAt(rung, trials);
    const top = ranked.slice(0, Math.floor(ranked.length / eta) + eta);
    for (const one of top) if (standsAt(rung, one)) near.add(one.trial);
  }
  return near;
}

/** All that came to a rung, the best first; of equals, the one that was begun first. */
const rankedAt = (rung: number, trials: readonly TrialState[]): TrialState[] =>
  trials
    .filter(({ rungScores }) => rungScores[rung] !== undefined)
    .toSorted((a, b) => compareScores(b.rungScores[rung]!, a.rungScores[rung]!));

const standsAt = (rung: number, { highest, failure }: TrialState): boolean => highest === rung && failure === undefined;

/** A difference that is a number for two trials that failed, too. */
const compareScores = (a: number, b: number): number => (a === b ? 0 : a - b);
