/** A search with what every part of its report asks of it: figures, colours, trials in their order. */
import { groupBy } from "../../base/group-by.ts";
import type { Colour } from "../../document/palette.ts";
import { replay, type SearchState, type TrialState } from "../../search/replay.ts";
import type { Search, SearchEntry, SearchedMethod } from "../../search/search-file.ts";

/** A trial that came to a rung, whatever became of it then. */
export interface RatedTrial extends TrialState {
  /** Of its best epoch. */
  readonly score: number;
  /** From 1. */
  readonly bestEpoch: number;
  /** Whether it was trained to its end. */
  readonly isWhole: boolean;
  /** 0 for the best quarter by score, to 3. */
  readonly quarter: number;
}

export interface ReportedSearch {
  readonly search: Search;
  readonly state: SearchState;
  /** The best first, which is the search's own; of equals, the one that was begun first. */
  readonly rated: readonly RatedTrial[];
  /** Epochs of a trial that is trained to its end. */
  readonly mostEpochs: number;
  /** Seconds of training of each trial that has a result. */
  readonly seconds: ReadonlyMap<string, number>;
}

export function reportedSearch(search: Search, entries: readonly SearchEntry[]): ReportedSearch {
  const state = replay(search, entries);
  const mostEpochs = search.rungs.at(-1)!;
  const rank = ({ trial }: TrialState) => (trial === state.best?.trial ? 0 : 1);
  const scored = state.trials
    .filter(({ scores }) => scores.length > 0)
    .map((trial) => ({ ...trial, score: Math.max(...trial.scores) }))
    .toSorted((a, b) => b.score - a.score || rank(a) - rank(b));
  const results = entries.filter((entry) => entry.type === "result");
  return {
    search,
    state,
    mostEpochs,
    rated: scored.map((trial, i) => ({
      ...trial,
      bestEpoch: trial.scores.indexOf(trial.score) + 1,
      isWhole: trial.scores.length === mostEpochs,
      quarter: Math.floor((4 * i) / scored.length),
    })),
    seconds: new Map(
      Array.from(
        groupBy(results, ({ trial }) => trial),
        ([trial, all]) => [trial, all.reduce((sum, { seconds }) => sum + seconds, 0)],
      ),
    ),
  };
}

/** A score as the figure that it is of: a loss is sought by its negative. */
export const figureOf = ({ metric: name }: Search, score: number): number => (name === "loss" ? -score : score);

/** What the figure cannot leave. */
export const figuresWithin = ({ metric: name }: Search): readonly [number, number] =>
  name === "loss" ? [0, Number.POSITIVE_INFINITY] : [0, 1];

/** Colours of the quarters by score, and how wide their lines are: the best stand out. */
export const QUARTERS: readonly { readonly name: string; readonly colour: Colour; readonly width: number }[] = [
  { name: "best quarter by score", colour: "accent", width: 2 },
  { name: "second", colour: "method3", width: 1.3 },
  { name: "third", colour: "method2", width: 1.1 },
  { name: "last", colour: "none", width: 1 },
];

/** Names of the quarters that there are, for the legend of a picture. */
export const quartersOf = (trials: readonly RatedTrial[]): string[] =>
  QUARTERS.filter((_, quarter) => trials.some((trial) => trial.quarter === quarter)).map(({ name }) => name);

/** Trials of each method that is searched; all of them where there is one. */
export function byMethod({ search: { methods }, rated }: ReportedSearch): {
  readonly method: SearchedMethod;
  readonly trials: readonly RatedTrial[];
}[] {
  if (methods.length === 1) return [{ method: methods[0]!, trials: rated }];
  return methods.map((method) => ({ method, trials: rated.filter(({ values }) => values.method === method.method) }));
}

/**
 * Where the axis of a figure may be cut: what is far worse than most says no more than that it is worse, and would make one
 * line of all others.
 */
export function worthSeeing({ search, rated }: ReportedSearch): (figure: number) => boolean {
  const finals = rated.map(({ score }) => score);
  const [best, middle] = [finals[0] ?? 0, finals[finals.length >> 1] ?? 0];
  const least = best - Math.max(2 * (best - middle), LEAST_SPAN);
  return (figure) => figureOf(search, figure) >= least;
}

/** Of scores, less is mostly noise. */
export const LEAST_SPAN = 0.05;
