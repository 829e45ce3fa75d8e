/** CSV and TSV, a chunk of the file at a time: records that are plain by scanning, others by csv-parse. */
import { CsvError, parse } from "csv-parse";
import { AttuneError } from "../base/error.ts";
import { plural } from "../base/format.ts";
import { type Dialect, lookAtDelimited } from "./delimited-dialect.ts";
import { type DelimitedRecord, PlainRecords } from "./plain-records.ts";
import { type Row, SAMPLE_ROWS, type Table } from "./table.ts";
import type { TableFormat } from "./table-format.ts";
import { openTextFile, type TextFile } from "./text-file.ts";

/** A row that is longer is one whose quote is not closed. */
const LONGEST_ROW_BYTES = 1 << 24;

/** Of a row that cannot be read, so much is looked at. */
const LONGEST_LOOKED_AT = 1 << 16;

/** A table with quotes as in RFC 4180 and any line ends; `usual` is the delimiter of its kind, where that has one. */
export async function openDelimited(path: string, usual?: "," | "\t", format: TableFormat = {}): Promise<Table> {
  const file = await openTextFile(path, format.encoding);
  const dialect = lookAtDelimited(file, usual, format);
  const head = await headOf(file, dialect);
  const columns = [...new Set(head.names.filter((name) => name !== ""))];
  const repeated = columns.filter((name) => head.names.indexOf(name) !== head.names.lastIndexOf(name));
  const rows = (wanted: readonly string[]) => rowsOf(file, dialect, head, wanted);
  const sample: Row[] = [];
  for await (const batch of rows(columns)) {
    sample.push(...batch.slice(0, SAMPLE_ROWS - sample.length));
    if (sample.length === SAMPLE_ROWS) break;
  }
  return {
    path,
    columns,
    repeated: { columns: repeated, line: head.line },
    hasHeader: dialect.header,
    unit: "line",
    textOnly: true,
    found: [
      ...dialect.found,
      ...(file.encoding === "utf-8" ? [] : [file.encoding.toUpperCase()]),
      ...leftOut(head.names, repeated),
    ],
    sample,
    classNames: () => undefined,
    rows,
  };
}

interface Head {
  /** One for each field of a row; "" where the header has none. */
  readonly names: readonly string[];
  /** Records before the first row. */
  readonly skipped: number;
  readonly line: number;
}

async function headOf(file: TextFile, dialect: Dialect): Promise<Head> {
  const before = dialect.hasSeparatorLine ? 1 : 0;
  let place = 0;
  for await (const batch of records(file, dialect))
    for (const { fields, line } of batch) {
      if (place++ < before) continue;
      if (!dialect.header) return { names: fields.map((_, i) => String(i + 1)), skipped: before, line };
      return { names: fields.map((name) => name.trim()), skipped: before + 1, line };
    }
  return { names: [], skipped: before, line: 1 };
}

/** What is said of columns that cannot be asked for. */
function leftOut(names: readonly string[], repeated: readonly string[]): string[] {
  const unnamed = names.filter((name) => name === "").length;
  return [
    ...(unnamed === 0 ? [] : [`${plural(unnamed, "column")} without a name left out`]),
    ...repeated.map((name) => `the column "${name}" is there more than once`),
  ];
}

async function* rowsOf(
  file: TextFile,
  dialect: Dialect,
  { names, skipped }: Head,
  wanted: readonly string[],
): AsyncGenerator<readonly Row[]> {
  const places = wanted.map((name) => names.indexOf(name));
  let before = skipped;
  for await (const batch of records(file, dialect)) {
    const rows: Row[] = [];
    for (const { fields, line } of batch) {
      if (before > 0) before--;
      else if (fields.length !== names.length) throw ragged(file.path, line, fields, names.length, dialect);
      else rows.push({ place: line, values: places.map((column) => fields[column]) });
    }
    if (rows.length > 0) yield rows;
  }
}

/** A record that is longer is csv-parse's, which remembers how far it has come in it. */
const LONGEST_SCANNED_BYTES = 1 << 20;

/** All records with the lines on which they begin; empty lines are none. */
async function* records(file: TextFile, dialect: Dialect): AsyncGenerator<readonly DelimitedRecord[]> {
  const chunks = file.chunks();
  try {
    const plain = PlainRecords.of(dialect);
    const rest = plain ? yield* plainRecords(chunks, plain) : NONE;
    if (rest) yield* parsedRecords(file.path, joined(rest, chunks), plain?.line ?? 1, dialect);
  } finally {
    await chunks.return(undefined);
  }
}

const NONE = Buffer.alloc(0);

