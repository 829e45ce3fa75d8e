/** How many threads a program may be given: no more than the machine has, since more only wait for each other. */
import { availableParallelism, cpus } from "node:os";
import { z } from "zod";
import { AttuneError } from "./error.ts";

/** Threads that are used where nothing is said. */
export const usableThreads = availableParallelism;

/** Threads that may be asked for: a process that is confined to some of the processors may still ask for all. */
export const mostThreads = (): number => Math.max(availableParallelism(), cpus().length);

/** A number of threads from 1 to those of the machine. */
export const threadCount = () =>
  z
    .number()
    .int()
    .positive()
    .refine((count) => count <= mostThreads(), { error: () => `at most ${mostThreads()}, which this machine has` });

/** @throws AttuneError where it is not such a number */
export function requireThreads(threads: unknown): void {
  if (threadCount().safeParse(threads).success) return;
  throw new AttuneError(
    "options/value",
    `threads cannot be ${String(threads)}: it must be a whole number from 1 to ${mostThreads()}, as many as this machine has`,
  );
}
