/** Where the splits of a data set are: one file, or a folder in the Hub's layout or with one file per split. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { parse } from "yaml";
import { AttuneError, listOf } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import type { SplitName } from "./dataset.ts";
import { isPlainText, isTable, tableEnding, uncompressedName } from "./open-table.ts";

export interface Source {
  /** Files of each split; files without splits are `all`. */
  readonly files: { readonly all: readonly string[] } | SplitFiles;
  /** Label names that the folder's README gives to a column. */
  classNames(column: string): readonly string[] | undefined;
}

export type SplitFiles = Readonly<Partial<Record<SplitName, readonly string[]>>>;

export const SPLIT_NAMES: ReadonlyMap<string, SplitName> = new Map([
  ["train", "train"],
  ["validation", "validation"],
  ["valid", "validation"],
  ["val", "validation"],
  ["dev", "validation"],
  ["test", "test"],
]);

/** Finds the files of a data set, of the named configuration where its README describes several. */
export function findSource(path: string, configName?: string): Source {
  const isList = !existsSync(path) && path.includes(",");
  if (!isList && !existsSync(path)) throw new AttuneError("data/missing", `${path}: there is no such file or folder`);
  if (isList || !statSync(path).isDirectory()) {
    if (configName !== undefined)
      throw new AttuneError("data/no-config", `${path}: files have no configurations; leave --config-name out`);
    return { files: isList ? listedFiles(path.split(",")) : { all: [path] }, classNames: () => undefined };
  }
  const card = readCard(join(path, "README.md"));
  const tables = listTables(path);
  const { config, files } = splitTables(path, tables, card, configName);
  if (Object.keys(files).length === 0) {
    const all = unnamedFiles(path, tables);
    if (all.length > 0) return { files: { all }, classNames: (column) => classNamesOf(card, config, column) };
    throw new AttuneError(
      "data/no-splits",
      `${path}: there are no files like train.csv or train-00000-of-00001.parquet`,
    );
  }
  for (const [split, found] of Object.entries(files)) checkShards(path, split, found);
  return { files, classNames: (column) => classNamesOf(card, config, column) };
}

/** The splits among the tables of a folder: as its card says, or by their names. */
export function splitTables(
  path: string,
  tables: readonly string[],
  card: Card,
  configName?: string,
): { readonly config: Config | undefined; readonly files: SplitFiles } {
  const config = chooseConfig(path, card, configName);
  return { config, files: config ? filesOfConfig(path, tables, config) : filesByName(path, tables) };
}

/** Files by name: of splits, where all are called like one. */
function listedFiles(paths: readonly string[]): Source["files"] {
  for (const path of paths)
    if (!existsSync(path) || statSync(path).isDirectory())
      throw new AttuneError("data/missing", `${path}: there is no such file`);
  const splits = paths.map((path) => splitOf(path));
  return splits.every((split) => split !== undefined) ? filesByName("", paths) : { all: paths };
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

interface Config {
  readonly config_name?: string;
  readonly default?: boolean;
  readonly data_files?: unknown;
}
interface DatasetInfo {
  readonly config_name?: string;
  readonly features?: readonly { name?: string; dtype?: { class_label?: { names?: Record<string, string> } } }[];
}
export interface Card {
  readonly configs?: readonly Config[];
  readonly dataset_info?: DatasetInfo | readonly DatasetInfo[];
}

/** The YAML between the dashes at the top of a README. */
export function readCard(file: string): Card {
  if (!existsSync(file)) return {};
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readFileSync(file, "utf8"))?.[1];
  if (!front) return {};
  try {
    return (parse(front) as Card | null) ?? {};
  } catch (cause) {
    throw new AttuneError(
      "data/card",
      `${file}: the YAML at its top cannot be read (${(cause as Error).message})`,
      "input",
      { cause },
    );
  }
}

function chooseConfig(path: string, { configs }: Card, wanted: string | undefined): Config | undefined {
  const usable = configs?.filter(({ data_files }) => data_files !== undefined) ?? [];
  const names = usable.map((c) => String(c.config_name ?? "default"));
  if (wanted !== undefined) return usable[chosenName(path, names, wanted)];
  if (usable.length < 2) return usable[0];
  const chosen = usable.find((c) => c.default) ?? usable.find((c) => c.config_name === "default");
  if (chosen) return chosen;
  throw new AttuneError(
    "data/configs",
    `${path}: README.md describes several configurations (${names.join(", ")}) and no default; choose one with --config-name`,
  );
}

