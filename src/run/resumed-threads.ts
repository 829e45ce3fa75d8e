/** With how many threads a run goes on: those that it began with, unless this machine has fewer, which it then says. */
import { mostThreads } from "../base/thread-count.ts";
import type { Bits } from "../engine/reproducible-threads.ts";

interface ThreadOptions {
  readonly threads: number;
  /** Before there was a choice, bits were the same for any number of threads. */
  readonly bits?: Bits;
}

export function resumedThreads({ threads, bits = "same" }: ThreadOptions, most = mostThreads()) {
  const here = Math.min(threads, most);
  const note = `This run began with ${threads} threads and goes on with ${here}, as many as this machine has: its last digits may be others than those of a run without a break (--bits any).`;
  return { options: { threads: here, bits }, notes: here === threads || bits === "same" ? [] : [note] };
}
