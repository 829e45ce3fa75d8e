/** How a delimited file is written: what was asked for, and the rest from its first rows. */
import { parse } from "csv-parse/sync";
import { isRoleName } from "./column-names.ts";
import { delimiterOf, escapeOf, quoteOf, type TableFormat } from "./table-format.ts";
import type { TextFile } from "./text-file.ts";

export interface Dialect extends Marks {
  readonly header: boolean;
  /** Whether the first record only says the delimiter, as Excel has it: `sep=;`. */
  readonly hasSeparatorLine: boolean;
  /** In words. */
  readonly found: readonly string[];
}

/** What stands between and around the texts of a row. */
export interface Marks {
  readonly delimiter: string;
  /** False where quotes are part of the text. */
  readonly quote: string | false;
  /** What stands before a quote that belongs to the text. */
  readonly escape: string;
  /** Whether blanks around delimiters are not part of the texts. */
  readonly trim: boolean;
}

const NAMES: Readonly<Record<string, string>> = {
  ",": "comma",
  "\t": "tab",
  ";": "semicolon",
  "|": "bar",
  " ": "space",
};
const CANDIDATES = [",", "\t", ";", "|"];
const SEPARATOR_LINE = /^\s*"?sep=([^\r\n"]?)"?[ ,;\t]*(?:\r\n|\n|\r|$)/i;

/** `usual` is the delimiter that the file's ending promises, if it does; it holds unless the rows show another. */
export function lookAtDelimited(file: TextFile, usual: string | undefined, format: TableFormat): Dialect {
  const whole = wholeLines(file);
  const separator = SEPARATOR_LINE.exec(whole.subarray(0, 64).toString("utf8"));
  const sample = separator ? whole.subarray(Buffer.byteLength(separator[0])) : whole;
  const delimiter = delimiterOf(format) ?? (separator?.[1] || findDelimiter(sample, usual));
  const marks = findMarks(sample, delimiter, format, usual === undefined || delimiter === "\t");
  const { quote, trim } = marks;
  const header = format.header ?? hasHeader(parseSample(sample, marks) ?? []);
  const found = [
    `${NAMES[delimiter] ?? JSON.stringify(delimiter)}-separated`,
    ...(quote === false ? ["quotes are part of the text"] : []),
    ...(marks.escape === "\\" ? ["backslashes before quotes"] : []),
    ...(trim ? ["blanks around delimiters left out"] : []),
    ...(header ? [] : ["no header, so columns are called by their numbers"]),
  ];
  return { ...marks, header, hasSeparatorLine: separator !== null, found };
}

/** The head without a line that may be cut off. */
function wholeLines({ head, isWhole }: TextFile): Buffer {
  const end = Math.max(head.lastIndexOf("\n"), head.lastIndexOf("\r"));
  return isWhole || end < 0 ? head : head.subarray(0, end + 1);
}

const plain = (delimiter: string, quote: string | false): Marks => ({
  delimiter,
  quote,
  escape: quote || '"',
  trim: false,
});

/** Records of the sample, or undefined where it cannot be read so. */
function parseSample(sample: Buffer, marks: Marks): string[][] | undefined {
  try {
    return parse(sample, {
      ...marks,
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: true,
      relax_column_count: true,
    });
  } catch {
    return undefined;
  }
}

const isEven = (rows: readonly string[][] | undefined): boolean =>
  rows?.every((row) => row.length === rows[0]!.length) ?? false;

function findDelimiter(sample: Buffer, usual: string | undefined): string {
  const first = sample.subarray(0, firstLineEnd(sample));
  const width = (delimiter: string): number =>
    (parseSample(first, plain(delimiter, '"')) ?? parseSample(first, plain(delimiter, false)))?.[0]?.length ?? 0;
  const order = usual === undefined ? ["\t", ";", "|", ","] : [usual, ...CANDIDATES.filter((one) => one !== usual)];
  const possible = order.filter((delimiter) => width(delimiter) > 1);
  // A first row of texts may have any of them in it; then what all rows have alike decides.
  const even = possible.find((delimiter) =>
    ['"', false as const].some((quote) => isEven(parseSample(sample, plain(delimiter, quote)))),
  );
  return even ?? possible[0] ?? usual ?? order[0]!;
}

function firstLineEnd(sample: Buffer): number {
  const found = /\S[^\r\n]*/.exec(sample.toString("latin1"));
  return found ? found.index + found[0].length : sample.length;
}

/**
 * The first way of writing by which all rows of the sample have as many fields: as in RFC 4180, with backslashes before
 * quotes, or with blanks around delimiters; in tables with tabs and in text files, which often have no quotes at all, also without.
 */
function findMarks(sample: Buffer, delimiter: string, format: TableFormat, mayBeBare: boolean): Marks {
  const quote = quoteOf(format);
  const asked = escapeOf(format);
  const first = { ...plain(delimiter, quote ?? '"'), ...(asked !== undefined && { escape: asked }) };
  const quoted: Marks[] = asked === undefined && first.quote !== false ? [{ ...first, escape: "\\" }] : [];
  const bare: Marks[] = quote === undefined && mayBeBare ? [{ ...first, quote: false }] : [];
  const trimmed = delimiter.trim() === "" ? [] : [first, ...quoted].map((marks) => ({ ...marks, trim: true }));
  if (isEven(parseSample(sample, first))) return first;
  return [...quoted, ...bare, ...trimmed].find((marks) => isEven(parseSample(sample, marks))) ?? first;
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
