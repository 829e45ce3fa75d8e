import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";

export const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));

/** A folder that goes away after the tests of a file, and a way to fill it. */
export function scratchFolder() {
  const root = mkdtempSync(join(tmpdir(), "attune-data-"));
  afterAll(() => rmSync(root, { recursive: true }), 60_000);
  let count = 0;
  /** Writes one file into a folder of its own and returns its path. */
  const file = (name: string, content: string | Uint8Array): string => join(folder({ [name]: content }), name);
  /** Writes files into a new folder and returns its path. */
  const folder = (files: Readonly<Record<string, string | Uint8Array>>): string => {
    const path = join(root, String(count++));
    mkdirSync(path);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), content);
    }
    return path;
  };
  return { file, folder };
}

/** The message of the input error that `work` ends with. */
export async function inputError(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AttuneError && error.kind === "input") return error.message;
    throw error;
  }
  throw new Error("there was no error");
}
