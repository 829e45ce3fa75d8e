/** A JSON file that holds a whole data set: one object whose keys are splits, as CLINC150 has it. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { nameOfPart } from "./json-table.ts";
import { type Candidate, chosenFiles, type SplitFiles } from "./split-files.ts";
import { splitOfName } from "./split-names.ts";
import { isGzip } from "./text-file.ts";

/** The splits of a file whose first key is called like one; lists under other names are left out. */
export function splitsInJson(
  path: string,
): { readonly files: SplitFiles; readonly unused: readonly string[] } | undefined {
  if (!/\.json(\.gz)?$/i.test(path)) return undefined;
  const [, first] = /^\s*\{\s*"([^"\\]+)"\s*:\s*\[/.exec(beginning(path)) ?? [];
  if (first === undefined || !splitOfName(first)) return undefined;
  const lists = Object.entries(wholeOf(path) ?? {}).filter(([, value]) => Array.isArray(value));
  const found = lists.flatMap(([key]): Candidate[] => {
    const named = splitOfName(key);
    const group = named && `${named.word} ${named.rest}`;
    return named ? [{ file: nameOfPart(path, key), named, group: group!, isPlain: named.rest === "" }] : [];
  });
  const files = chosenFiles(path, found, "folder");
  const used = new Set(Object.values(files).flat());
  return { files, unused: lists.map(([key]) => key).filter((key) => !used.has(nameOfPart(path, key))) };
}

const contentOf = (path: string): Buffer => (isGzip(path) ? gunzipSync(readFileSync(path)) : readFileSync(path));

function beginning(path: string): string {
  if (isGzip(path)) return contentOf(path).subarray(0, 4096).toString("utf8");
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(4096);
    return start.toString("utf8", 0, readSync(file, start, 0, start.length, 0));
  } finally {
    closeSync(file);
  }
}

/** Undefined where it is no JSON, which its reader says better. */
function wholeOf(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(contentOf(path).toString("utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
