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
