/** Text and JSON files, with errors that name the file. */
import { readFileSync } from "node:fs";
import { AttuneError } from "./error.ts";

/** @throws AttuneError with this code */
export const readText = (file: string, code: string): string => named(file, code, (text) => text);

/** @throws AttuneError with this code, also where the text is not JSON */
export const readJson = <T = unknown>(file: string, code: string): T =>
  named(file, code, (text) => JSON.parse(text) as T);

function named<T>(file: string, code: string, of: (text: string) => T): T {
  try {
    return of(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AttuneError(code, `${file}: cannot be read (${(cause as Error).message})`, "input", { cause });
  }
}
