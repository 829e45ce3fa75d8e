/** A table as every reader gives it: rows that know where they stand. */

export interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the row stands, for errors: "line 12" or "row 12". */
  readonly place: string;
}

export interface Table {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Whether the format has no types, so that numbers are text as well. */
  readonly textOnly: boolean;
  /** Label names that the file's own metadata gives to the integers of a column. */
  classNames(column: string): readonly string[] | undefined;
}
