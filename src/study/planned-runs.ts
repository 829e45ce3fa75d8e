/** A plan as the runs that it means, with their names. */
import { optionInWords } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";
import type { Method } from "../methods/method.ts";
import type { Sourced } from "../methods/recipe-entry.ts";
import { type MethodName, methodOf } from "../methods/registry.ts";
import type { HeadName } from "../models/head-choice.ts";
import { type RecipeFacts, recipeOptions } from "../run/recipes.ts";
import { resolveOptions } from "../run/train-options.ts";
import { type Limit, limitedCount } from "../tables/limit-train.ts";
import { recipesOf } from "./plan.ts";
import { inputKeys, isOneValue, type ResolvedPlan, sharedKeys } from "./plan-schema.ts";
import type { PlannedRun, RecipeName } from "./study.ts";

type Options = Readonly<Record<string, unknown>>;

/** One row of the table to be: a method with the options that the plan gives it. */
interface Variant {
  readonly method: MethodName;
  readonly given: Options;
  /** What a name must tell: options that stand as a list somewhere, and the rank. */
  readonly telling: readonly string[];
}

/**
 * All runs in the order in which they are done: every setting with the first seed, then with the second. Splits that have
 * to be made are those of the first seed, so that all runs have the same texts. `facts` are of the whole training split.
 */
export function plannedRuns(plan: ResolvedPlan, facts: RecipeFacts): PlannedRun[] {
  const settings = recipesOf(plan).flatMap((recipe) => settingsOf(plan, recipe, facts));
  requireOneKindOfLabels(settings);
  const [splitSeed] = plan.seeds;
  return plan.seeds.flatMap((seed) =>
    settings.map(({ options, setting, ...rest }) => ({
      ...rest,
      setting,
      name: `${setting.replace("/", "-")}-s${seed}`,
      seed,
      options: { ...(plan.seeds.length > 1 && { splitSeed }), ...options, seed } as PlannedRun["options"],
    })),
  );
}

/** One label for a text and any number of them are measured differently. */
function requireOneKindOfLabels(settings: readonly PlannedSetting[]): void {
  const several = settings.filter(({ options }) => options.multiLabel === true).length;
  if (several > 0 && several < settings.length)
    throw new AttuneError(
      "plan/multi-label",
      "multiLabel must be the same for all runs of a study, since the figures of one label for a text and of several cannot be compared; give it for the whole plan",
    );
}

type PlannedSetting = Omit<PlannedRun, "name" | "seed" | "options"> & { readonly options: Options };

/** Options of the first run, without what its recipe gives it: how the data are to be read, and which model it is. */
export function firstOptions(plan: ResolvedPlan): Options {
  const [first] = variantsOf(plan);
  if (!first) throw new AttuneError("plan/empty", "this plan has no runs: name methods, or runs");
  const [seed] = plan.seeds;
  return { ...inputOf(plan), method: first.method, ...first.given, seed };
}

const inputOf = (plan: ResolvedPlan): Options =>
  Object.fromEntries(inputKeys.flatMap((key) => (plan[key] === undefined ? [] : [[key, plan[key]]])));

function settingsOf(plan: ResolvedPlan, recipe: RecipeName, facts: RecipeFacts): PlannedSetting[] {
  const taken = new Set<string>();
  return variantsOf(plan).map((variant) => {
    const { method, given } = variant;
    const texts = limitedCount(given.limit as Limit | undefined, facts.texts);
    const fromRecipe = recipeOptions(recipe, method, given, { ...facts, texts });
    const sourced: Record<string, Sourced> = {
      ...fromRecipe,
      ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, { value, source: "the plan" }])),
    };
    const own = Object.fromEntries(Object.entries(sourced).map(([key, { value }]) => [key, value]));
    const options = { ...inputOf(plan), recipe, method, ...own };
    resolveOptions({ ...options, out: "." }); // Throws where options do not go together.
    const marks = variant.telling.map((key) => `-${shortName(key)}${inName(given[key])}`).join("");
    const base = `${recipe}/${method}${marks}`;
    let setting = base;
    for (let again = 2; taken.has(setting); again++) setting = `${base}-${again}`;
    taken.add(setting);
    const words = variant.telling.map((key) => `${optionInWords(key)} ${shown(given[key])}`);
    return {
      setting,
      title: [titleOf(method, own.head), ...words].join(", "),
      recipe,
      method,
      options,
      sources: Object.fromEntries(Object.entries(sourced).map(([key, { source }]) => [key, source])),
    };
  });
}

function titleOf(name: MethodName, head: unknown): string {
  const { title, titleWith }: Method = methodOf(name);
  return titleWith && head !== undefined ? titleWith(head as HeadName | "auto") : title;
}

/** What the plan says of each run; the same thing said twice is one run. */
function variantsOf(plan: ResolvedPlan): Variant[] {
  const shared = Object.fromEntries(Object.entries(plan).filter(([key]) => sharedKeys.includes(key)));
  const listed = plan.methods.flatMap((method) =>
    combinations(method, {
      ...shared,
      ...(methodOf(method).hasRank && { rank: plan.ranks }),
      ...plan.options?.[method],
    }),
  );
  const further = (plan.runs ?? []).flatMap(({ method, ...options }) =>
    combinations(method, { ...shared, ...plan.options?.[method], ...options }),
  );
  const seen = new Set<string>();
  const unique = [...listed, ...further].filter(({ method, given }) => {
    const key = JSON.stringify([method, ...Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))]);
    return !seen.has(key) && seen.add(key);
  });
  return unique.map(({ method, given }) => {
    const others = unique.filter((other) => other.method === method);
    const differs = (key: string) =>
      others.some((other) => JSON.stringify(other.given[key]) !== JSON.stringify(given[key]));
    const telling = Object.keys(given).filter((key) => key === "rank" || differs(key));
    return { method, given, telling: telling.sort((a, b) => Number(b === "rank") - Number(a === "rank")) };
  });
}

/** Every choice of one value from each list. */
function combinations(method: MethodName, grid: Options): { method: MethodName; given: Options }[] {
  let all: Options[] = [{}];
  for (const [key, values] of Object.entries(grid)) {
    if (values === undefined) continue;
    const isGrid = Array.isArray(values) && !isOneValue(method, key, values);
    all = all.flatMap((chosen) => (isGrid ? values : [values]).map((value) => ({ ...chosen, [key]: value })));
  }
  return all.map((given) => ({ method, given }));
}

const SHORT: Readonly<Record<string, string>> = { rank: "r", alpha: "a", learningRate: "lr", virtualTokens: "t" };

/** `learningRate` → `lr`, `gradientAccumulation` → `gradient-accumulation`. */
const shortName = (key: string): string =>
  SHORT[key] ?? `${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-`;

const shown = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** A value as part of a folder's name. */
const inName = (value: unknown): string =>
  shown(value)
    .replace(/[^A-Za-z0-9.]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40);
