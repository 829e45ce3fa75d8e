/** What comes from the Hub or goes there, on the terminal: one live line, or one line now and then. */
import { duration, memory } from "../base/format.ts";
import type { FetchEvent, PushEvent } from "../hub/fetch-events.ts";
import { LiveLine } from "./live-line.ts";

/** Shows on standard error what comes. */
export function showFetch(): (event: FetchEvent) => void {
  const progress = new HubProgress(process.stderr);
  return (event) => progress.show(event);
}

export class HubProgress {
  readonly #line: LiveLine;
  /** What is on its way. */
  #said = "";

  constructor(stream: NodeJS.WriteStream) {
    this.#line = new LiveLine(stream);
  }

  show(event: FetchEvent | PushEvent): void {
    if (event.type === "wait") {
      const { repo, reason, seconds } = event;
      this.#line.say(
        `${repo}: ${reason}; trying again in ${seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds)}`,
      );
      return;
    }
    const { type, repo, file, bytes, totalBytes } = event;
    const isDownload = type === "download";
    const what = `${isDownload ? "fetching" : "sending"} ${repo}: ${memory(totalBytes)}`;
    if (what !== this.#said) this.#line.say(what);
    this.#said = what;
    const state = `${file}, ${memory(bytes)} of ${memory(totalBytes)}`;
    this.#line.show(
      () => `${isDownload ? "fetching" : "sent"} ${state}`,
      () => `${repo}: ${state}`,
    );
    if (bytes === totalBytes) this.end();
  }

  end(): void {
    this.#line.end();
  }
}
