/** CSV and TSV, by csv-parse. */
import { CsvError, parse } from "csv-parse/sync";
import { AttuneError } from "../base/error.ts";
import type { Row, Table } from "./table.ts";

/** A table whose first line names its columns. Quotes and line ends as in RFC 4180, with either delimiter. */
export function readDelimited(path: string, text: string, delimiter: "," | "\t"): Table {
  const bytes = Buffer.from(text);
  const lineAfter = lineCounter(bytes);
  const rows: Row[] = [];
  let columns: readonly string[] | undefined;
  let end = 0;
  const receive = (fields: readonly string[], info: { readonly bytes: number }) => {
    const line = lineAfter(end);
    end = info.bytes;
    if (columns) rows.push({ values: valuesOf(path, line, columns, fields), place: `line ${line}` });
    else columns = checkedHeader(path, line, fields);
    return null;
  };
  try {
    parse(bytes, {
      delimiter,
      // All three, not the first one found: a file put together from others may have several.
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: true,
      relax_column_count: true, // Checked here, where the line is known.
      on_record: receive as never,
    });
  } catch (error) {
    if (error instanceof CsvError) throw explain(path, lineAfter(end), error);
    throw error;
  }
  return { path, columns: columns ?? [], rows, textOnly: true, classNames: () => undefined };
}

function checkedHeader(path: string, line: number, header: readonly string[]): readonly string[] {
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice === undefined) return header;
  throw new AttuneError("data/header", `${path}, line ${line}: the column "${twice}" is there twice; rename one`);
}

function valuesOf(path: string, line: number, columns: readonly string[], fields: readonly string[]) {
  if (fields.length === columns.length) return Object.fromEntries(columns.map((name, i) => [name, fields[i]]));
  const has = `${fields.length} ${fields.length === 1 ? "field" : "fields"}`;
  throw new AttuneError(
    "data/ragged",
    `${path}, line ${line}: this row has ${has}, the header has ${columns.length}; put texts with delimiters in quotes`,
  );
}

function explain(path: string, line: number, error: CsvError): AttuneError {
  const where = `${path}, line ${line}`;
  // The line is the one where the row begins, which is where to look for the quote.
  if (error.code === "CSV_QUOTE_NOT_CLOSED")
    return new AttuneError(
      "data/quote",
      `${where}: a quote that opens in this row is never closed; close it, or double it if it belongs to the text`,
    );
  if (error.code === "CSV_INVALID_CLOSING_QUOTE" || error.code === "INVALID_OPENING_QUOTE")
    return new AttuneError(
      "data/quote",
      `${where}: there is a single quote (") inside a field; put the field in quotes and double the quotes in it`,
    );
  return new AttuneError("data/csv", `${where}: ${error.message}`, "input", { cause: error });
}

/** The line on which the first row after an offset begins; offsets must grow. */
function lineCounter(bytes: Uint8Array): (offset: number) => number {
  const [lineFeed, carriageReturn] = [0x0a, 0x0d];
  let at = 0;
  let line = 1;
  return (offset) => {
    for (; at < offset || bytes[at] === lineFeed || bytes[at] === carriageReturn; at++)
      if (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed)) line++;
    return line;
  };
}
