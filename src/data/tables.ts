/** Tables of labelled texts: one file in, rows with their place out. */
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { AttuneError, listOf } from "../base/error.ts";
import { readDelimited } from "./delimited.ts";
import { readJsonLines } from "./json-lines.ts";
import { readParquet } from "./parquet.ts";
import type { Table } from "./table.ts";

const readers: Readonly<Record<string, (path: string, bytes: Uint8Array) => Table | Promise<Table>>> = {
  ".csv": (path, bytes) => readDelimited(path, decode(path, bytes), ","),
  ".tsv": (path, bytes) => readDelimited(path, decode(path, bytes), "\t"),
  ".jsonl": (path, bytes) => readJsonLines(path, decode(path, bytes)),
  ".ndjson": (path, bytes) => readJsonLines(path, decode(path, bytes)),
  ".parquet": readParquet,
};

export const tableExtensions = Object.keys(readers);

export const isTable = (path: string): boolean => Object.hasOwn(readers, extname(path).toLowerCase());

/** Reads a table, by the ending of its name. */
export async function readTable(path: string): Promise<Table> {
  const reader = readers[extname(path).toLowerCase()];
  if (!reader)
    throw new AttuneError(
      "data/format",
      `${path}: files ending in ${listOf(tableExtensions)} can be read, not "${basename(path)}"`,
    );
  return reader(path, await readBytes(path));
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "there is no such file" : `this file cannot be read (${message})`;
    throw new AttuneError(code === "ENOENT" ? "data/missing" : "data/unreadable", `${path}: ${what}`, "input", {
      cause,
    });
  }
}

/** UTF-8 without its byte-order mark; names the line of the first byte that is something else. */
function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const line = firstInvalidLine(bytes);
    throw new AttuneError("data/encoding", `${path}, line ${line}: this is not UTF-8; save the file as UTF-8`);
  }
}

function firstInvalidLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}
