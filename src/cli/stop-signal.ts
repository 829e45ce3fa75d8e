/** Ctrl-C as an AbortSignal: the first one stops cleanly, the second one at once. */
import { writeError } from "./write-text.ts";

export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
      writeError("\nattune: stopping after this step; once more stops at once\n");
    });
  return controller.signal;
}
