/** Rows of any table as lines of CSV, TSV or JSON Lines: values as they were, and labels as names. */
import { delimitedLine } from "../base/escape.ts";

export const endings = [".csv", ".tsv", ".jsonl"] as const;
export type Ending = (typeof endings)[number];

type Row = Readonly<Record<string, unknown>>;

export interface TableWriter {
  readonly header: string;
  /** A row with these labels. */
  line(row: Row, labels: readonly string[]): string;
}

/** `labelColumns` is one column, or one for each label. */
export function tableWriter(
  ending: Ending,
  columns: readonly string[],
  labelColumns: readonly string[],
  hasHeader: boolean,
): TableWriter {
  const relabelled = (row: Row, labels: readonly string[]): Row => ({
    ...row,
    ...(labelColumns.length === 1
      ? { [labelColumns[0]!]: labelCell(row[labelColumns[0]!], labels) }
      : Object.fromEntries(labelColumns.map((column) => [column, flagCell(row[column], labels.includes(column))]))),
  });
  if (ending === ".jsonl")
    return { header: "", line: (row, labels) => `${JSON.stringify(relabelled(row, labels), plainJson)}\n` };
  const lineOf = (cells: readonly string[]) => delimitedLine(cells, ending === ".tsv" ? "\t" : ",");
  return {
    header: hasHeader ? lineOf(columns) : "",
    line: (row, labels) => {
      const own = relabelled(row, labels);
      return lineOf(columns.map((column) => cellText(own[column])));
    },
  };
}

/** The cell as it was, where it says the same names; else the names, in the way of the cell. */
function labelCell(before: unknown, labels: readonly string[]): unknown {
  const isList = Array.isArray(before);
  const written = (isList ? before : [before]).map((value) => String(value ?? "").trim());
  if (String(written) === String(labels)) return before;
  if (isList) return labels;
  const [label = ""] = labels;
  // A list that is written as text is read as one.
  if (labels.length !== 1) return isSameList(written[0]!, labels) ? before : JSON.stringify(labels);
  if (typeof before === "number" && /^-?\d+$/.test(label)) return Number(label);
  if (typeof before === "boolean" && /^(true|false)$/.test(label)) return label === "true";
  return label;
}

/** Whether a cell with several labels has these, whatever separates them. */
const isSameList = (cell: string, labels: readonly string[]): boolean =>
  ["|", ";", ","].some(
    (separator) =>
      String(
        cell
          .split(separator)
          .map((part) => part.trim())
          .filter((part) => part !== "")
          .sort(),
      ) === String([...labels].sort()),
  );

const YES = /^(1|1\.0+|true|yes)$/i;

/** Whether a row has a label, in the way of the cell. */
function flagCell(before: unknown, isSet: boolean): unknown {
  if (YES.test(String(before ?? "").trim()) === isSet) return before;
  if (typeof before === "boolean") return isSet;
  return isSet ? 1 : 0;
}

/** 64-bit numbers that JSON has no form for. */
const plainJson = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)) : value;

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value, plainJson) : String(value);
}
