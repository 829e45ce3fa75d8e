/** Which files are which split, by their names or by those of their folders. */
import { basename, dirname, extname, join } from "node:path";
import { AttuneError, listOf } from "../base/error.ts";
import type { SplitName } from "./dataset.ts";
import { tableEnding, uncompressedName } from "./open-table.ts";
import { type NamedSplit, type SplitMeaning, splitOfName } from "./split-names.ts";

export type SplitFiles = Readonly<Partial<Record<SplitName, readonly string[]>>>;

/** A file that may belong to a split. */
export interface Candidate {
  readonly file: string;
  readonly named: NamedSplit;
  /** Files of one group are shards of each other. */
  readonly group: string;
  /** Whether the name says the split and nothing else. */
  readonly isPlain: boolean;
}

/** Where the files come from: all that a folder has, those that somebody named, or those of a card. */
type Origin = "folder" | "list" | "config";

/** Those of the tables that are called like a split or are in a folder that is; `path` is "" for files that are named. */
export function candidatesOf(path: string, tables: readonly string[]): Candidate[] {
  return tables.flatMap((table) => {
    const file = join(path, table);
    const groupOf = (name: string) => `${dirname(file)} ${name} ${tableEnding(table)}`;
    const own = splitOfFile(table);
    if (own) return [{ file, named: own, group: groupOf(`${own.word} ${own.rest}`), isPlain: own.rest === "" }];
    const folders = dirname(table).split("/").reverse();
    for (const folder of path === "" ? folders.slice(0, 1) : folders) {
      const named = splitOfName(folder);
      // In the folder of a split, all are shards of it.
      if (named) return [{ file, named: { ...named, shard: "" }, group: groupOf(""), isPlain: named.rest === "" }];
    }
    return [];
  });
}

/** What the name of a file says; undefined where that is no split. */
export function splitOfFile(file: string): NamedSplit | undefined {
  const name = uncompressedName(file);
  return splitOfName(basename(name, extname(name)));
}

/**
 * The files of each split. "eval" is test, as in Hugging Face datasets, but for data that have a test and no validation.
 *
 * @throws AttuneError where a split is there more than once
 */
export function chosenFiles(path: string, found: readonly Candidate[], origin: Origin): SplitFiles {
  const that = (meaning: SplitMeaning) => found.filter(({ named }) => named.meaning === meaning);
  const [evaluation, tests, validations] = [that("evaluation"), that("test"), that("validation")];
  const isValidation = tests.length > 0 && validations.length === 0;
  const isTest = tests.length === 0 || (origin === "list" && !isValidation);
  const candidates: readonly (readonly [SplitName, readonly Candidate[]])[] = [
    ["train", that("train")],
    ["validation", isValidation ? evaluation : validations],
    ["test", isTest ? [...tests, ...evaluation] : tests],
  ];
  const files: Partial<Record<SplitName, readonly string[]>> = {};
  for (const [split, all] of candidates) {
    const chosen = oneOf(path, split, all, origin);
    if (chosen.length > 0) files[split] = chosen.map(({ file }) => file);
  }
  return files;
}

/** One file, or shards that differ in their number only; anything else is the same data twice, or two data sets. */
function oneOf(path: string, split: SplitName, all: readonly Candidate[], origin: Origin): readonly Candidate[] {
  if (origin === "list" && all.some(({ isPlain }) => !isPlain)) return all;
  const chosen = origin === "list" || groupsOf(all).size === 1 ? all : plainest(all);
  const single = chosen.filter(({ named }) => named.shard === undefined);
  const isOne = groupsOf(chosen).size <= 1 && (single.length === 0 || chosen.length === 1);
  if (isOne || origin === "config") return chosen;
  const files = [...new Set([...groupsOf(chosen).values(), ...single.map(({ file }) => file)])];
  throw new AttuneError(
    "data/ambiguous",
    `${path}: there is more than one ${split} split, in ${listOf(files, "and")}; give the folder of one, or remove one`,
  );
}

const groupsOf = (some: readonly Candidate[]) => new Map(some.map(({ group, file }) => [group, file]));

/** Those with the name of a split and nothing else; of MultiNLI's validation_matched and validation_mismatched the first. */
function plainest(all: readonly Candidate[]): readonly Candidate[] {
  const plain = all.filter(({ isPlain }) => isPlain);
  if (plain.length > 0) return plain;
  const matched = all.filter(({ named }) => !/mismatched/i.test(named.rest));
  return matched.length > 0 ? matched : all;
}
