/** Which thread goes first where all cores are busy. */
import { setPriority } from "node:os";

/** Steps of niceness: with these the system gives a thread about a third of what others get where they want a core at once. */
const STEPS = 5;

/**
 * The calling thread, and those that it starts from now on, give way to the program's others. On Linux alone, where threads
 * have priorities of their own; elsewhere it would be the whole program that gives way.
 */
export function giveWay(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(STEPS);
  } catch {
    // Some sandboxes refuse it: then all threads are equal.
  }
}
