/** Progress on a stream: a live line where it is a terminal, a plain one now and then where it is not. */
import { createLogUpdate } from "log-update";
import { harmless } from "./write-text.ts";

/** Without a terminal: at most one line of progress in so many seconds. */
const PLAIN_SECONDS = 15;

/** What is shown now, for messages that come from elsewhere. */
let shown: LiveLine | undefined;

/** A message that comes at any time, such as that Ctrl-C was seen: above what is shown, so that a table stays whole. */
export function sayAbove(message: string): void {
  if (shown) shown.say(message);
  else process.stderr.write(`\n${message}\n`);
}

export class LiveLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  #lastPlain = performance.now();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#live = stream.isTTY ? createLogUpdate(stream) : undefined;
  }

  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** A line that stays, above the live one. */
  say(line: string): void {
    this.#live?.clear();
    this.#stream.write(`${harmless(line)}\n`);
  }

  /** Takes the live line away, for what comes on another stream. */
  clear(): void {
    this.#live?.clear();
  }

  /** What is going on; without a terminal `plain`, if that is given and it is time. */
  show(live: () => string, plain?: () => string): void {
    if (this.#live) {
      shown = this;
      this.#live(harmless(live()));
    } else if (plain && performance.now() - this.#lastPlain > PLAIN_SECONDS * 1000) {
      this.#lastPlain = performance.now();
      this.say(plain());
    }
  }

  /** Takes the live line away, and no other comes. */
  end(): void {
    this.#live?.clear();
    this.keep();
  }

  /** What is there stays. */
  keep(): void {
    if (shown === this) shown = undefined;
    this.#live?.done();
  }
}
