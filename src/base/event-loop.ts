/** A turn of the event loop, in Node and in browsers. */

/** Lets signals, timers and messages in: engines may compute without returning to the event loop. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    // Node's own, which does not wait a millisecond as timers do; browsers have none.
    const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => void };
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve);
  });
