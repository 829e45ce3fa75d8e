/** Events of several sources at once, as one stream. */
export class EventQueue<Event> {
  readonly #events: Event[] = [];
  #isOver = false;
  #problem: { readonly error: unknown } | undefined;
  #wake = () => {};

  push(event: Event): void {
    this.#events.push(event);
    this.#wake();
  }

  /** After these the stream ends, or throws what went wrong. */
  endWith(work: Promise<unknown>): void {
    work
      .catch((error: unknown) => {
        this.#problem = { error };
      })
      .finally(() => {
        this.#isOver = true;
        this.#wake();
      });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    for (;;) {
      while (this.#events.length > 0) yield this.#events.shift()!;
      if (this.#problem) throw this.#problem.error;
      if (this.#isOver) return;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}

/**
 * Runs `work` and yields the events that it reports meanwhile; returns its result. With `stop`, that is called where nobody
 * listens any more, and the end of `work` is waited for.
 */
export async function* eventsOf<T, Event>(
  work: (onEvent: (event: Event) => void) => Promise<T>,
  stop?: () => void,
): AsyncGenerator<Event, T> {
  const queue = new EventQueue<Event>();
  const result = work((event) => queue.push(event));
  queue.endWith(result);
  try {
    yield* queue;
  } finally {
    if (stop) {
      stop();
      await result.catch(() => {});
    }
  }
  return await result;
}
