/** What a recipe gives one method, and where each value comes from. */

/** The value of an option with where it comes from. */
export interface Sourced {
  readonly value: unknown;
  /** For reports, as in "learning rate 1e-4 (the original experiment)". */
  readonly source: string;
}

export type Sources = Readonly<Record<string, Sourced>>;

/** A method's part of a recipe. */
export interface RecipeEntry {
  readonly options: Sources;
  /** What a reader of the results should know. */
  readonly note?: string;
}

export const original = (value: unknown): Sourced => ({ value, source: "the original experiment" });

export const searched = (value: unknown): Sourced => ({
  value,
  source: "searched on MiniLM and dair-ai/emotion, on validation: docs/recipes.md",
});

/** For the demo, whose texts and encoder are small and whose epochs are few. */
export const searchedOnMini = (value: unknown): Sourced => ({
  value,
  source: "searched on the mini encoder and attune:emotions, on validation: docs/recipes.md",
});
