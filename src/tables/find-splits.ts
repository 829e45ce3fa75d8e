/** Where the splits of a data set are: one file, or a folder in the Hub's layout or with one file per split. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { AttuneError, listOf } from "../base/error.ts";
import { type Card, type Config, chooseConfig, classNamesOf, type DataFile, readCard } from "./dataset-card.ts";
import { matchesPattern } from "./file-pattern.ts";
import { splitsInJson } from "./json-splits.ts";
import { isPlainText, isTable, openTable, tableEnding, uncompressedName } from "./open-table.ts";
import { type Candidate, candidatesOf, chosenFiles, type SplitFiles, splitOfFile } from "./split-files.ts";
import { splitOfName } from "./split-names.ts";
import type { Table } from "./table.ts";
import type { TableFormat } from "./table-format.ts";

const CARD = "README.md";

export interface Source {
  /** Files of each split; files without splits are `all`. */
  readonly files: { readonly all: readonly string[] } | SplitFiles;
  /** Tables of the folder that are in none of them. */
  readonly unused: readonly string[];
  /** Label names that the folder's README gives to a column. */
  classNames(column: string): readonly string[] | undefined;
  /** One of the files as a table. */
  open(file: string, format: TableFormat): Promise<Table>;
}

/** Finds the files of a data set, of the named configuration where its README describes several. */
export function findSource(path: string, configName?: string): Source {
  const isList = !existsSync(path) && path.includes(",");
  if (!isList && !existsSync(path)) throw new AttuneError("data/missing", `${path}: there is no such file or folder`);
  if (isList || !statSync(path).isDirectory()) {
    if (configName !== undefined)
      throw new AttuneError("data/no-config", `${path}: files have no configurations; leave --config-name out`);
    const inside = isList ? undefined : splitsInJson(path);
    if (inside) return { ...inside, classNames: () => undefined, open: openTable };
    const files = isList ? listedFiles(path.split(",")) : { all: [path] };
    return { files, unused: [], classNames: () => undefined, open: openTable };
  }
  const card = readCard(join(path, CARD));
  const tables = listTables(path);
  const { config, files: splits } = splitTables(path, tables, card, configName);
  const files = Object.keys(splits).length > 0 ? splits : { all: unnamedFiles(path, tables) };
  if ("all" in files && files.all.length === 0)
    throw new AttuneError(
      "data/no-splits",
      `${path}: there are no files like train.csv or train-00000-of-00001.parquet`,
    );
  for (const [split, found] of Object.entries(splits)) checkShards(path, split, found);
  const used = new Set(Object.values(files).flat());
  const others = config ? tables.filter((table) => !isOfConfig(table, card)) : tables;
  const unused = others.filter((table) => !used.has(join(path, table)));
  return { files, unused, classNames: (column) => classNamesOf(card, config, column), open: openTable };
}

/** The splits among the tables of a folder: as its card says, or by their names. */
export function splitTables(
  path: string,
  tables: readonly string[],
  card: Card,
  configName?: string,
): { readonly config: Config | undefined; readonly files: SplitFiles } {
  const config = chooseConfig(path, card, configName);
  if (config) return { config, files: filesOfConfig(path, tables, config) };
  const found = candidatesOf(path, tables);
  // Without train, and with no name that says test and nothing else, such words in names mean something else.
  const isSplit = found.some(({ named, isPlain }) => isPlain || named.meaning === "train");
  return { config, files: isSplit ? chosenFiles(path, found, "folder") : {} };
}

/** Files by name: of splits, where all are called like one. */
function listedFiles(paths: readonly string[]): Source["files"] {
  for (const path of paths)
    if (!existsSync(path) || statSync(path).isDirectory())
      throw new AttuneError("data/missing", `${path}: there is no such file`);
  const found = candidatesOf("", paths);
  const isSplit = found.length === paths.length && found.some(({ named }) => named.meaning === "train");
  return isSplit ? chosenFiles("", found, "list") : { all: paths };
}

