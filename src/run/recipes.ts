/** Recipes: the options that each method is trained with, and where each value comes from. */
import { AttuneError } from "../base/error.ts";
import {
  original,
  type Sourced,
  type Sources,
  searched,
  searchedOnMini,
  type TaskSize,
} from "../methods/recipe-entry.ts";
import { methodOf } from "../methods/registry.ts";
import type { HeadName } from "../models/head-choice.ts";
import type { FittingHead } from "../pretrained/fitting-head.ts";
import { stepsPerEpoch } from "../train/trainer.ts";

export interface Recipe {
  /** One sentence for `--help` and reports. */
  readonly summary: string;
  /** Options of every method; those of one method stand in its own file and count more. */
  readonly shared: Sources;
  /** What a reader of the results should know, whatever the methods. */
  readonly note?: string;
}

/** Steps that a method gets at least, and epochs at least and at most: few texts are read more often. */
const STEPS = 600;
const EPOCHS = { least: 3, most: 20 } as const;

/** Epochs that make up the budget of steps. */
const epochsFor = ({ stepsPerEpoch: steps }: TaskSize): Sourced =>
  searched(Math.min(EPOCHS.most, Math.max(EPOCHS.least, Math.ceil(STEPS / steps))));

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
      head: original("pooler"),
    },
  },
  tuned: {
    summary: "each method with its own learning rates and epochs, by rules from the size of task and model",
    shared: {
      epochs: epochsFor,
      batchSize: { value: 16, source: "the smaller batch of Devlin et al. 2019" },
      schedule: { value: "linear", source: "Devlin et al. 2019" },
      bestMetric: searched("f1"),
      earlyStopping: searched(4),
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
/** `own`: only what is given, and the defaults of `train`. */
export const recipeChoices = [...recipeNames, "own"] as const;
export type RecipeName = (typeof recipeChoices)[number];

/** What a recipe must know of the data and the model. */
export interface RecipeFacts extends Omit<TaskSize, "stepsPerEpoch" | "steps" | "drawnHead"> {
  /** The head that the model's files ask for. */
  readonly head: FittingHead;
}

/**
 * What a recipe, and the model's files as for the head, give a method beside the options that are given, by option. Where a
 * learning rate is given, so is that of the head.
 *
 * @throws AttuneError where the method trains and nobody says at which learning rate
 */
export function recipeOptions(
  name: RecipeName,
  method: string,
  given: Readonly<Record<string, unknown>>,
  facts: RecipeFacts,
): Record<string, Sourced> {
  const { trainsNothing, recipes: entries } = methodOf(method);
  // A head that is trained already is the model's own, and stays as it is.
  const fitting: Sources = facts.head.isTrained ? {} : { head: { value: facts.head.head, source: facts.head.reason } };
  const all: Sources =
    name === "own" ? fitting : { ...fitting, ...(recipes[name] as Recipe).shared, ...entries?.[name]?.options };
  if (name !== "own" && !trainsNothing && !all.learningRate && given.learningRate === undefined)
    throw new AttuneError(
      "plan/recipe",
      `the recipe "${name}" has no learning rate for the method "${method}"; give it one, or take the recipe "own"`,
    );
  const found: Record<string, Sourced> = {};
  const settled = (key: string) => given[key] ?? found[key]?.value;
  const settle = (keys: readonly string[], size: TaskSize) => {
    for (const key of keys) {
      const rule = all[key];
      const settled = typeof rule === "function" ? rule(size) : rule;
      if (settled && given[key] === undefined) found[key] = settled;
    }
  };
  const numberOf = (key: string, otherwise: number) => (settled(key) as number | undefined) ?? otherwise;
  const unknown = { ...facts, stepsPerEpoch: 0, steps: 0, drawnHead: undefined };
  // Steps depend on the batch, epochs on steps, and rates on both and on the head.
  settle(["head", "batchSize", "gradientAccumulation"], unknown);
  const perEpoch = stepsPerEpoch(facts.texts, {
    batchSize: numberOf("batchSize", 16),
    gradientAccumulation: numberOf("gradientAccumulation", 1),
  });
  settle(["epochs"], { ...unknown, stepsPerEpoch: perEpoch });
  const head = (settled("head") ?? facts.head.head) as HeadName | "auto";
  const isTrained = facts.head.isTrained && head === facts.head.head;
  const isLinear = head === "cls" || head === "mean" || head === "max";
  settle(
    Object.keys(all).filter((key) => !(key in found)),
    {
      ...facts,
      stepsPerEpoch: perEpoch,
      steps: perEpoch * numberOf("epochs", 3),
      drawnHead: isTrained ? undefined : isLinear ? "linear" : "deep",
    },
  );
  return found;
}
