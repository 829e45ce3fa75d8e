/** A table as every reader gives it: columns by name, and rows that know where they stand. */

export interface Row {
  /** Number of the line or row, from 1; of texts in memory their index, from 0. */
  readonly place: number;
  /** In the order of the columns that were asked for. */
  readonly values: readonly unknown[];
}

export interface Table {
  readonly path: string;
  /** By name; in JSON those of the first rows. */
  readonly columns: readonly string[];
  /** Columns whose name more than one has, so that nobody can ask for them, and the line of the header. */
  readonly repeated?: { readonly columns: readonly string[]; readonly line: number };
  /** Whether the columns have their names from the first row, in formats where that is not sure. */
  readonly hasHeader?: boolean;
  /** What `place` counts. */
  readonly unit: "line" | "row" | "index";
  /** Whether the format has no types, so that numbers are text as well. */
  readonly textOnly: boolean;
  /** What looking at the file has shown: "comma-separated", "UTF-8". */
  readonly found: readonly string[];
  /** The first rows, with all columns. */
  readonly sample: readonly Row[];
  /** Label names that the file's own metadata gives to the integers of a column. */
  classNames(column: string): readonly string[] | undefined;
  /** All rows in order, some at a time, so that a table need not fit into memory. */
  rows(columns: readonly string[]): AsyncGenerator<readonly Row[]>;
}

/** Rows that looking reads at most. */
export const SAMPLE_ROWS = 1000;

/** Where a row stands, for errors. */
export const placeOf = ({ path, unit }: Pick<Table, "path" | "unit">, place: number): string =>
  unit === "index" ? `${path}[${place}]` : `${path}, ${unit} ${place}`;

/** What is in a column there: "train.csv, line 3: the label", or "data.train[2].label". */
export const cellOf = (where: string, column: string): string =>
  where.endsWith("]") ? `${where}.${column}` : `${where}: the ${column}`;
