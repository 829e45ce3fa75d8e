/** A lock file: one process at a time works in a folder. What a process leaves that was killed is taken over. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a lock. */
export interface Holder {
  readonly process: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  /** When the process began, as the system counts it: process numbers are used again. Linux only. */
  readonly began?: string;
}

export class Lock {
  readonly #file: string;
  readonly #text: string;

  private constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** Takes the lock, or returns who holds it. */
  static take(file: string): Lock | Holder {
    const began = beginning(process.pid);
    const holder: Holder = {
      process: process.pid,
      host: hostname(),
      since: new Date().toISOString(),
      ...(began !== undefined && { began }),
    };
    const text = `${JSON.stringify(holder)}\n`;
    // Written under a name of its own and linked, so that nobody reads half of it.
    const own = `${file}.${process.pid}`;
    writeFileSync(own, text);
    try {
      for (;;) {
        if (link(own, file)) return new Lock(file, text);
        const there = read(file);
        if (there === undefined) continue;
        const other = JSON.parse(there) as Holder;
        if (isAlive(other)) return other;
        removeStale(file, there);
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  release(): void {
    if (read(this.#file) === this.#text) rmSync(this.#file, { force: true });
  }
}

/** Of two processes that find the same stale lock, the slower one may get hold of the new lock: it puts it back. */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Somebody else was faster.
  }
  if (read(aside) !== stale) link(aside, file);
  rmSync(aside, { force: true });
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** On another machine nobody can tell, so it is. */
function isAlive({ process: id, host, began }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(id, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return began === undefined || beginning(id) === began;
}

/** Field 22 of /proc/N/stat; the second field, a name in parentheses, may hold anything. */
function beginning(id: number): string | undefined {
  const stat = read(`/proc/${id}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
