/** Recipes: the options that each method is trained with, and where each value comes from. */
import { AttuneError } from "../base/error.ts";
import { original, type Sourced, type Sources, searchedOnMini } from "../methods/recipe-entry.ts";
import { methodOf } from "../methods/registry.ts";

export interface Recipe {
  /** One sentence for `--help` and reports. */
  readonly summary: string;
  /** Options of every method; those of one method stand in its own file and count more. */
  readonly shared: Sources;
  /** What a reader of the results should know, whatever the methods. */
  readonly note?: string;
}

export const recipes = {
  controlled: {
    summary: "every method with the same learning rate, as in the original experiment",
    shared: {
      learningRate: original(1e-4),
      epochs: original(10),
      batchSize: original(16),
      schedule: original("linear"),
      bestMetric: original("loss"),
      semantics: original("peft"),
    },
  },
  tuned: {
    summary: "each method with its own learning rate, and a head that is chosen",
    shared: {
      epochs: { value: 10, source: "as many as in the controlled recipe" },
      batchSize: { value: 16, source: "the smaller batch of Devlin et al. 2019" },
      schedule: { value: "linear", source: "Devlin et al. 2019" },
      bestMetric: { value: "loss", source: "as in the controlled recipe" },
    },
  },
  demo: {
    summary: "few epochs and high learning rates, for the small encoder and the few texts of attune demo",
    shared: {
      epochs: { value: 3, source: "so that attune demo takes at most two minutes" },
      batchSize: { value: 16, source: "as in the tuned recipe" },
      schedule: { value: "linear", source: "as in the tuned recipe" },
      bestMetric: { value: "f1", source: "with so few texts the loss rises while the scores still do" },
      labelSmoothing: searchedOnMini(0.1),
      head: { value: "mean", source: "the mini encoder has no pooler, and its mean was taught" },
    },
    note: "It is made to be quick. For data of your own take the tuned recipe.",
  },
} as const satisfies Record<string, Recipe>;

export type NamedRecipe = keyof typeof recipes;
export const recipeNames = Object.keys(recipes) as NamedRecipe[];

/**
 * What a recipe gives a method beside the options that are given, by option.
 *
 * @throws AttuneError where the method trains and nobody says at which learning rate: the default of `train` suits few
 */
export function recipeOptions(
  name: NamedRecipe,
  method: string,
  given: Readonly<Record<string, unknown>>,
): Record<string, Sourced> {
  const { trainsNothing, recipes: entries } = methodOf(method);
  const { shared }: Recipe = recipes[name];
  const all: Sources = { ...shared, ...entries?.[name]?.options };
  if (!trainsNothing && !all.learningRate && given.learningRate === undefined)
    throw new AttuneError(
      "plan/recipe",
      `the recipe "${name}" has no learning rate for the method "${method}"; give it one under options, or take the recipe "own"`,
    );
  return Object.fromEntries(Object.entries(all).filter(([key]) => !(key in given)));
}