/** Records as long as they are plain; returns what was read and is not among them, or undefined where they all are. */
async function* plainRecords(
  chunks: AsyncGenerator<Buffer>,
  plain: PlainRecords,
): AsyncGenerator<readonly DelimitedRecord[], Buffer | undefined> {
  for (let rest = NONE; ; ) {
    const { value: chunk, done: isLast = false } = await chunks.next();
    const bytes = isLast ? rest : rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const { records, taken, isPlain } = plain.take(bytes, isLast);
    yield records;
    rest = bytes.subarray(taken);
    if (!isPlain || rest.length > LONGEST_SCANNED_BYTES) return rest;
    if (isLast) return undefined;
  }
}

async function* joined(first: Buffer, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* chunks;
}

/** All records of what begins on line `first`. */
async function* parsedRecords(
  path: string,
  chunks: AsyncGenerator<Buffer>,
  first: number,
  dialect: Dialect,
): AsyncGenerator<readonly DelimitedRecord[]> {
  const { delimiter, quote, trim } = dialect;
  const lines = new LineCounter(first);
  let batch: DelimitedRecord[] = [];
  let end = 0;
  const parser = parse({
    delimiter,
    quote,
    escape: dialect.escape,
    trim,
    // All three, not the first one found: a file put together from others may have several.
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    relax_column_count: true, // Checked where the line is known.
    max_record_size: LONGEST_ROW_BYTES,
    on_record: ((fields: readonly string[], info: { readonly bytes: number }) => {
      batch.push({ fields, line: lines.after(end) });
      end = info.bytes;
      return null;
    }) as never,
  });
  const ended = new Promise<void>((resolve) => parser.once("close", resolve));
  parser.on("error", () => {}); // Asked for below.
  parser.resume();
  try {
    for await (const chunk of chunks) {
      lines.see(chunk);
      parser.write(chunk); // It has no asynchronous work to do, so its records are there when this returns.
      if (parser.errored) break;
      yield batch;
      batch = [];
    }
    if (!parser.errored) parser.end();
    await ended;
    yield batch;
    if (parser.errored) throw explain(path, lines, end, parser.errored, dialect);
  } finally {
    parser.destroy();
  }
}

/** Where looking at the first rows has not shown it: only those behind have backslashes before quotes. */
const BACKSLASH = ", or say --escape backslash if backslashes stand before quotes";

function ragged(path: string, line: number, fields: readonly string[], columns: number, dialect: Dialect): AttuneError {
  const has = plural(fields.length, "field");
  const isEscaped = dialect.escape !== "\\" && fields.some((field) => field.endsWith("\\"));
  const advice =
    dialect.quote === false
      ? "remove the extra delimiters"
      : `put texts with delimiters in quotes${isEscaped ? BACKSLASH : ""}`;
  return new AttuneError(
    "data/ragged",
    `${path}, line ${line}: this row has ${has}, the header has ${columns}; ${advice}`,
  );
}

function explain(path: string, lines: LineCounter, end: number, error: Error, dialect: Dialect): Error {
  if (!(error instanceof CsvError)) return error;
  const { quote } = dialect;
  const where = `${path}, line ${lines.after(end)}`;
  const isEscaped = dialect.escape !== "\\" && lines.row().includes(`\\${quote}`);
  const or = `or say --quote none if quotes are part of the texts${isEscaped ? BACKSLASH : ""}`;
  // The line is the one where the row begins, which is where to look for the quote.
  if (error.code === "CSV_QUOTE_NOT_CLOSED" || error.code === "CSV_MAX_RECORD_SIZE")
    return new AttuneError(
      "data/quote",
      `${where}: a quote that opens in this row is never closed; close it, double it if it belongs to the text, ${or}`,
    );
  if (error.code === "CSV_INVALID_CLOSING_QUOTE" || error.code === "INVALID_OPENING_QUOTE")
    return new AttuneError(
      "data/quote",
      `${where}: there is a single quote (${quote}) inside a field; put the field in quotes and double the quotes in it, ${or}`,
    );
  return new AttuneError("data/csv", `${where}: ${error.message}`, "input", { cause: error });
}

/** The line on which the first record after an offset begins; offsets must grow. */
class LineCounter {
  /** Bytes that were seen and not yet counted, and where in the file they begin. */
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #line: number;

  constructor(line: number) {
    this.#line = line;
  }

  see(chunk: Buffer): void {
    this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, chunk]) : chunk;
  }

  /** What follows that record, as far as it was seen. */
  row(): Buffer {
    return this.#bytes.subarray(0, LONGEST_LOOKED_AT);
  }

  after(offset: number): number {
    const bytes = this.#bytes;
    const [lineFeed, carriageReturn] = [0x0a, 0x0d];
    let at = 0;
    const end = offset - this.#start;
    for (; at < end || bytes[at] === lineFeed || bytes[at] === carriageReturn; at++)
      if (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed)) this.#line++;
    this.#bytes = bytes.subarray(at);
    this.#start += at;
    return this.#line;
  }
}