/** The place of a configuration among those that there are. */
export function chosenName(path: string, names: readonly string[], wanted: string): number {
  if (names.includes(wanted)) return names.indexOf(wanted);
  const others = didYouMean(wanted, names, `there ${names.length === 1 ? "is" : "are"} ${listOf(names, "and")}`);
  throw new AttuneError(
    "data/no-config",
    names.length === 0
      ? `${path}: it describes no configurations; leave --config-name out`
      : `${path}: there is no configuration "${wanted}"; ${others}`,
  );
}

/** Whether a file is read as a table where it is one of many: a text file only where it is called like a split. */
export const mayBeTable = (path: string): boolean =>
  isTable(path) || (isPlainText(path) && splitFile(path) !== undefined);

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

function filesOfConfig(path: string, tables: readonly string[], { data_files }: Config): SplitFiles {
  const files: Partial<Record<SplitName, string[]>> = {};
  // One pattern, or a list of them, is all training data; otherwise each entry names its split.
  const entries = Array.isArray(data_files) ? data_files : [data_files];
  for (const entry of entries as (string | { split?: string; path?: string | string[] })[]) {
    const { split, path: patterns } = typeof entry === "string" ? { split: "train", path: entry } : entry;
    const name = SPLIT_NAMES.get(split ?? "train");
    if (!name || !patterns) continue;
    const matches = [patterns].flat().flatMap((pattern) => tables.filter((table) => matchesGlob(table, pattern)));
    if (matches.length === 0)
      throw new AttuneError(
        "data/missing",
        `${path}: README.md names "${[patterns].flat()[0]}" for ${split}, and there is no such file`,
      );
    files[name] = [...(files[name] ?? []), ...matches.map((table) => join(path, table))];
  }
  return files;
}

/** `*` matches within a folder, `**` across folders. */
function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\?]/g, "\\$&")
    .replace(/\*\*\/?|\*/g, (star) => (star === "*" ? "[^/]*" : ".*"));
  return new RegExp(`^${source}$`).test(name);
}

/** Files called like a split, or like one shard of it. */
const SPLIT_FILE = /^(?<split>[a-z]+)(?<shard>[-_.]\d.*)?$/i;

function filesByName(path: string, tables: readonly string[]): SplitFiles {
  const files: Partial<Record<SplitName, string[]>> = {};
  for (const table of tables) {
    const name = splitOf(table);
    if (name) files[name] = [...(files[name] ?? []), join(path, table)];
  }
  for (const [split, found] of Object.entries(files)) {
    // One file, or shards that differ in their number only; anything else is the same data twice, or two data sets.
    const kinds = new Map(
      found.map((file) => [`${dirname(file)} ${splitFile(file)?.split} ${tableEnding(file)}`, file]),
    );
    const single = found.filter((file) => splitFile(file) && !splitFile(file)?.shard);
    if (kinds.size > 1 || (single.length > 0 && found.length > 1))
      throw new AttuneError(
        "data/ambiguous",
        `${path}: there is more than one ${split} split, in ${listOf([...new Set([...kinds.values(), ...single])], "and")}; give the folder of one, or remove one`,
      );
  }
  return files;
}

/** The split that a file's name says, or else the name of its folder. */
const splitOf = (file: string): SplitName | undefined =>
  SPLIT_NAMES.get(splitFile(file)?.split ?? basename(dirname(file)).toLowerCase());

/** Undefined for a file that is not called like a split: in the folder of one, all of these are shards of it. */
function splitFile(file: string): { readonly split: string; readonly shard: string | undefined } | undefined {
  const name = uncompressedName(file);
  const { split = "", shard } = SPLIT_FILE.exec(basename(name, extname(name)))?.groups ?? {};
  return SPLIT_NAMES.has(split.toLowerCase()) ? { split: split.toLowerCase(), shard } : undefined;
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

function classNamesOf(card: Card, config: Config | undefined, column: string): readonly string[] | undefined {
  const infos = [card.dataset_info ?? []].flat() as DatasetInfo[];
  const named = (name: string | undefined) => infos.find(({ config_name }) => config_name === name);
  const info = named(config?.config_name) ?? named("default") ?? (infos.length === 1 ? infos[0] : undefined);
  const names = info?.features?.find(({ name }) => name === column)?.dtype?.class_label?.names;
  return (
    names &&
    Object.entries(names)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, name]) => name)
  );
}
