/** Short commands of Attune in processes of their own, whose answer is waited for: what they compute would hold up the server. */
import { execFile } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AttuneError } from "../base/error.ts";

// Beside this file's folder, compiled or not.
export const PROGRAM = fileURLToPath(new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url));

const MOST_BYTES = 64 * 2 ** 20;
const USER_ERROR = 2;

/**
 * What a command prints as JSON.
 *
 * @throws AttuneError with what it said on standard error
 */
export function jsonOf<T>(words: readonly string[], cwd: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const options = { cwd, signal, maxBuffer: MOST_BYTES, windowsHide: true };
    execFile(process.execPath, [PROGRAM, ...words], options, (error, stdout, stderr) => {
      if (!error) return resolve(JSON.parse(stdout) as T);
      const said = stderr
        .trim()
        .split("\n")
        .at(-1)
        ?.replace(/^attune: /, "");
      const kind = error.code === USER_ERROR ? "input" : "failure";
      reject(new AttuneError("app/command", said || error.message, kind, { cause: error }));
    });
  });
}
