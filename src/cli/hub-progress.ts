/** What comes from the Hub or goes there, on the terminal: one live line, or one line now and then. */
import { createLogUpdate } from "log-update";
import { duration, memory } from "../base/format.ts";
import type { FetchEvent, PushEvent } from "../hub/events.ts";

/** Without a terminal: at most one line of progress in so many seconds. */
const PLAIN_SECONDS = 15;

/** Shows on standard error what comes. */
export function showFetch(): (event: FetchEvent) => void {
  const progress = new HubProgress(process.stderr);
  return (event) => progress.show(event);
}

export class HubProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  #lastPlain = performance.now();
  /** What is on its way. */
  #said = "";

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#live = stream.isTTY ? createLogUpdate(stream) : undefined;
  }

  show(event: FetchEvent | PushEvent): void {
    if (event.type === "wait") {
      const { repo, reason, seconds } = event;
      this.#print(
        `${repo}: ${reason}; trying again in ${seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds)}`,
      );
      return;
    }
    const { type, repo, file, bytes, totalBytes } = event;
    const isDownload = type === "download";
    const what = `${isDownload ? "fetching" : "sending"} ${repo}: ${memory(totalBytes)}`;
    if (what !== this.#said) this.#print(what);
    this.#said = what;
    const state = `${file}, ${memory(bytes)} of ${memory(totalBytes)}`;
    if (this.#live) this.#live(`${isDownload ? "fetching" : "sent"} ${state}`);
    else if (performance.now() - this.#lastPlain > PLAIN_SECONDS * 1000) {
      this.#lastPlain = performance.now();
      this.#print(`${repo}: ${state}`);
    }
    if (bytes === totalBytes) this.end();
  }

  end(): void {
    this.#live?.clear();
    this.#live?.done();
  }

  #print(line: string): void {
    this.#live?.clear();
    this.#stream.write(`${line}\n`);
  }
}
