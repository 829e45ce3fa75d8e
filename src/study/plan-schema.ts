/** What may stand in the plan of a study. */
import { z } from "zod";
import { TOP_AUTO } from "../methods/layers.ts";
import type { OptionsByMethod } from "../methods/method-options.generated.ts";
import { builtInMethods, type MethodName, methodNames } from "../methods/registry.ts";
import { recipeNames } from "../run/recipes.ts";
import type { SharedOptions } from "../run/shared-options.generated.ts";
import { trainOptions } from "../run/train-options.ts";

const { out: _out, adapter: _adapter, method: _method, recipe: _recipe, seed, threads, ...rest } = trainOptions.shape;
/** What all runs of a plan are made from. */
const { model, revision, data, dataRevision, configName, ...shared } = rest;
const input = { model, revision, data, dataRevision, configName };
export const inputKeys = Object.keys(input) as (keyof typeof input)[];
/** Options of `train` that hold for all runs of a plan, or for one method, or for one entry of `runs`. */
export const sharedKeys = Object.keys(shared);

export const DEFAULT_METHODS = ["none", "full", "probe", "prompt", "prefix", "lora"] as const satisfies MethodName[];
export const DEFAULT_RANKS = [2, 4, 8, 16, 32];
/** Beside them, where the recipe is `tuned`: full fine-tuning of upper layers, as many as validation asks for, on frozen features of the others. */
export const DEFAULT_RUNS = [{ method: "full", layers: TOP_AUTO }] as const satisfies Plan["runs"];
export const FIRST_SEED = 42;

export const recipeChoices = [...recipeNames, "both", "own"] as const;
export type RecipeChoice = (typeof recipeChoices)[number];

/** A schema without its default: what is absent stays absent, since a recipe may have something to say. */
function withoutDefault(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap() as z.ZodType;
  return schema.description === undefined ? inner : inner.describe(schema.description);
}

/** The same options as one value each, as flags give them. */
export const sharedValues = z.strictObject(
  Object.fromEntries(Object.entries(shared).map(([key, schema]) => [key, withoutDefault(schema).optional()])),
);

/** Each option as one value, or as a list of values that are all tried. */
const grids = (shape: Readonly<Record<string, z.ZodType>>) =>
  Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => {
      const value = withoutDefault(schema);
      const grid = z.union([value, z.array(value).min(1)]).optional();
      return [key, value.description === undefined ? grid : grid.describe(value.description)];
    }),
  );

const sharedGrids = grids(shared);
const gridsByMethod = Object.fromEntries(
  methodNames.map((name) => [name, { ...sharedGrids, ...grids(builtInMethods[name].options.shape) }]),
) as unknown as Record<MethodName, Record<string, z.ZodType>>;

/** Keys of one entry of `runs`; those under `options` are the same but for the method. */
export const entryKeys = (method: MethodName): string[] => ["method", ...Object.keys(gridsByMethod[method])];

/** Whether a list is one value of an option that takes lists, and not a list of values that are all tried. */
export function isOneValue(method: MethodName, key: string, list: readonly unknown[]): boolean {
  const shape: Readonly<Record<string, z.ZodType>> = { ...shared, ...builtInMethods[method].options.shape };
  return shape[key]?.safeParse(list).success ?? false;
}

const entries = methodNames.map((name) => z.strictObject({ method: z.literal(name), ...gridsByMethod[name] }));
const optionsByMethod = Object.fromEntries(
  methodNames.map((name) => [
    name,
    z.strictObject(gridsByMethod[name]).optional().describe(builtInMethods[name].summary),
  ]),
);
const count = () => z.number().int().positive();

/** What may stand in a plan. */
export const planSchema = z
  .strictObject({
    ...input,
    recipe: z
      .enum(recipeChoices)
      .default("tuned")
      .describe(
        "what sets the options of each method. tuned: rates and epochs of each method by rules, found by a search on validation; controlled: the same rate and batch size for all; both: one after the other; demo: as attune demo; own: only this plan and the defaults of train",
      ),
    methods: z.array(z.enum(methodNames)).optional().describe("methods to compare (default: none, if runs are given)"),
    ranks: z.array(count()).min(1).default(DEFAULT_RANKS).describe("ranks of the methods that have one (LoRA)"),
    seeds: z
      .union([count(), z.array(withoutDefault(seed)).min(1)])
      .default(1)
      .describe(`number of seeds, counted from ${FIRST_SEED}, or a list of seeds`),
    jobs: count()
      .default(1)
      .describe("number of runs at the same time; with more than one, their times cannot be compared"),
    threads: withoutDefault(threads).optional().describe("threads for all runs together (default: all)"),
    ...sharedGrids,
    options: z.strictObject(optionsByMethod).optional().describe("options of one method in all its runs, by method"),
    runs: z
      .array(z.discriminatedUnion("method", entries as unknown as [z.ZodObject, ...z.ZodObject[]]))
      .optional()
      .describe("further runs, each a method with options; a list of values for an option means one run per value"),
  })
  .describe("a study of attune compare");

type Grids<T> = { readonly [Key in keyof T]?: T[Key] | readonly NonNullable<T[Key]>[] };
type SharedGiven = Pick<SharedOptions, keyof typeof shared>;

/** Options of one method, each one value or a list of values that are all tried. */
export type MethodGrid<Name extends MethodName> = Grids<SharedGiven & OptionsByMethod[Name]>;

/** A plan as one writes it; of an option of `train`, a list of values stands for as many runs of each method. */
export type Plan = Grids<SharedGiven> &
  Omit<Pick<SharedOptions, keyof typeof input>, "data"> & {
    /** A folder with splits, one file, or a name on the Hub. */
    readonly data: string;
    /** Where each method's options come from. @default "tuned" */
    readonly recipe?: RecipeChoice;
    /** @default none, full, probe, prompt, prefix and lora; nothing where `runs` are given */
    readonly methods?: readonly MethodName[];
    /** Ranks of the methods that have one. @default [2, 4, 8, 16, 32] */
    readonly ranks?: readonly number[];
    /** How many seeds, from 42 on, or a list of them. @default 1 */
    readonly seeds?: number | readonly number[];
    /** Runs at once; with more than one, their times cannot be compared. @default 1 */
    readonly jobs?: number;
    /** Threads of all runs together. @default all */
    readonly threads?: number;
    /** Options of one method in all its runs. */
    readonly options?: { readonly [Name in keyof OptionsByMethod]?: MethodGrid<Name> };
    /** Further runs; a list of values for an option stands for as many runs. */
    readonly runs?: readonly { [Name in MethodName]: { readonly method: Name } & MethodGrid<Name> }[MethodName][];
  };

/** A plan after all defaults. */
export type ResolvedPlan = Plan & {
  readonly model: string;
  readonly recipe: RecipeChoice;
  readonly methods: readonly MethodName[];
  readonly ranks: readonly number[];
  readonly seeds: readonly number[];
  readonly jobs: number;
};
