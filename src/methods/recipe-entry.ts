/** What a recipe gives one method, and where each value comes from. */

/** The value of an option with where it comes from. */
export interface Sourced {
  readonly value: unknown;
  /** For reports, as in "learning rate 1e-4 (the original experiment)". */
  readonly source: string;
}

/** How large a task and a model are: all that a value may depend on. */
export interface TaskSize {
  /** Training texts. */
  readonly texts: number;
  readonly labels: number;
  /** Whether a text may have any number of them. */
  readonly multiLabel: boolean;
  /** Of the encoder. */
  readonly hiddenSize: number;
  /** Optimizer steps of one epoch, and of the whole run. */
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /** Whether the head's last layer is all of it that is trained, which can take a high rate; undefined where nothing is drawn. */
  readonly drawnHead: "linear" | "deep" | undefined;
}

/** A value, or a rule that has one for a task and a model, and none where it has nothing to say. */
export type SourcedRule = Sourced | ((size: TaskSize) => Sourced | undefined);

export type Sources = Readonly<Record<string, SourcedRule>>;

/** A method's part of a recipe. */
export interface RecipeEntry {
  readonly options: Sources;
  /** What a reader of the results should know. */
  readonly note?: string;
}

export const original = (value: unknown): Sourced => ({ value, source: "the original experiment" });

const SEARCH = "searched on validation, over data sets and encoders: docs/recipes.md";

export const searched = (value: unknown): Sourced => ({ value, source: SEARCH });

/** For the demo, whose texts and encoder are small and whose epochs are few. */
export const searchedOnMini = (value: unknown): Sourced => ({
  value,
  source: "searched on the mini encoder and attune:emotions, on validation: docs/recipes.md",
});

/** The hidden size at which rates of the encoder were searched most. */
export const SEARCHED_WIDTH = 384;

/**
 * A value that is smaller the wider the encoder, and at most `most`. Of rates: the wider its layers, the more a step of
 * Adam's moves what they put out.
 */
export const byWidth =
  (value: number, most = Number.POSITIVE_INFINITY) =>
  ({ hiddenSize }: TaskSize): Sourced =>
    searched(Math.min(most, Number(((value * SEARCHED_WIDTH) / hiddenSize).toPrecision(2))));

/** A rate for a head that is drawn; one that the file has keeps to the method's rate. */
export const forDrawnHead =
  (rate: number) =>
  ({ drawnHead }: TaskSize): Sourced | undefined =>
    drawnHead && searched(drawnHead === "linear" ? rate : rate / 5);
