/**
 * A claim on a run, for machines without a queue: an object in the store whose number its holder raises. One whose number
 * stands still for the whole lease is taken over; no clocks are compared. A claim saves work: that a run counts once is for
 * its publication to see to.
 */
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { type ArtifactStore, jsonText } from "../store/artifact-store.ts";
import { isPublished } from "./run-attempt.ts";

/** In each lease the number is raised, and looked at, so often. */
const BEATS = 6;

export interface Claim {
  /** Set when another one has taken it over. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Claims a run, waiting for whoever has it; undefined where it is published meanwhile, or after `signal`. */
export async function claimRun(
  store: ArtifactStore,
  prefix: string,
  name: string,
  leaseSeconds: number,
  signal: AbortSignal,
): Promise<Claim | undefined> {
  const key = `${prefix}claim.json`;
  const holder = randomBytes(8).toString("hex");
  const textOf = (beat: number) => jsonText({ name, holder, beat });
  const pause = () => setTimeout((1000 * leaseSeconds) / BEATS, undefined, { signal }).catch(() => {});
  let seen: string | undefined;
  for (let still = 0; !(await store.putOnce(key, { text: textOf(0) })); ) {
    const found = await store.get(key);
    still = found === seen ? still + 1 : 0;
    seen = found;
    if (still >= BEATS) {
      await store.put(key, { text: textOf(0) });
      await pause(); // Another one may take it over at the same time: the last to write has it.
      if ((await store.get(key)) === textOf(0)) break;
      still = 0;
    } else await pause();
    if (signal.aborted || (await isPublished(store, prefix))) return undefined;
  }
  const lost = new AbortController();
  const over = new AbortController();
  const beating = beat();
  return {
    lost: lost.signal,
    release: async () => {
      over.abort();
      await beating;
      if (!lost.signal.aborted) await store.remove([key]).catch(() => {});
    },
  };

  async function beat(): Promise<void> {
    for (let number = 1; ; number++) {
      await setTimeout((1000 * leaseSeconds) / BEATS, undefined, { signal: over.signal }).catch(() => {});
      if (over.signal.aborted) return;
      try {
        const found = await store.get(key);
        if (found !== undefined && !found.includes(holder)) return lost.abort();
        await store.put(key, { text: textOf(number) });
      } catch {
        // A store that does not answer for a while is asked again.
      }
    }
  }
}
