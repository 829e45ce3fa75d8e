/**
 * How much each option matters, by PED-ANOVA (Watanabe, Bansal and Hutter 2023, PED-ANOVA: Efficiently Quantifying
 * Hyperparameter Importance in Arbitrary Subspaces): how far the values of the best trials are distributed otherwise than those
 * of all trials, by the Pearson divergence of kernel densities. It needs the order of trials only, and no model of scores, so
 * it can be asked of few trials that stopped at different rungs.
 */
import { permutation, randomKey } from "../../base/random.ts";
import type { MethodName } from "../../methods/registry.ts";
import { normalShare } from "../../search/parzen.ts";
import type { SearchState, TrialState } from "../../search/replay.ts";
import type { Search, Space, Value } from "../../search/search-file.ts";
import { hasChoice, isWhole, placeOf } from "../../search/space.ts";
import { byMerit } from "../../search/tpe.ts";

/** The share of trials that counts as the best: gamma' of the paper, whose gamma is 1 here. */
const BEST_SHARE = 0.25;
/** With fewer trials nothing is said: fewer than five would be the best, and densities would be those of single trials. */
export const LEAST_TRIALS = 17;
/** Cells of a number's line. */
const CELLS = 50;
/** Random orders of the trials, of which it is known how much options matter by chance. */
export const SHUFFLES = 500;

export interface OptionImportance {
  readonly option: string;
  /** Of the variance that options explain each by itself, among those of the same trials. */
  readonly share: number;
  /** How often the option would seem to matter as much if the order of trials were chance. */
  readonly chance: number;
}

export interface Importance {
  /** Whose options they are; undefined where there is one method, or for the method itself. */
  readonly method?: MethodName;
  readonly trials: number;
  /** That count as the best. */
  readonly best: number;
  /** The most important first. */
  readonly options: readonly OptionImportance[];
}

/** For each method with enough trials; where several are searched, first for the method itself. */
export function importancesOf(search: Search, { trials }: SearchState): Importance[] {
  const { methods, seed } = search;
  const there = trials.filter(({ rungScores }) => rungScores.length > 0).toSorted(byMerit);
  const [first] = methods;
  if (methods.length === 1) return among(there, first!.spaces, seed);
  const method: Space = { kind: "choice", values: methods.map((one) => one.method) };
  return [
    ...among(there, { method }, seed),
    ...methods.flatMap((one) =>
      among(
        there.filter(({ values }) => values.method === one.method),
        one.spaces,
        seed,
      ).map((found) => ({ ...found, method: one.method })),
    ),
  ];
}

function among(ranked: readonly TrialState[], spaces: Readonly<Record<string, Space>>, seed: number): Importance[] {
  if (ranked.length < LEAST_TRIALS) return [];
  const count = Math.ceil(BEST_SHARE * ranked.length);
  const order = [...ranked.keys()];
  const shuffled = Array.from({ length: SHUFFLES }, (_, i) =>
    permutation(randomKey(seed, "bootstrap", "importance", i), ranked.length).subarray(0, count),
  );
  const searched = Object.entries(spaces).filter(([, space]) => hasChoice(space));
  const found = searched.map(([option, space]) => {
    const divergence = divergenceOf(
      space,
      ranked.map(({ values }) => values[option]),
    );
    const seen = divergence(order.slice(0, count));
    const asMuch = shuffled.filter((best) => divergence(best) >= seen).length;
    // The order that was seen is one of those that chance may bring.
    return { option, divergence: seen, chance: (asMuch + 1) / (SHUFFLES + 1) };
  });
  const sum = found.reduce((total, { divergence }) => total + divergence, 0);
  if (sum === 0) return [];
  const options = found.map(({ option, divergence, chance }) => ({ option, share: divergence / sum, chance }));
  return [{ trials: ranked.length, best: count, options: options.toSorted((a, b) => b.share - a.share) }];
}

/** The divergence of those trials, by their places, from all. */
export function divergenceOf(
  space: Space,
  values: readonly (Value | undefined)[],
): (best: ArrayLike<number>) => number {
  const density = densityOf(space);
  const valuesOf = (places: ArrayLike<number>) =>
    Array.from(places, (place) => values[place]).filter((value) => value !== undefined);
  const all = density(valuesOf([...values.keys()]));
  return (best) => {
    const top = density(valuesOf(best));
    return all.reduce((sum, share, i) => sum + share * (top[i]! / share - 1) ** 2, 0);
  };
}

/** Shares of the cells of a space; beside the values that were seen counts one that is anywhere. */
function densityOf(space: Space): (seen: readonly Value[]) => number[] {
  if (space.kind === "choice")
    return (seen) =>
      space.values.map(
        (value) => (1 / space.values.length + seen.filter((one) => one === value).length) / (seen.length + 1),
      );
  const few = isWhole(space) && space.to - space.from < CELLS;
  const edges = few
    ? Array.from({ length: space.to - space.from + 2 }, (_, i) => placeOf(space, space.from + i - 0.5))
    : Array.from({ length: CELLS + 1 }, (_, i) => i / CELLS);
  return (seen) => {
    const places = seen.map((value) => placeOf(space, value as number));
    const width = Math.max(1 / CELLS, scottWidth(places));
    const below = (x: number, mean: number) => normalShare((x - mean) / width);
    // Of what a kernel has outside of the line, the rest takes the place.
    const kernels = places.map((mean) => ({ mean, start: below(0, mean), inside: below(1, mean) - below(0, mean) }));
    const shares = edges.map((x) =>
      kernels.reduce((sum, { mean, start, inside }) => sum + (below(x, mean) - start) / inside, x),
    );
    return shares.slice(1).map((share, i) => (share - shares[i]!) / (places.length + 1));
  };
}

/** Scott's rule for the width of a normal kernel. */
function scottWidth(places: readonly number[]): number {
  const mean = places.reduce((sum, x) => sum + x, 0) / places.length;
  const variance = places.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, places.length - 1);
  return Math.sqrt(variance) * places.length ** -0.2;
}
