/** Tables of labelled texts: one file in, rows with their place out. */
import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { AttuneError, listOf } from "../base/error.ts";
import { withoutEffect } from "../base/unused-options.ts";
import { openDelimited } from "./delimited.ts";
import { openJson, openJsonLines, partOf } from "./json-table.ts";
import { openParquet } from "./parquet.ts";
import type { Table } from "./table.ts";
import { formatKeys, type TableFormat } from "./table-format.ts";

/** A table only where its name says so; else it is more often a text. */
const PLAIN = ".txt";

interface Reader {
  readonly open: (path: string, format: TableFormat) => Promise<Table>;
  /** What of a format has to be said, or can be. */
  readonly uses: readonly (keyof TableFormat)[];
}

const delimited = (usual?: "," | "\t"): Reader => ({
  open: (path, format) => openDelimited(path, usual, format),
  uses: ["delimiter", "quote", "escape", "encoding", "header"],
});
const jsonLines: Reader = { open: openJsonLines, uses: ["encoding"] };

const readers: Readonly<Record<string, Reader>> = {
  ".csv": delimited(","),
  ".tsv": delimited("\t"),
  ".jsonl": jsonLines,
  ".ndjson": jsonLines,
  ".json": { open: openJson, uses: ["encoding"] },
  ".parquet": { open: openParquet, uses: [] },
  [PLAIN]: delimited(),
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
  const part = existsSync(path) ? undefined : partOf(path);
  if (part && existsSync(part.path)) return openJson(part.path, format, part.key);
  const reader = readers[tableEnding(path)];
  if (!reader)
    throw new AttuneError(
      "data/format",
      `${path}: files ending in ${listOf(Object.keys(readers))} can be read, also gzipped, not "${basename(path)}"`,
    );
  if (!existsSync(path)) throw new AttuneError("data/missing", `${path}: there is no such file`);
  return reader.open(path, format);
}

/** @throws AttuneError where something is said of a format that none of the files has */
export function requireUsedFormat(files: readonly string[], format: TableFormat): void {
  const used = new Set(files.flatMap((file) => readers[tableEnding(file)]?.uses ?? []));
  const unused = formatKeys.find((key) => format[key] !== undefined && !used.has(key));
  if (unused !== undefined) throw withoutEffect(`--${unused}`, `on files like ${basename(files[0]!)}`);
}
