/** Text files, with errors that name the file. */
import { readFileSync } from "node:fs";
import { AttuneError } from "./error.ts";

/** @throws AttuneError with this code */
export function readText(file: string, code: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new AttuneError(code, `${file}: cannot be read (${(cause as Error).message})`, "input", { cause });
  }
}
