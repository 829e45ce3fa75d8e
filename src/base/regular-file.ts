/** Files to be read are regular ones: opening a named pipe waits for whoever writes into it, and a device may have no end. */
import { openSync, readFileSync, statSync } from "node:fs";

/** @throws Error where the path leads to something else than a regular file, the system's error where there is nothing */
export function requireRegular(path: string): void {
  if (!statSync(path).isFile()) throw new Error("this is not a regular file");
}

/** Opens a regular file to read it. */
export function openRegular(path: string): number {
  requireRegular(path);
  return openSync(path, "r");
}

/** The content of a regular file. */
export function readRegular(path: string): Buffer {
  requireRegular(path);
  return readFileSync(path);
}
