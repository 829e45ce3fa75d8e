/** One process at a time fetches a file; the others wait for it. */
import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning } from "../base/is-running.ts";

/** Who holds a lock touches it more often than this, also where the Hub asks for a pause. */
const STALE_SECONDS = 600;
const POLL_SECONDS = 0.2;

export interface Lock {
  /** Says that the holder is alive. */
  touch(): void;
  release(): void;
}

/** Waits until nobody else holds `file`, or until `isDone`, and then returns undefined. */
export async function acquire(file: string, isDone: () => boolean, signal?: AbortSignal): Promise<Lock | undefined> {
  for (;;) {
    if (isDone()) return undefined;
    if (create(file)) break;
    if (isStale(file)) rmSync(file, { force: true });
    else await sleep(POLL_SECONDS * 1000, undefined, signal && { signal });
  }
  return {
    touch: () => utimesSync(file, new Date(), new Date()),
    release: () => rmSync(file, { force: true }),
  };
}

function create(file: string): boolean {
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, `${hostname()} ${process.pid}`);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Its process is gone, or silent: another may have its number by now, or it is on another machine. */
function isStale(file: string): boolean {
  try {
    const [host, pid] = readFileSync(file, "utf8").split(" ");
    if (host === hostname() && pid && !isRunning(Number(pid))) return true;
    return Date.now() - statSync(file).mtimeMs > STALE_SECONDS * 1000;
  } catch {
    return false; // It has just gone.
  }
}
