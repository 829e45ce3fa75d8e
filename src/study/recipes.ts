/** Recipes: the options that each method is trained with, and where each value comes from. */
import type { MethodName } from "../methods/registry.ts";

/** The value of an option with where it comes from. */
export interface Sourced {
  readonly value: unknown;
  /** For reports, as in "learning rate 1e-4 (the original experiment)". */
  readonly source: string;
}

type Sources = Readonly<Record<string, Sourced>>;

export interface Recipe {
  /** One sentence for `--help` and reports. */
  readonly summary: string;
  /** Options of every method. */
  readonly shared: Sources;
  /** Options of one method, which count more. */
  readonly methods: { readonly [Name in MethodName]?: Sources };
  readonly notes: readonly RecipeNote[];
}

/** What a reader of the results should know. */
export interface RecipeNote {
  readonly text: string;
  /** The method of which it tells, where that is one: without that method there is nothing to know. */
  readonly of?: MethodName;
}

const original = (value: unknown): Sourced => ({ value, source: "the original experiment" });

const searched = (value: unknown): Sourced => ({
  value,
  source: "searched on MiniLM and dair-ai/emotion, on validation: docs/recipes.md",
});

/** Of the demo, whose texts and encoder are small and whose epochs are few. */
const searchedOnMini = (value: unknown): Sourced => ({
  value,
  source: "searched on the mini encoder and attune:emotions, on validation: docs/recipes.md",
});

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
    methods: {
      probe: {
        semantics: {
          value: "attune",
          source: "the original experiment: its frozen layers ran without dropout, so their outputs are kept",
        },
      },
      lora: { alpha: original(8) },
    },
    notes: [
      {
        of: "probe",
        text:
          "The probe is a linear layer on the frozen pooler. Its frozen layers run without dropout, so that their outputs " +
          "are computed once; nothing else in it differs from PEFT's way. Every other method has dropout in frozen layers " +
          "too, as PEFT has it.",
      },
      { of: "lora", text: "LoRA's alpha is 8 for every rank, so its matrices count less the higher the rank is." },
    ],
  },
  tuned: {
    summary: "each method with its own learning rate, and a head that is chosen",
    shared: {
      epochs: { value: 10, source: "as many as in the controlled recipe" },
      batchSize: { value: 16, source: "the smaller batch of Devlin et al. 2019" },
      schedule: { value: "linear", source: "Devlin et al. 2019" },
      bestMetric: { value: "loss", source: "as in the controlled recipe" },
    },
    methods: {
      full: { learningRate: searched(1e-4) },
      probe: {
        learningRate: searched(5e-3),
        head: { value: "auto", source: "chosen on validation" },
      },
      prompt: { learningRate: searched(5e-2) },
      prefix: { learningRate: searched(1e-2) },
      lora: { learningRate: searched(2e-3), alpha: searched(8) },
      bitfit: { learningRate: searched(1e-3) },
    },
    notes: [
      {
        of: "lora",
        text: "LoRA's alpha is 8 for every rank, as Hu et al. keep it when the rank changes, so one learning rate suits all ranks.",
      },
    ],
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
    methods: {
      full: { learningRate: searchedOnMini(3e-4) },
      probe: { learningRate: searchedOnMini(1e-2) },
      prompt: { learningRate: searchedOnMini(3e-2) },
      prefix: { learningRate: searchedOnMini(2e-2) },
      lora: { learningRate: searchedOnMini(5e-3), alpha: { value: 8, source: "as in the tuned recipe" } },
      bitfit: { learningRate: searchedOnMini(1e-2) },
    },
    notes: [{ text: "It is made to be quick. For data of your own take the tuned recipe." }],
  },
} as const satisfies Record<string, Recipe>;

export type NamedRecipe = keyof typeof recipes;
export const recipeNames = Object.keys(recipes) as NamedRecipe[];

/** What a recipe gives a method beside the options that are given, by option. */
export function recipeOptions(
  name: NamedRecipe,
  method: MethodName,
  given: Readonly<Record<string, unknown>>,
): Record<string, Sourced> {
  const { shared, methods }: Recipe = recipes[name];
  const own = Object.entries({ ...shared, ...methods[method] }).filter(([key]) => !(key in given));
  return Object.fromEntries(own);
}
