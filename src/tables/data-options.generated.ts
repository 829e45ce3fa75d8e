/** How tables are read, as one writes it. Made by `npm run options` from the schemas; not to be changed by hand. */

/** How tables are read. */
export interface DataOptions {
  /** Column of the text; two columns, separated by a comma, make a sentence pair. @default detected */
  readonly text?: string | undefined;
  /** Column of the label; with `multiLabel` also one column per label, separated by commas. @default detected */
  readonly label?: string | undefined;
  /** Column of row ids. @default the column id, if there is one */
  readonly id?: string | undefined;
  /** Rows with the same value in this column stay in one split, where Attune makes the splits. */
  readonly group?: string | undefined;
  /**
   * A text may have any number of labels: as a list, as a separated text, or with one column per label.
   * @default false
   */
  readonly multiLabel?: boolean | undefined;
  /** Separator between labels in one cell. @default detected */
  readonly labelSeparator?: string | undefined;
  /** Delimiter of CSV and TSV: one character, or "tab". @default detected */
  readonly delimiter?: string | undefined;
  /** Quote character of CSV and TSV, or "none" where quotes are part of the texts. @default detected */
  readonly quote?: string | undefined;
  /** Character before a quote that belongs to the text, in CSV and TSV: " or "backslash". @default detected */
  readonly escape?: string | undefined;
  /** Encoding of text files, such as latin-1 or windows-1252. @default UTF-8; UTF-16 is detected */
  readonly encoding?: string | undefined;
  /** Whether the first row of CSV and TSV names the columns. @default detected */
  readonly header?: boolean | undefined;
  /**
   * Texts that stand in two splits: once removes them from all but the last of train, validation and test; keep leaves
   * them.
   * @default "once"
   */
  readonly sharedTexts?: "once" | "keep" | undefined;
}
