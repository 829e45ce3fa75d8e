/**
 * Names for what is not whole yet. A name says which process makes it: two processes that write the same never meet, and
 * what a killed one left is known as ours and can be removed.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Holder, isWorking, thisProcess } from "./is-running.ts";

/** Host, process, its begin (0 where the system does not say it), and something of its own. */
const MAKER = "([0-9a-f]{8})-([0-9]+)-([0-9]+)-";
const ENDING = ".partial";

/** A name beside `path` that no other process uses, and this one once; removes what killed processes left beside it. */
export function partialOf(path: string): string {
  const whole = path.replace(/[/\\]+$/, "");
  removeAbandoned(dirname(whole), `${basename(whole)}.`, ENDING);
  return `${whole}.${makerText()}${randomBytes(4).toString("hex")}${ENDING}`;
}

/** The path that something gets once it is whole, by the one that it has until then. */
export const wholeName = (path: string): string =>
  path.replace(new RegExp(`(\\.${MAKER}[0-9A-Za-z]+\\${ENDING})+(?=[/\\\\]|$)`, "g"), "");

/** A new folder for temporary files; removes those that killed processes left there for the same use. */
export function temporaryFolder(use: string): string {
  const [folder, prefix] = [tmpdir(), `attune-${use}-`];
  removeAbandoned(folder, prefix, "");
  return mkdtempSync(join(folder, `${prefix}${makerText()}`));
}

/** Removes what a process that is over left in a folder: of the names that this file makes, and no others. */
export function removeAbandoned(folder: string, prefix: string, ending: string = ENDING): void {
  const host = hostText(thisProcess());
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(ending)) continue;
    const middle = name.slice(prefix.length, name.length - ending.length);
    const [, madeOn, pid, began] = new RegExp(`(?:^|\\.)${MAKER}[0-9A-Za-z]+$`).exec(middle) ?? [];
    if (madeOn !== host) continue;
    const maker = { pid: Number(pid), host, ...(began !== "0" && { began }) };
    if (isWorking(maker) === false) discard(join(folder, name));
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

function makerText(): string {
  const own = thisProcess();
  return `${hostText(own)}-${own.pid}-${own.began ?? 0}-`;
}

const hostText = ({ host }: Holder): string => createHash("sha256").update(host).digest("hex").slice(0, 8);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It is not there yet, or cannot be read.
  }
}
