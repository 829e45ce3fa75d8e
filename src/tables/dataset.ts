/** What every data source becomes: labelled texts in named splits, with the label order fixed. */
import type { Place } from "./equal-texts.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import type { Roles } from "./roles.ts";

/** One labelled text. `label` is an index into the data set's `labels`. */
export interface Example {
  readonly id: string;
  readonly text: string;
  /** The second text of a sentence pair. */
  readonly pair?: string;
  /** -1 where a text may have any number of labels. */
  readonly label: number;
  /** All labels in order, where a text may have any number. */
  readonly labels?: readonly number[];
}

/** A text, or the two of a sentence pair. */
export type Text = string | readonly [string, string];

/** What a text should be: one label, or where there may be any number, all of them. */
export type Truth = number | readonly number[];

export type SplitName = "train" | "validation" | "test";

/** Labelled texts in order, made into objects only when they are asked for: a million of them fit into memory. */
export class Examples implements Iterable<Example> {
  readonly length: number;
  readonly #rows: LabelledRows;
  readonly #order: Int32Array;
  /** Label of each name in `rows`. */
  readonly #labels: Int32Array;

  constructor(rows: LabelledRows, order: Int32Array, labels: Int32Array) {
    this.length = order.length;
    this.#rows = rows;
    this.#order = order;
    this.#labels = labels;
  }

  get isMultiLabel(): boolean {
    return this.#rows.isMultiLabel;
  }

  get isPair(): boolean {
    return this.#rows.texts.length > 1;
  }

  at(index: number): Example {
    const text = this.text(index);
    const truth = this.truth(index);
    return {
      id: this.#rows.idOf(this.#order[index]!),
      ...(typeof text === "string" ? { text } : { text: text[0], pair: text[1] }),
      ...(typeof truth === "number" ? { label: truth } : { label: -1, labels: truth }),
    };
  }

  /** Where its row is. */
  place(index: number): Place {
    return { rows: this.#rows, row: this.#order[index]! };
  }

  text(index: number): Text {
    const row = this.#order[index]!;
    const [first, second] = this.#rows.texts;
    return second ? [first!.at(row), second.at(row)] : first!.at(row);
  }

  truth(index: number): Truth {
    const labels = this.#rows.labelsOf(this.#order[index]!);
    if (!this.isMultiLabel) return this.#labels[labels[0]!]!;
    return Array.from(labels, (name) => this.#labels[name]!).sort((a, b) => a - b);
  }

  /** The truths of all texts. */
  truths(): Truth[] {
    return Array.from({ length: this.length }, (_, i) => this.truth(i));
  }

  *[Symbol.iterator](): Iterator<Example> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  map<T>(change: (example: Example, index: number) => T): T[] {
    return Array.from({ length: this.length }, (_, i) => change(this.at(i), i));
  }

  /** A part of them, without copying texts. */
  slice(from?: number, to?: number): Examples {
    return new Examples(this.#rows, this.#order.subarray(from, to), this.#labels);
  }

  /** Some of them by index, without copying texts. */
  pick(indices: Int32Array): Examples {
    return new Examples(
      this.#rows,
      indices.map((index) => this.#order[index]!),
      this.#labels,
    );
  }

  /** At most so many of them, evenly chosen: in many files, equal labels stand together. */
  spread(most: number): Examples {
    if (this.length <= most) return this;
    const order = Int32Array.from({ length: most }, (_, i) => this.#order[Math.floor((i * this.length) / most)]!);
    return new Examples(this.#rows, order, this.#labels);
  }
}

/** Labelled texts, ready to be trained on. */
export interface Dataset {
  /** Label names; an example's `label` indexes them. */
  readonly labels: readonly string[];
  /** Whether a text may have any number of labels. */
  readonly multiLabel: boolean;
  readonly splits: Readonly<Record<SplitName, Examples>>;
  /** Whether a split was made from another. */
  readonly madeSplits: boolean;
  /** How the files were read, in one line: format and columns. */
  readonly reading: string;
  /** Which columns held what. */
  readonly columns: Roles;
  /** What the user should know: splits that were made, texts that were taken out or are empty. */
  readonly notes: readonly string[];
  /** Those of the notes that say how splits were made. */
  readonly splitNotes: readonly string[];
  /** SHA-256 over labels, ids, texts and labels of all splits in order: equal hashes mean equal training data. */
  readonly sha256: string;
}

/** Texts of each label. */
export function labelCounts(truths: Iterable<Truth>, labelCount: number): number[] {
  const counts = new Array<number>(labelCount).fill(0);
  for (const truth of truths) for (const label of typeof truth === "number" ? [truth] : truth) counts[label]!++;
  return counts;
}
