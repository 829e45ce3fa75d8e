/** What has to be closed in the end, however it comes: the last opened first, and each, whatever the others do. */
export class Cleanups {
  readonly #steps: (() => void | Promise<void>)[] = [];

  /** Closes this in the end as well. */
  add(close: () => void | Promise<void>): void {
    this.#steps.push(close);
  }

  /** Closes all that was added; nothing twice. The error that brought the end counts more than one of closing. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch {
        // What cannot be closed is left to the system.
      }
    }
  }
}

/** Runs `work`; what it has opened is closed behind it. */
export async function closingAfter<T>(work: (opened: Cleanups) => Promise<T>): Promise<T> {
  const opened = new Cleanups();
  try {
    return await work(opened);
  } finally {
    await opened.run();
  }
}

/** Runs `work`; where it fails, what it has opened until then is closed. */
export async function closingOnFailure<T>(work: (opened: Cleanups) => Promise<T>): Promise<T> {
  const opened = new Cleanups();
  try {
    return await work(opened);
  } catch (error) {
    await opened.run();
    throw error;
  }
}
