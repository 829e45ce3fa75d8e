/** Text to pre-train on: plain text files, or a column of tables, as paragraphs grouped by where they come from. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { readRegular } from "../base/regular-file.ts";
import { withoutEffect } from "../base/unused-options.ts";
import { findSource } from "../tables/find-splits.ts";
import { isTable, openTable } from "../tables/open-table.ts";

/** One file of text, or one row of a table. */
export type Document = readonly string[];

export interface Corpus {
  /** Each as its paragraphs, none of them blank. */
  readonly documents: readonly Document[];
  /** What the user should know: which files or split were read. */
  readonly notes: readonly string[];
}

export interface CorpusOptions {
  readonly path: string;
  /** What the user calls it. @default the path */
  readonly name?: string;
  /** Of the text, in tables. */
  readonly column: string;
  readonly configName?: string | undefined;
}

/** Column of texts where none is named. */
export const DEFAULT_COLUMN = "text";

const isText = (path: string): boolean => [".txt", ".md"].includes(extname(path).toLowerCase());

/**
 * Reads a text file, a table, or a folder of either. Of a data set with splits only the training split is read, so that
 * nothing is learnt from texts that will be tested on.
 *
 * @throws AttuneError where there is no text
 */
export async function readCorpus({ path, name = path, column, configName }: CorpusOptions): Promise<Corpus> {
  if (!existsSync(path)) throw new AttuneError("data/missing", `${path}: there is no such file or folder`);
  const texts = textFiles(path);
  if (texts.length > 0 && (column !== DEFAULT_COLUMN || configName !== undefined))
    throw withoutEffect(column !== DEFAULT_COLUMN ? "--text" : "--config-name", "on files of plain text");
  const corpus = texts.length > 0 ? readTexts(path, texts) : await readTables(path, name, column, configName);
  if (corpus.documents.length === 0) throw new AttuneError("data/empty", `${path}: there is no text in it`);
  return corpus;
}

function textFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return isText(path) ? [path] : [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isText(entry.name) && !/^readme\./i.test(entry.name))
    .map((entry) => join(path, entry.name))
    .sort();
}

function readTexts(path: string, files: readonly string[]): Corpus {
  const documents = files.map((file) => paragraphsOf(decode(file))).filter((paragraphs) => paragraphs.length > 0);
  const note = `${files.length} text ${files.length === 1 ? "file" : "files"} in ${path}`;
  return { documents, notes: statSync(path).isDirectory() ? [note] : [] };
}

function decode(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readRegular(file));
  } catch (cause) {
    throw new AttuneError(
      "data/encoding",
      `${file}: cannot be read as UTF-8 text (${(cause as Error).message}); save the file as UTF-8`,
      "input",
      { cause },
    );
  }
}

/** Blank lines part paragraphs; within one, lines are joined. */
const paragraphsOf = (text: string): string[] =>
  text
    .split(/\r?\n[ \t]*(?:\r?\n[ \t]*)+/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter((paragraph) => paragraph !== "");

async function readTables(path: string, name: string, column: string, configName?: string): Promise<Corpus> {
  if (!statSync(path).isDirectory() && !isTable(path))
    throw new AttuneError("data/format", `${path}: text is read from .txt, .md and tables, not from this`);
  const { files } = findSource(path, configName);
  const chosen = "all" in files ? files.all : (files.train ?? []);
  const documents: Document[] = [];
  for (const file of chosen) {
    const table = await openTable(file);
    if (table.sample.length === 0) continue;
    if (!table.columns.includes(column))
      throw new AttuneError(
        "data/missing-column",
        `${file}: there is no column "${column}"; choose one of ${table.columns.join(", ")} with --text`,
      );
    for await (const rows of table.rows([column]))
      for (const { values } of rows) {
        const [text] = values;
        if (typeof text === "string" && text.trim() !== "") documents.push([text]);
      }
  }
  return { documents, notes: "train" in files ? [`Only the training split of ${name} is read.`] : [] };
}
