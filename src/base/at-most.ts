/** Work of which only so much is done at once; the rest waits in the order in which it came. */
export class AtMost {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((wake) => this.#waiting.push(wake));
    else this.#free--;
    try {
      return await work();
    } finally {
      // A place goes to who waits for it, so that nobody comes between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
