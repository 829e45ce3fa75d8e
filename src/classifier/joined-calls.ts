/** Calls that come at the same time, or while others are computed, are computed together: many short ones cost as much as one. */
import { AttuneError } from "../base/error.ts";
import { nextTurn } from "../base/event-loop.ts";
import type { Text } from "../tables/dataset.ts";

/** Calls are joined up to so many texts; a larger one is computed by itself. */
const MOST_TEXTS = 1024;

type Compute = (texts: readonly Text[], signal: AbortSignal) => Promise<Float32Array>;

interface Call {
  readonly texts: readonly Text[];
  /** Whether its caller stopped it. */
  isUnwanted: boolean;
  readonly resolve: (logits: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

export class JoinedCalls {
  readonly #compute: Compute;
  /** Numbers for each text. */
  readonly #width: number;
  #waiting: Call[] = [];
  #isBusy = false;
  #current: { readonly calls: readonly Call[]; readonly stopping: AbortController } | undefined;

  constructor(compute: Compute, width: number) {
    this.#compute = compute;
    this.#width = width;
  }

  /** Logits [texts, labels]; "interrupted" after `signal`, which stops the computation where nobody else waits for it. */
  async logits(texts: readonly Text[], signal?: AbortSignal): Promise<Float32Array> {
    if (signal?.aborted) throw interrupted();
    const { promise, resolve, reject } = deferred<Float32Array>();
    const call: Call = { texts, isUnwanted: false, resolve, reject };
    const stop = () => {
      call.isUnwanted = true;
      reject(interrupted());
      if (this.#current?.calls.every(({ isUnwanted }) => isUnwanted)) this.#current.stopping.abort();
    };
    signal?.addEventListener("abort", stop);
    this.#waiting.push(call);
    if (!this.#isBusy) void this.#work();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    await nextTurn(); // Calls of one turn are joined.
    for (let calls = this.#take(); calls.length > 0; calls = this.#take()) {
      const stopping = new AbortController();
      this.#current = { calls, stopping };
      try {
        const logits = await this.#compute(
          calls.flatMap(({ texts }) => texts),
          stopping.signal,
        );
        let from = 0;
        for (const { texts, resolve } of calls)
          resolve(logits.subarray(from * this.#width, (from += texts.length) * this.#width));
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    this.#current = undefined;
    this.#isBusy = false;
  }

  /** The next calls that somebody still waits for, in their order. */
  #take(): Call[] {
    this.#waiting = this.#waiting.filter(({ isUnwanted }) => !isUnwanted);
    let count = 0;
    const end = this.#waiting.findIndex(({ texts }, i) => (count += texts.length) > MOST_TEXTS && i > 0);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}

const interrupted = (): AttuneError =>
  new AttuneError("predict/interrupted", "stopped before these texts were labelled", "interrupted");

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
