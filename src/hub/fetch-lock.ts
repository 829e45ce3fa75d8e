/** One process at a time fetches a file; the others wait for it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Lock, takeLock } from "../base/file-lock.ts";

/** Who holds a lock touches it more often than this, also where the Hub asks for a pause. */
const STALE_SECONDS = 600;
const POLL_SECONDS = 0.2;

/** Waits until nobody else holds `file`, or until `isDone`, and then returns undefined. */
export async function acquire(file: string, isDone: () => boolean, signal?: AbortSignal): Promise<Lock | undefined> {
  while (!isDone()) {
    const taken = takeLock(file, STALE_SECONDS);
    if ("release" in taken) return taken;
    await sleep(POLL_SECONDS * 1000, undefined, signal && { signal });
  }
  return undefined;
}
