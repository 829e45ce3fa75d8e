/** The other side of own-process.ts: what the program of a job's own process does with its parent. */
import { diskError } from "../base/disk-error.ts";
import type { AttuneError } from "../base/error.ts";
import type { ChildMessage } from "./own-process.ts";

/** Errors that say something of this machine, and nothing of the job. */
const MACHINES: ReadonlySet<string> = new Set(["disk/refused", "run/create", "run/locked", "folder/locked"]);
const isOutOfMemory = (error: unknown): boolean =>
  error instanceof RangeError && /memory|allocation failed/i.test(error.message);

/**
 * Takes one job from the parent, does it, and ends. `signal` is set when the parent asks it to stop; when the parent is gone it
 * ends at once: what is written so far is whole.
 *
 * @param advice what to do where a disk refuses something
 */
export function serveParent<Job extends { readonly out: string }, News>(
  work: (job: Job, tell: (news: News) => void, signal: AbortSignal) => Promise<void>,
  advice: string,
): void {
  const stopping = new AbortController();
  const send = (message: ChildMessage<News>): Promise<void> =>
    new Promise((sent) => process.send!(message, undefined, undefined, () => sent()));
  const leave = () => process.exit(130);
  process.on("disconnect", leave);
  // Ctrl-C and the end of a terminal reach every process of it; the parent decides.
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
  process.on("SIGTERM", () => stopping.abort());
  process.on("message", async (message: Job | "stop") => {
    if (message === "stop") return stopping.abort();
    try {
      await work(message, (news) => void send({ type: "news", news }), stopping.signal);
      // The end of the channel would drop what a busy parent has not read yet: news may be larger than a pipe.
      await send({ type: "end" });
    } catch (cause) {
      const error = diskError(cause, message.out, advice);
      const { message: reason, kind, stack } = error as Error & Partial<AttuneError>;
      const { code = "" } = error as NodeJS.ErrnoException;
      const isSystem = /^E[A-Z]+$/.test(code);
      const isMachines = isSystem || MACHINES.has(code) || isOutOfMemory(error);
      await send({
        ...{ type: "error", reason, kind: kind ?? "failure", isMachines },
        ...(!kind && !isSystem && stack && { stack }),
      });
    }
    process.off("disconnect", leave);
    process.disconnect();
  });
}
