/** What is searched of a method: the spaces that are asked for, and for the rest those around its recipe. */
import { z } from "zod";
import type { Spell } from "../base/check-options.ts";
import { AttuneError } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import { type MethodName, methodOf } from "../methods/registry.ts";
import { type RecipeFacts, recipeOptions } from "../run/recipes.ts";
import { resolveOptions, trainOptions } from "../run/train-options.ts";
import { dataOptions } from "../tables/table-options.ts";
import { checkSpace, readSpace } from "./read-space.ts";
import type { SearchedMethod, Space, Spaces, Value, Values } from "./search-file.ts";
import { type NumberSpace, nearestIn } from "./space.ts";

/** A space as one gives it: in words, as a space, or `true` for the one around the recipe. */
export type AskedSpaces = Readonly<Record<string, string | Space | true>>;

/** What a search must know of model and data. */
export interface SpaceFacts extends RecipeFacts {
  /** Of the encoder. */
  readonly layers: number;
}

interface Standard {
  /** Its own value by recipe or default, where there is one. */
  readonly guess: unknown;
  readonly facts: SpaceFacts;
}

const around =
  (kind: NumberSpace["kind"], factor: number) =>
  ({ guess }: Standard): Space | undefined => {
    if (typeof guess !== "number") return undefined;
    const [from, to] = [guess / factor, guess * factor].map((end) => Number(end.toPrecision(2))) as [number, number];
    return kind === "log-integer"
      ? { kind, from: Math.max(1, Math.round(from)), to: Math.round(to) }
      : { kind, from, to };
  };

const shares = (): Space => ({ kind: "uniform", from: 0, to: 0.3 });

/** How far around its recipe an option is searched, where nothing else is asked for. */
const STANDARD: Readonly<Record<string, (of: Standard) => Space | undefined>> = {
  learningRate: around("log-uniform", 10),
  headLearningRate: around("log-uniform", 10),
  rank: around("log-integer", 4),
  alpha: around("log-uniform", 4),
  virtualTokens: around("log-integer", 4),
  batchSize: around("log-integer", 2),
  dropout: shares,
  headDropout: shares,
  // A head that is trained already is the model's own.
  head: ({ facts: { head } }) =>
    head.isTrained ? undefined : { kind: "choice", values: [...new Set([head.head, "cls", "mean", "max"])] },
  topLayers: ({ facts: { layers } }) => ({ kind: "integer", from: 1, to: layers }),
};

/** Fewer layers are mostly cheaper and not better: they are searched where that is asked for. */
const WHEN_ASKED: ReadonlySet<string> = new Set(["topLayers"]);

/** Options that every trial has alike: where model and data are, what the search decides itself, and what changes no score. */
const HELD: ReadonlySet<string> = new Set([
  ...["model", "revision", "data", "dataRevision", "configName", "out", "adapter", "method", "recipe", "limit"],
  ...["epochs", "bestMetric", "earlyStopping", "seed", "splitSeed", "threads", "bits", "checkpointMinutes"],
  ...["frozenFeatureMegabytes", "strict", ...Object.keys(dataOptions.shape)],
]);

/** Values of a trial as options of `train`; `topLayers: 3` stands for `layers: "top:3"`. */
export const trainValues = ({ method: _, topLayers, ...values }: Values): Readonly<Record<string, unknown>> => ({
  ...values,
  ...(topLayers !== undefined && { layers: `top:${topLayers}` }),
});

/** Options of a method's runs that may be searched, by name. */
function searchable(method: MethodName, { layers }: SpaceFacts): Map<string, z.ZodType> {
  const own: Readonly<Record<string, z.ZodType>> = methodOf(method).options.shape;
  const all = [...Object.entries(trainOptions.shape as Readonly<Record<string, z.ZodType>>), ...Object.entries(own)];
  return new Map([
    ...all.filter(([key]) => !HELD.has(key)),
    ...(own.layers ? [["topLayers", z.number().int().min(1).max(layers)] as const] : []),
  ]);
}

export interface Asked {
  readonly spaces: AskedSpaces;
  /** Search nothing else. */
  readonly only: boolean;
  /** Options of `train` that are given, and so not searched. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** @throws AttuneError where none of the methods has an option that is to be searched, or it may not be searched */
export function requireKnown(
  asked: AskedSpaces,
  methods: readonly MethodName[],
  facts: SpaceFacts,
  spell: Spell,
): void {
  const known = [...new Set(methods.flatMap((method) => [...searchable(method, facts).keys()]))];
  for (const key of Object.keys(asked)) {
    if (known.includes(key)) continue;
    const held = HELD.has(key) ? "it is the same for all trials" : `no method here has an option ${spell(key)}`;
    const hint = didYouMean(key, known, `there are ${known.map(spell).join(", ")}`, spell);
    throw new AttuneError("search/option", `${spell(key)} cannot be searched: ${held}; ${hint}`);
  }
}

/**
 * The spaces of one method, with the recipe's values as the first guess and the options that all its trials share.
 *
 * @throws AttuneError where a space holds what the option may not be, or there is nothing to search
 */
export function searchedMethod(
  method: MethodName,
  { spaces: asked, only, given }: Asked,
  facts: SpaceFacts,
  spell: Spell,
): SearchedMethod {
  if (methodOf(method).trainsNothing)
    throw new AttuneError("search/method", `the method "${method}" trains nothing, so there is nothing to search`);
  const recipe = recipeOptions("tuned", method, given, facts);
  const fromRecipe = Object.fromEntries(Object.entries(recipe).map(([key, { value }]) => [key, value]));
  const settled: Readonly<Record<string, unknown>> = {
    ...resolveOptions({ ...fromRecipe, ...given, method, out: "." }),
  };
  const spaces: Record<string, Space> = {};
  const firstGuess: Record<string, Value> = {};
  for (const [key, schema] of searchable(method, facts)) {
    const space = spaceOf(key, schema, { guess: settled[key], facts });
    if (!space) continue;
    spaces[key] = space;
    const guess = nearestIn(space, settled[key]);
    if (guess !== undefined) firstGuess[key] = guess;
  }
  if (Object.keys(spaces).length === 0)
    throw new AttuneError("search/nothing", `of the method "${method}" nothing is searched; leave --search-only out`);
  return { method, spaces, firstGuess, options: withoutSearched({ ...fromRecipe, ...given, method }, spaces) };

  function spaceOf(key: string, schema: z.ZodType, of: Standard): Space | undefined {
    const wanted = asked[key];
    if (wanted !== undefined && given[key] !== undefined)
      throw new AttuneError("search/twice", `${spell(key)} is given and to be searched; leave one of these out`);
    if (typeof wanted === "string") return readSpace(wanted, schema, spell(key));
    if (typeof wanted === "object") return checkSpace(wanted, schema, spell(key));
    const isStandard = given[key] === undefined && !only && !WHEN_ASKED.has(key);
    return wanted === true || isStandard ? STANDARD[key]?.(of) : undefined;
  }
}

function withoutSearched(options: Readonly<Record<string, unknown>>, spaces: Spaces): Record<string, unknown> {
  const searched = new Set([...Object.keys(spaces), ...(spaces.topLayers ? ["layers"] : [])]);
  return Object.fromEntries(Object.entries(options).filter(([key]) => !searched.has(key)));
}
