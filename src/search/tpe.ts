/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization, section 4): trials are
 * divided into the good and the others, and of candidates that are drawn as likely as the good make them, the one is taken
 * that is most likelier among the good than among the others: it has the greatest expected improvement.
 */
import { type Estimate, estimateOf } from "./parzen.ts";
import type { SearchState, TrialState } from "./replay.ts";
import type { Space, Value } from "./search-file.ts";

/** The share of trials that counts as good: gamma of the paper. */
const GOOD_SHARE = 0.15;
/** Trials with a result that are needed. */
export const LEAST_RESULTS = 20;

/** How likely values of an option are among the good trials, and among the others; of several methods, among those of `method`. */
export type Likelihoods = (
  option: string,
  space: Space,
  method?: string,
) => { readonly good: Estimate; readonly others: Estimate };

/** Undefined where there are not enough results. */
export function likelihoodsOf({ trials }: SearchState): Likelihoods | undefined {
  const there = trials.filter(({ rungScores }) => rungScores.length > 0);
  if (there.length < LEAST_RESULTS) return undefined;
  const ranked = there.toSorted(byMerit);
  const count = Math.ceil(GOOD_SHARE * there.length);
  const [good, others] = [ranked.slice(0, count), ranked.slice(count)];
  const known = new Map<string, ReturnType<Likelihoods>>();
  return (option, space, method) => {
    const key = `${method} ${option}`;
    const estimate = (among: readonly TrialState[]) =>
      estimateOf(
        space,
        among
          .filter(({ values }) => method === undefined || values.method === method)
          .flatMap(({ values }): readonly Value[] => (values[option] === undefined ? [] : [values[option]])),
      );
    const found = known.get(key) ?? { good: estimate(good), others: estimate(others) };
    known.set(key, found);
    return found;
  };
}

/**
 * Scores are compared where they are of as many epochs: a trial that came to a higher rung was better there than those that
 * stayed below. Of equals, the one that was begun first.
 */
export function byMerit(a: TrialState, b: TrialState): number {
  const height = (trial: TrialState) => (trial.failure === undefined ? trial.rungScores.length : 0);
  const higher = height(b) - height(a);
  if (higher !== 0) return higher;
  const [ours, theirs] = [a.rungScores.at(-1)!, b.rungScores.at(-1)!];
  return ours === theirs ? 0 : theirs - ours;
}