/** The tables of a folder that has no splits, all of one kind. A lone .json file is more often something else. */
function unnamedFiles(path: string, tables: readonly string[]): string[] {
  const found = tables.filter((table) => tableEnding(table) !== ".json");
  const kinds = [...new Set(found.map(tableEnding))];
  if (kinds.length < 2) return found.map((table) => join(path, table));
  throw new AttuneError(
    "data/ambiguous",
    `${path}: no file is called like a split, and there are files of several kinds, ${listOf(kinds, "and")}; name those that belong together`,
  );
}

/** Whether a file is read as a table where it is one of many: a text file only where it is called like a split. */
export const mayBeTable = (path: string): boolean =>
  isTable(path) || (isPlainText(path) && splitOfFile(path) !== undefined);

/** Files below the folder `at`, and the paths there by which they are named; "" is the folder itself. */
export interface DataFiles {
  readonly at: string;
  readonly files: readonly string[];
  readonly entries: readonly string[];
}

/** All files that are read of a data set, or may be: for a copy of it elsewhere. */
export function dataFiles(path: string): DataFiles[] {
  if (!existsSync(path) && path.includes(",")) return path.split(",").flatMap(dataFiles);
  if (!statSync(path).isDirectory()) return [{ at: dirname(path), files: [basename(path)], entries: [basename(path)] }];
  const card = existsSync(join(path, CARD)) ? [CARD] : [];
  return [{ at: path, files: [...card, ...listTables(path)], entries: [""] }];
}

/** All tables below a folder, as paths relative to it, in name order. */
function listTables(path: string): string[] {
  return (
    readdirSync(path, { recursive: true, withFileTypes: true })
      // The Hub's cache keeps links to its files.
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && mayBeTable(entry.name))
      .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .filter((name) => !name.split("/").some((part) => part.startsWith(".")))
      .sort()
  );
}

const patternsOf = (entry: DataFile): { readonly split: string; readonly patterns: readonly string[] } =>
  typeof entry === "string"
    ? { split: "train", patterns: [entry] }
    : { split: entry.split ?? "train", patterns: [entry.path ?? []].flat() };

const dataFilesOf = ({ data_files }: Config): readonly DataFile[] => [data_files ?? []].flat();

/** Whether some configuration of the card names a table. */
const isOfConfig = (table: string, { configs }: Card): boolean =>
  (configs ?? []).some((config) =>
    dataFilesOf(config).some((entry) => patternsOf(entry).patterns.some((pattern) => matchesPattern(table, pattern))),
  );

/** One pattern, or a list of them, is all training data; otherwise each entry names its split. */
function filesOfConfig(path: string, tables: readonly string[], config: Config): SplitFiles {
  const found = dataFilesOf(config).flatMap((entry): Candidate[] => {
    const { split, patterns } = patternsOf(entry);
    const named = splitOfName(split);
    if (!named || patterns.length === 0) return [];
    const matches = patterns.flatMap((pattern) => tables.filter((table) => matchesPattern(table, pattern)));
    if (matches.length === 0)
      throw new AttuneError(
        "data/missing",
        `${path}: README.md names "${patterns[0]}" for ${split}, and there is no such file`,
      );
    return matches.map((table) => ({ file: join(path, table), named, group: split, isPlain: named.rest === "" }));
  });
  return chosenFiles(path, found, "config");
}

/** Shards say how many there are: train-00000-of-00002. */
function checkShards(path: string, split: string, files: readonly string[]): void {
  const counts = files.map((file) => /-\d+-of-(\d+)\.\w+$/.exec(uncompressedName(file))?.[1]);
  const expected = Number(counts[0] ?? files.length);
  if (counts.every((count) => count === counts[0]) && files.length < expected)
    throw new AttuneError(
      "data/missing-shard",
      `${path}: the ${split} split has ${expected} shards, and only ${files.length} of them ${files.length === 1 ? "is" : "are"} here; download the others`,
    );
}
