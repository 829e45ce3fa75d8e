/** What a long piece of work returns: its events, to be iterated, and its last event, to be awaited. */
import { AttuneError } from "./error.ts";

/**
 * Work that says what happens as it goes on.
 *
 * - `for await (const event of work)` follows it. It stands still while nobody asks for the next event, and stops where
 *   the loop is left.
 * - `const last = await work` does it to its end and gives the last event.
 * - Neither: the work begins by itself on the next turn of the event loop. Its events wait for whoever iterates later; a
 *   failure that nobody ever looks at ends the process, as that of any promise does.
 */
export class EventStream<Event, Last extends Event = Event>
  implements AsyncGenerator<Event, void, undefined>, Promise<Last>
{
  readonly [Symbol.toStringTag] = "EventStream";
  readonly #events: AsyncGenerator<Event, void, undefined>;
  readonly #isLast: (event: Event) => event is Last;
  readonly #end: Promise<Last>;
  #settle!: { readonly resolve: (last: Last) => void; readonly reject: (error: unknown) => void };
  #last: Last | undefined;
  /** Events that came before anybody asked for them, and the error that came then. */
  readonly #early: Event[] = [];
  #problem: { readonly error: unknown } | undefined;
  /** The work while it goes on without being iterated. */
  #alone: Promise<void> | undefined;
  #isIterated = false;

  /** `events` is not begun yet; `isLast` knows the event that ends it. */
  constructor(events: AsyncGenerator<Event, void, undefined>, isLast: (event: Event) => event is Last) {
    this.#events = events;
    this.#isLast = isLast;
    this.#end = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    setImmediate(() => {
      if (!this.#isIterated) this.#alone ??= this.#goAlone(true);
    });
  }

  async next(): Promise<IteratorResult<Event, void>> {
    await this.#takeOver();
    const early = this.#early.shift();
    if (early !== undefined) return { done: false, value: early };
    if (this.#problem) {
      const { error } = this.#problem;
      this.#problem = undefined;
      throw error;
    }
    return this.#pull(this.#events.next());
  }

  /** Stops the work where it is between two events, as leaving a `for await` loop does. */
  async return(): Promise<IteratorResult<Event, void>> {
    await this.#takeOver();
    this.#early.length = 0;
    return this.#pull(this.#events.return());
  }

  async throw(error: unknown): Promise<IteratorResult<Event, void>> {
    await this.#takeOver();
    return this.#pull(this.#events.throw(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise as well.
  then<A = Last, B = never>(
    done?: ((last: Last) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!this.#isIterated) this.#alone ??= this.#goAlone(false);
    return this.#end.then(done, failed);
  }

  catch<B = never>(failed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Last | B> {
    return this.then(undefined, failed);
  }

  finally(after?: (() => void) | null): Promise<Last> {
    return this.then().finally(after);
  }

  /** From here on events are given to those who ask, and so are errors. */
  async #takeOver(): Promise<void> {
    if (!this.#isIterated) this.#end.catch(() => {});
    this.#isIterated = true;
    await this.#alone;
  }

  async #goAlone(keeps: boolean): Promise<void> {
    try {
      while (!this.#isIterated) {
        const next = await this.#pull(this.#events.next());
        if (next.done) return;
        if (keeps) this.#early.push(next.value);
      }
    } catch (error) {
      this.#problem = { error };
    }
  }

  async #pull(step: Promise<IteratorResult<Event, void>>): Promise<IteratorResult<Event, void>> {
    try {
      const next = await step;
      if (!next.done && this.#isLast(next.value)) this.#last = next.value;
      if (next.done) this.#finish();
      return next;
    } catch (error) {
      this.#settle.reject(error);
      throw error;
    }
  }

  #finish(): void {
    const why = "this was stopped before its end, as its events were not followed any further";
    if (this.#last === undefined) this.#settle.reject(new AttuneError("stream/left", why, "interrupted"));
    else this.#settle.resolve(this.#last);
  }
}
