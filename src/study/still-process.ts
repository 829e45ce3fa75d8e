/** A process that neither says nor computes anything any more: it hangs, on a disk that is gone or in a deadlock. */
import type { ChildProcess } from "node:child_process";
import { processorTicks } from "../base/is-running.ts";

export interface StillWatch {
  /** It has said something. */
  heard(): void;
  /** Whether it was ended for being still. */
  readonly isStill: boolean;
  stop(): void;
}

/** Kills a process that is still for so many seconds. Linux only; elsewhere nothing is known of its computing, and it stays. */
export function endWhenStill(child: ChildProcess, seconds: number): StillWatch {
  const period = (1000 * seconds) / 4;
  let last = performance.now();
  let looked = last;
  let ticks: number | undefined;
  let isStill = false;
  const look = () => {
    const now = child.pid === undefined ? undefined : processorTicks(child.pid);
    // Whoever was stopped itself for a while has not looked, and knows nothing of the child's silence.
    const hasSlept = performance.now() - looked > 2 * period;
    looked = performance.now();
    if (now === undefined || now !== ticks || hasSlept) last = looked;
    ticks = now;
    if (performance.now() - last < 1000 * seconds) return;
    isStill = true;
    child.kill("SIGKILL");
  };
  const timer = setInterval(look, period);
  return {
    heard: () => {
      last = performance.now();
    },
    get isStill() {
      return isStill;
    },
    stop: () => clearInterval(timer),
  };
}
