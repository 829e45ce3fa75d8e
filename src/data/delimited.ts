/** CSV and TSV, by csv-parse. */
import { CsvError, parse } from "csv-parse/sync";
import { AttuneError } from "../base/error.ts";
import type { Row, Table } from "./table.ts";

interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/** A table whose first line names its columns. Quotes and line ends as in RFC 4180. */
export function readDelimited(path: string, text: string, delimiter: "," | "\t"): Table {
  let columns: string[] = [];
  let parsed: Parsed[];
  try {
    parsed = parse(text, {
      bom: true,
      delimiter,
      // Tab-separated files are written without quoting; a quote there is just a letter.
      quote: delimiter === "," ? '"' : null,
      info: true,
      skip_empty_lines: true,
      columns: (header: string[]) => {
        columns = header;
        checkHeader(path, header);
        return header;
      },
    }) as unknown as Parsed[];
  } catch (error) {
    if (error instanceof CsvError) throw explain(path, error);
    throw error;
  }
  let line = 1;
  const rows: Row[] = parsed.map(({ record, info }) => {
    // A row begins on the line after the one where the row before it ended.
    const place = `line ${line + 1}`;
    line = info.lines;
    return { values: record, place };
  });
  return { path, columns, rows, classNames: () => undefined };
}

function checkHeader(path: string, header: readonly string[]): void {
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined)
    throw new AttuneError("data/header", `${path}, line 1: the column "${twice}" is there twice; rename one`);
}

function explain(path: string, error: CsvError): AttuneError {
  const line = (error as unknown as { lines?: number }).lines;
  const where = line === undefined ? path : `${path}, line ${line}`;
  const details = error as unknown as { code: string; record?: unknown[]; columns?: unknown[] };
  if (details.code === "CSV_QUOTE_NOT_CLOSED")
    return new AttuneError("data/quote", `${where}: a quoted text is not closed before the end of the file`);
  if (details.code === "CSV_RECORD_INCONSISTENT_COLUMNS")
    return new AttuneError(
      "data/ragged",
      `${where}: this row has ${details.record?.length} fields, the header has ${details.columns?.length}; put texts with delimiters in quotes`,
    );
  return new AttuneError("data/csv", `${where}: ${error.message}`);
}
