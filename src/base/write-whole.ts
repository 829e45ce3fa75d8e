/** Files and folders that are never half there. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes a file whole or not at all: under another name, and then renamed. */
export function writeWhole(file: string, text: string): void {
  const partial = `${file}.partial`;
  try {
    writeFileSync(partial, text, { flush: true });
    renameSync(partial, file);
  } catch (error) {
    discard(partial);
    throw error;
  }
}

/** Writes a folder whole or not at all, in place of the one before: `fill` gets it under another name. */
export function writeWholeFolder(folder: string, fill: (partial: string) => void): void {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  try {
    makeFolder(partial);
    fill(partial);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } catch (error) {
    discard(partial);
    throw error;
  }
}

/** Makes a folder, with those above it, where there is none. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Not at once with `recursive`, which calls a disk that can only be read a folder that is missing.
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
    mkdirSync(path, { recursive: true });
  }
}

/** Removes what is not needed any more, as far as that is possible. */
export function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Where nothing can be removed, nothing can be written either, and that is said where it matters.
  }
}
