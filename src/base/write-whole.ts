/** Files and folders that are never half there. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { naming } from "./disk-error.ts";
import { discard, partialOf } from "./partial-name.ts";

/** Writes a file whole or not at all: under another name, and then renamed. */
export function writeWhole(file: string, text: string): void {
  const partial = partialOf(file);
  try {
    naming(file, () => {
      writeFileSync(partial, text, { flush: true });
      renameSync(partial, file);
    });
  } catch (error) {
    discard(partial);
    throw error;
  }
}

/** Writes a folder whole or not at all, in place of the one before: `fill` gets it under another name. */
export function writeWholeFolder(folder: string, fill: (partial: string) => void): void {
  const partial = partialOf(folder);
  try {
    naming(folder, () => {
      makeFolder(partial);
      fill(partial);
      rmSync(folder, { recursive: true, force: true });
      renameSync(partial, folder);
    });
  } catch (error) {
    discard(partial);
    throw error;
  }
}

/**
 * Makes a folder, with those above it, where there is none. Not by Node's `recursive`, which calls a disk that can only be
 * read a folder that is missing, and never ends below /proc.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    const above = dirname(resolve(path));
    if (code !== "ENOENT" || above === resolve(path) || existsSync(above)) throw error;
    makeFolder(above);
    mkdirSync(path);
  }
}
