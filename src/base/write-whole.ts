/** Files that are never half there. */
import { renameSync, writeFileSync } from "node:fs";

/** Writes a file whole or not at all: under another name, and then renamed. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.partial`, text, { flush: true });
  renameSync(`${file}.partial`, file);
}
