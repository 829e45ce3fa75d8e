/** A lock that is a file: one process at a time holds it. What a process left that died is taken over. */
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { AttuneError } from "./error.ts";
import { isRunning } from "./is-running.ts";

export interface Lock {
  /** Says that its holder works: for locks that count as left behind after some time of silence. */
  touch(): void;
  release(): void;
}

/** Who holds a lock. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, where the system says it: numbers of processes are used again. */
  readonly began?: string | undefined;
}

/** Each try ends with the lock, with an error, or because others changed the file meanwhile. */
const TRIES = 100;
const held = new Set<string>();

/**
 * Takes the lock that a file stands for, or says who holds it; one that was not touched for `staleSeconds` is taken over,
 * whoever holds it.
 */
export function takeLock(path: string, staleSeconds = Number.POSITIVE_INFINITY): Lock | Holder {
  const file = resolve(path);
  const own: Holder = { pid: process.pid, host: hostname(), began: beginOf(process.pid) };
  const text = JSON.stringify(own);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (claim(file, text)) {
      held.add(file);
      return { touch: () => utimesSync(file, new Date(), new Date()), release: () => release(file, text) };
    }
    const found = read(file);
    if (found === undefined) continue;
    const holder = parse(found);
    if (holder && mayWork(holder, own, file) && secondsSinceTouch(file) <= staleSeconds) return holder;
    setAside(file, found);
  }
  throw new AttuneError("folder/locked", `${path}: other processes keep taking this lock; try again`);
}

/** Makes the file with all its text, or not where there is one. */
function claim(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, text);
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isExisting(error)) return false;
    // Some file systems have no links.
    return create(file, text, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function create(file: string, text: string, reason: unknown): boolean {
  try {
    writeFileSync(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (isExisting(error)) return false;
    throw reason;
  }
}

const isExisting = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EEXIST";

function secondsSinceTouch(file: string): number {
  try {
    return (Date.now() - statSync(file).mtimeMs) / 1000;
  } catch {
    return 0; // It has just gone.
  }
}

/** Removes the lock that was seen. Another process may have done so and locked anew; then that lock is put back. */
function setAside(file: string, seen: string): void {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Another process was faster.
  }
  const moved = read(aside);
  if (moved !== undefined && moved !== seen) claim(file, moved);
  rmSync(aside, { force: true });
}

function release(file: string, text: string): void {
  held.delete(file);
  try {
    if (read(file) === text) rmSync(file, { force: true });
  } catch {
    // On a disk that can only be read by now it stays, and is taken over once this process is over.
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, began } = JSON.parse(text) as Holder;
    return Number.isInteger(pid) && pid > 0 && typeof host === "string" ? { pid, host, began } : undefined;
  } catch {
    return undefined;
  }
}

/** Of a process on another machine nothing is known. */
function mayWork(holder: Holder, own: Holder, file: string): boolean {
  if (holder.host !== own.host) return true;
  if (!isRunning(holder.pid)) return false;
  if (holder.began !== undefined) return holder.began === beginOf(holder.pid);
  return holder.pid !== own.pid || held.has(file);
}

/** Linux only: when the process began, in clock ticks since the machine did; undefined for one that is over. */
function beginOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return state === "Z" ? undefined : rest[18];
}
