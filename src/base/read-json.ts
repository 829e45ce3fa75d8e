/** The one reader of JSON files, ours and other people's: what is wrong in one is said with file, key, value and advice. */
import { readFileSync, statSync } from "node:fs";
import type { z } from "zod";
import { checkJson, type JsonHints } from "./check-json.ts";
import { AttuneError } from "./error.ts";

/** JavaScript holds no text of 512 MB; no file that is read as a whole comes near this. */
const MOST_BYTES = 128 * 1024 * 1024;
/** Deeper values overflow the stack of whatever walks them, `JSON.stringify` among them. */
const DEEPEST = 256;

/**
 * The content of a JSON file as it is, after `schema` has accepted it; defaults and changes of the schema are not applied.
 *
 * @throws AttuneError that names the file, and in it the key, its value and what would be right
 */
export function readJson<Schema extends z.ZodType>(file: string, schema: Schema, hints: JsonHints): z.input<Schema> {
  const value = parseJson(textOf(file, hints), file, hints);
  checkJson(file, value, schema, hints);
  return value as z.input<Schema>;
}

/** @throws AttuneError for text that is not JSON, or nested deeper than any file that somebody wrote */
export function parseJson(text: string, file: string, { code, advice = "get the file again" }: JsonHints): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `${file}: this is not JSON (${(cause as Error).message}); ${advice}`;
    throw new AttuneError(code, message, "input", { cause });
  }
  if (isDeep(value)) throw new AttuneError(code, `${file}: it is nested more than ${DEEPEST} deep; ${advice}`);
  return value;
}

function textOf(file: string, { code, advice = "get the file again" }: JsonHints): string {
  const refuse = (what: string, cause?: unknown) =>
    new AttuneError(code, `${file}: ${what}; ${advice}`, "input", { cause });
  try {
    const found = statSync(file);
    // Reading a pipe would wait for whoever writes into it.
    if (!found.isFile()) throw refuse("this is not a regular file");
    if (found.size > MOST_BYTES) throw refuse(`it has ${found.size} bytes, and no file of its kind is as large`);
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw refuse(`cannot be read (${(cause as Error).message})`, cause);
  }
}

function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    const next: unknown[] = [];
    for (const one of level)
      for (const inner of Object.values(one ?? {})) if (typeof inner === "object" && inner !== null) next.push(inner);
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}
