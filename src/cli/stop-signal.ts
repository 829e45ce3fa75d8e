/** Ctrl-C: the first one stops cleanly, the second one at once. So does the end of the terminal. */
import { sayAbove } from "./live-line.ts";

/** For work that looks at it between its steps. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      // A terminal that is closed may say so several times.
      if (controller.signal.aborted && signal === "SIGHUP") return;
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
      sayAbove("attune: stopping after this step; once more stops at once");
    });
  return controller.signal;
}

/** For a server, which has nothing to do meanwhile: settled by the first one. */
export const stopAsked = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve();
      });
  });
