/** Who makes kernel calls: this thread alone, or several (threads.ts). */
import type { KernelCall } from "./kernels.ts";

export interface WorkerPool {
  /** Whether it works on memory that threads share, which is then to be allocated so. */
  readonly sharesMemory: boolean;
  /** Makes calls of which none writes what another one reads or writes; what they return, in their order. */
  run(calls: readonly KernelCall[]): number[];
  /** Ends its threads. */
  dispose(): void;
}

/** This thread alone. */
export const alone: WorkerPool = {
  sharesMemory: false,
  run: (calls) => calls.map((call) => call.run()),
  dispose: () => {},
};
