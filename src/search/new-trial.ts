/** The values of a new trial: the recipe's first, then by chance, then where the results so far say that it is worth it. */
import { randomKey, uniform } from "../base/random.ts";
import type { SearchState } from "./replay.ts";
import type { Search, SearchedMethod, Space, TrialEntry, TrialSource, Value, Values } from "./search-file.ts";
import { numberAt } from "./space.ts";
import { type Likelihoods, likelihoodsOf } from "./tpe.ts";

/** Candidates of which the one is taken that the results speak for most. */
const CANDIDATES = 24;
/** So often values are drawn by chance that were tried before; then there are taken to be no others. */
const DRAWS = 100;

interface Candidate {
  readonly values: Values;
  /** Logarithm of how much likelier its values are among the good results than among the others. */
  readonly promise: number;
}

/** Of the trial that so many were begun before. */
export const trialName = (before: number): string => `t${String(before + 1).padStart(3, "0")}`;

/** Undefined where all there is was tried. */
export function newTrial(search: Search, state: SearchState): TrialEntry | undefined {
  const number = state.trials.length;
  const entry = (values: Values, from: TrialSource): TrialEntry => ({
    type: "trial",
    trial: trialName(number),
    values,
    from,
  });
  const guess = search.methods[number];
  if (guess) return entry(named(search, guess, guess.firstGuess), "recipe");
  const tried = new Set(state.trials.map(({ values }) => textOf(values)));
  const isNew = ({ values }: Candidate) => !tried.has(textOf(values));
  const keyOf = (draw: number, option: string) => randomKey(search.seed, "search", number, draw, option);
  const likely = search.sampler === "tpe" ? likelihoodsOf(state) : undefined;
  if (likely) {
    const drawn = Array.from({ length: CANDIDATES }, (_, i) => candidate(search, (option) => keyOf(i, option), likely));
    const [best] = drawn.filter(isNew).toSorted((a, b) => b.promise - a.promise);
    if (best) return entry(best.values, "tpe");
  }
  for (let draw = CANDIDATES; draw < CANDIDATES + DRAWS; draw++) {
    const found = candidate(search, (option) => keyOf(draw, option));
    if (isNew(found)) return entry(found.values, "random");
  }
  return undefined;
}

/** A method, where there are several, and a value for each of its options; by chance, or as likely as they are among the good. */
function candidate(search: Search, keyOf: (option: string) => number, likely?: Likelihoods): Candidate {
  const { methods } = search;
  const isOneOfSeveral = methods.length > 1;
  let promise = 0;
  const choose = (option: string, space: Space, method?: string): Value => {
    if (!likely) return randomValue(space, keyOf(option));
    const { good, others } = likely(option, space, method);
    const value = good.draw(keyOf(option));
    promise += Math.log(good.density(value) / others.density(value));
    return value;
  };
  const name = isOneOfSeveral
    ? choose("method", { kind: "choice", values: methods.map(({ method }) => method) })
    : methods[0]!.method;
  const chosen = methods.find(({ method }) => method === name)!;
  // Values of the same option of another method say nothing of this one.
  const among = isOneOfSeveral ? chosen.method : undefined;
  const own = Object.entries(chosen.spaces).map(([option, space]) => [option, choose(option, space, among)]);
  return { values: named(search, chosen, Object.fromEntries(own)), promise };
}

const named = ({ methods }: Search, { method }: SearchedMethod, values: Values): Values =>
  methods.length > 1 ? { method, ...values } : values;

function randomValue(space: Space, key: number): Value {
  const place = uniform(key, 0);
  return space.kind === "choice" ? space.values[Math.floor(place * space.values.length)]! : numberAt(space, place);
}

const textOf = (values: Values): string => JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
