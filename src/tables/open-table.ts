/** Tables of labelled texts: one file in, rows with their place out. */
import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { AttuneError, listOf } from "../base/error.ts";
import { openDelimited } from "./delimited.ts";
import { openJson, openJsonLines } from "./json-table.ts";
import { openParquet } from "./parquet.ts";
import type { Table } from "./table.ts";
import type { TableFormat } from "./table-format.ts";

/** A table only where its name says so; else it is more often a text. */
const PLAIN = ".txt";

const readers: Readonly<Record<string, (path: string, format: TableFormat) => Promise<Table>>> = {
  ".csv": (path, format) => openDelimited(path, ",", format),
  ".tsv": (path, format) => openDelimited(path, "\t", format),
  ".jsonl": openJsonLines,
  ".ndjson": openJsonLines,
  ".json": openJson,
  ".parquet": openParquet,
  [PLAIN]: (path, format) => openDelimited(path, undefined, format),
};

/** A file's name without the ending that only says that it is compressed. */
export const uncompressedName = (path: string): string => basename(path).replace(/\.gz$/i, "");

/** The ending that says what kind of table a file is: ".csv" of "a.csv.gz". */
export const tableEnding = (path: string): string => extname(uncompressedName(path)).toLowerCase();

/** Whether a file's ending promises a table. */
export const isTable = (path: string): boolean => !isPlainText(path) && Object.hasOwn(readers, tableEnding(path));

/** Whether it may be a table or a text. */
export const isPlainText = (path: string): boolean => tableEnding(path) === PLAIN;

/** Opens a table, by the ending of its name. */
export async function openTable(path: string, format: TableFormat = {}): Promise<Table> {
  const reader = readers[tableEnding(path)];
  if (!reader)
    throw new AttuneError(
      "data/format",
      `${path}: files ending in ${listOf(Object.keys(readers))} can be read, also gzipped, not "${basename(path)}"`,
    );
  if (!existsSync(path)) throw new AttuneError("data/missing", `${path}: there is no such file`);
  return reader(path, format);
}
