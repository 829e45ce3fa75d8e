/** A lock that is a file: one process at a time holds it. What a process left that died is taken over. */
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join, resolve } from "node:path";
import { AttuneError } from "./error.ts";
import { type Holder, isWorking, thisProcess } from "./is-running.ts";
import { partialOf } from "./partial-name.ts";

export interface Lock {
  /** Says that its holder works: for locks that count as left behind after some time of silence. */
  touch(): void;
  release(): void;
  /** The folder that the lock stands in has this name now. */
  moved(folder: string): void;
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
  const own = thisProcess();
  const text = JSON.stringify(own);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (claim(file, text)) {
      return new HeldLock(file, text);
    }
    const found = read(file);
    if (found === undefined) continue;
    const holder = parse(found);
    if (holder && mayWork(holder, own, file) && secondsSinceTouch(file) <= staleSeconds) return holder;
    setAside(file, found);
  }
  throw new AttuneError("folder/locked", `${path}: other processes keep taking this lock; try again`);
}

const LOCK = "lock.json";

/**
 * Takes the lock of a folder: one process at a time works in it.
 *
 * @throws AttuneError with `kind` "input" where another process does, or this one already
 */
export function lockFolder(folder: string): Lock {
  const taken = takeLock(join(folder, LOCK));
  if ("release" in taken) return taken;
  const { pid, host } = taken;
  const what =
    host === hostname()
      ? `process ${pid} works in this folder; wait for it, or stop it`
      : `process ${pid} on ${host} works in this folder; if it does not any more, remove ${join(folder, LOCK)}`;
  throw new AttuneError("folder/locked", `${folder}: ${what}`);
}

/** Who works in a folder now, as far as its lock says. */
export function holderOf(folder: string): Holder | undefined {
  const file = join(folder, LOCK);
  const found = read(file);
  const holder = found === undefined ? undefined : parse(found);
  return holder && mayWork(holder, thisProcess(), resolve(file)) ? holder : undefined;
}

class HeldLock implements Lock {
  #file: string;
  readonly #text: string;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    held.add(file);
  }

  touch(): void {
    utimesSync(this.#file, new Date(), new Date());
  }

  moved(folder: string): void {
    held.delete(this.#file);
    this.#file = resolve(folder, basename(this.#file));
    held.add(this.#file);
  }

  release(): void {
    held.delete(this.#file);
    try {
      if (read(this.#file) === this.#text) rmSync(this.#file, { force: true });
    } catch {
      // On a disk that can only be read by now it stays, and is taken over once this process is over.
    }
  }
}

/** Makes the file with all its text, or not where there is one. */
function claim(file: string, text: string): boolean {
  const draft = partialOf(file);
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
  const aside = partialOf(file);
  try {
    renameSync(file, aside);
  } catch {
    return; // Another process was faster.
  }
  const moved = read(aside);
  if (moved !== undefined && moved !== seen) claim(file, moved);
  rmSync(aside, { force: true });
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
  return holder.host !== own.host || (isWorking(holder) ?? held.has(file));
}
