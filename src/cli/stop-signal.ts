/** Ctrl-C as an AbortSignal: the first one stops cleanly, the second one at once. So does the end of the terminal. */
import { sayAbove } from "./live-line.ts";

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
