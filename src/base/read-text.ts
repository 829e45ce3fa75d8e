/** Text files, with errors that name the file. */
import { AttuneError } from "./error.ts";
import { readRegular } from "./regular-file.ts";

/** @throws AttuneError with this code */
export function readText(file: string, code: string): string {
  try {
    return readRegular(file).toString("utf8");
  } catch (cause) {
    throw new AttuneError(code, `${file}: cannot be read (${(cause as Error).message})`, "input", { cause });
  }
}
