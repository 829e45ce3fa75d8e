/** Options that nobody gave, settled by the recipe and the model's files once data and model are known. */
import { methodOf } from "../methods/registry.ts";
import { fittingHead } from "../pretrained/fitting-head.ts";
import { openModel } from "../pretrained/open-model.ts";
import type { Dataset } from "../tables/dataset.ts";
import { type RecipeFacts, type RecipeName, recipeOptions } from "./recipes.ts";
import { type ResolvedTrainOptions, resolveOptions, trainOptions, withAdapter } from "./train-options.ts";

/** What recipes must know of a model, with the head that fits its files, and of data whose training split is limited already. */
export const recipeFacts = (
  { labels, multiLabel, splits }: Dataset,
  { hiddenSize }: Pick<RecipeFacts, "hiddenSize">,
  head: RecipeFacts["head"],
): RecipeFacts => ({ texts: splits.train.length, labels: labels.length, multiLabel, hiddenSize, head });

/** The same of a model folder that is not open. */
export async function readRecipeFacts(folder: string, dataset: Dataset): Promise<RecipeFacts> {
  const model = await openModel(folder, dataset.labels);
  model.close();
  return recipeFacts(dataset, model.encoder, fittingHead(model, folder, dataset.labels));
}

/** The recipe of a run: the one that is asked for; else `tuned`, where no learning rate is given and it knows the method. */
function recipeOf(given: Readonly<Record<string, unknown>>, method: string): RecipeName {
  if (given.recipe !== undefined) return given.recipe as RecipeName;
  const { recipes, trainsNothing } = methodOf(method);
  return given.learningRate === undefined && (trainsNothing || recipes?.tuned) ? "tuned" : "own";
}

/**
 * All options of a run. What is given counts; an adapter keeps its form and its head, so that there only rates and epochs are
 * settled.
 */
export function settleOptions(options: object, facts: RecipeFacts): ResolvedTrainOptions {
  const given = withAdapter(options);
  const { method } = resolveOptions(given);
  const recipe = recipeOf(given, method);
  const found = Object.entries(recipeOptions(recipe, method, given, facts)).filter(
    ([key]) => given.adapter === undefined || (key !== "head" && Object.hasOwn(trainOptions.shape, key)),
  );
  const values = Object.fromEntries(found.map(([key, { value }]) => [key, value]));
  return resolveOptions({ ...values, ...given, recipe });
}
