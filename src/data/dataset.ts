/** What every data source becomes: labelled texts in named splits, with the label order fixed. */

/** One labelled text. `label` is an index into the data set's `labels`. */
export interface Example {
  readonly id: string;
  readonly text: string;
  readonly label: number;
}

export type SplitName = "train" | "validation" | "test";

/** Labelled texts, ready to be trained on. */
export interface Dataset {
  /** Label names; an example's `label` indexes them. */
  readonly labels: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly Example[]>>;
  /** What the user should know: splits that were made, columns that were chosen, empty texts that were counted. */
  readonly notes: readonly string[];
  /** SHA-256 over labels, ids, texts and labels of all splits in order: equal hashes mean equal training data. */
  readonly sha256: string;
}
