/**
 * Measurements while each thread has a core of its own. A host may move two virtual processors onto the two threads of
 * one core for seconds or minutes, which halves what both can do, and another program does the same; the guest sees neither.
 */
import { measureHere } from "./processes.ts";

/** Less than this share of a core is taken as shared. */
const ENOUGH = 0.85;
const WAIT_SECONDS = 60;
const ATTEMPTS = 8;

/** Once the processors shared cores for all of a wait, they are taken to do so always. */
let alwaysShared = false;

const coreShare = (threads: number): number =>
  measureHere<{ coreShare: number }>("core-share.ts", { threads }).coreShare;

/**
 * Waits for cores of their own, measures, and measures again where they are shared afterwards. The share of a core that each
 * thread has at the end stands beside the result; one thread is measured at once and without it.
 */
export function onOwnCores<T extends object>(threads: number, measure: () => T): T & { coreShare?: number } {
  if (threads < 2) return measure();
  for (let attempt = 1; ; attempt++) {
    waitForOwnCores(threads);
    const found = { ...measure(), coreShare: coreShare(threads) };
    if (alwaysShared || found.coreShare >= ENOUGH || attempt === ATTEMPTS) return found;
    console.log(`a thread had ${found.coreShare.toFixed(2)} of a core at the end: measured again`);
  }
}

function waitForOwnCores(threads: number): void {
  const end = performance.now() + WAIT_SECONDS * 1000;
  let share = 0;
  while (!alwaysShared && share < ENOUGH) {
    share = coreShare(threads);
    if (share < ENOUGH && performance.now() > end) {
      alwaysShared = true;
      console.log(
        `each of ${threads} threads has ${share.toFixed(2)} of a core: the processors share cores, or other programs run; times are those of shared cores`,
      );
    }
  }
}
