/** How a delimited file is written: what was asked for, and the rest from its first rows. */
import { parse } from "csv-parse/sync";
import { isRoleName } from "./column-names.ts";
import { delimiterOf, quoteOf, type TableFormat } from "./table-format.ts";
import type { TextFile } from "./text-file.ts";

export interface Dialect {
  readonly delimiter: string;
  /** False where quotes are part of the text. */
  readonly quote: string | false;
  readonly header: boolean;
  /** In words. */
  readonly found: readonly string[];
}

const NAMES: Readonly<Record<string, string>> = {
  ",": "comma",
  "\t": "tab",
  ";": "semicolon",
  "|": "bar",
  " ": "space",
};
const CANDIDATES = [",", "\t", ";", "|"];

/** `usual` is the delimiter that the file's ending promises; it holds unless the header shows another. */
export function lookAtDelimited(file: TextFile, usual: string, format: TableFormat): Dialect {
  const sample = wholeLines(file);
  const asked = delimiterOf(format);
  const delimiter = asked ?? findDelimiter(sample, usual);
  const quote = quoteOf(format) ?? findQuote(sample, delimiter);
  const header = format.header ?? hasHeader(parseSample(sample, delimiter, quote) ?? []);
  const found = [
    `${NAMES[delimiter] ?? JSON.stringify(delimiter)}-separated`,
    ...(quote === false ? ["quotes are part of the text"] : []),
    ...(header ? [] : ["no header, so columns are called by their numbers"]),
  ];
  return { delimiter, quote, header, found };
}

/** The head without a line that may be cut off. */
function wholeLines({ head, isWhole }: TextFile): Buffer {
  const end = Math.max(head.lastIndexOf("\n"), head.lastIndexOf("\r"));
  return isWhole || end < 0 ? head : head.subarray(0, end + 1);
}

/** Records of the sample, or undefined where it cannot be read so. */
function parseSample(sample: Buffer, delimiter: string, quote: string | false): string[][] | undefined {
  try {
    return parse(sample, {
      delimiter,
      quote,
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: true,
      relax_column_count: true,
    });
  } catch {
    return undefined;
  }
}

function findDelimiter(sample: Buffer, usual: string): string {
  const header = (delimiter: string): number => {
    const first = sample.subarray(0, firstLineEnd(sample));
    return (parseSample(first, delimiter, '"') ?? parseSample(first, delimiter, false))?.[0]?.length ?? 0;
  };
  const others = CANDIDATES.filter((candidate) => candidate !== usual);
  return [usual, ...others].find((delimiter) => header(delimiter) > 1) ?? usual;
}

function firstLineEnd(sample: Buffer): number {
  const found = /\S[^\r\n]*/.exec(sample.toString("latin1"));
  return found ? found.index + found[0].length : sample.length;
}

/** Tables with tabs often have no quotes at all, and texts with quotes in them. */
function findQuote(sample: Buffer, delimiter: string): string | false {
  if (delimiter !== "\t") return '"';
  const isEven = (rows: string[][] | undefined) => rows?.every((row) => row.length === rows[0]!.length) ?? false;
  if (isEven(parseSample(sample, delimiter, '"'))) return '"';
  return isEven(parseSample(sample, delimiter, false)) ? false : '"';
}

/** A first row without a usual name, and with a word that the rows below it have as well, is a row like them. */
function hasHeader([first, ...rows]: readonly (readonly string[])[]): boolean {
  if (!first || rows.length < 4 || first.some(isRoleName)) return true;
  return !first.some((cell, column) => {
    const others = rows.map((row) => row[column]);
    return (
      cell !== "" && others.filter((other) => other === cell).length > 1 && new Set(others).size <= rows.length / 2
    );
  });
}
