/** What stands on the queue of any work: what a worker has to know of it, what it asks of the worker, and how it is told of. */
import { totalmem } from "node:os";
import { z } from "zod";
import { memory } from "../base/format.ts";
import { version } from "../base/machine.ts";
import { mostThreads } from "../base/thread-count.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** What work needs, and what a worker has for each that it takes. */
export interface Resources {
  readonly memoryBytes: number;
  readonly threads: number;
}

/** The part that the data of all jobs have. */
export const queuedWork = z.looseObject({
  /** Version of Attune that planned it. */
  attune: z.string(),
  /** Address of the store, as whoever planned it sees it. */
  store: z.string().min(1),
  needs: z.strictObject({ memoryBytes: z.number(), threads: z.int().positive() }),
  /** The most threads that it may take. */
  threads: z.int().positive().optional(),
  /** Machines that failed it so far. */
  faults: z.int().min(0).default(0),
});
export interface QueuedWork {
  readonly attune: string;
  readonly store: string;
  readonly needs: Resources;
  readonly threads?: number;
  readonly faults: number;
}

/** What a job tells those who follow it. */
export type JobProgress =
  | WorkNews
  /** A worker gives it back: it does not fit there, or the machine failed. */
  | { readonly type: "back"; readonly worker: string; readonly reason: string };

/** Of work that is under way. `event` is packed. */
export type WorkNews =
  | { readonly type: "begin"; readonly worker: string; readonly isResumed: boolean }
  | { readonly type: "event"; readonly event: string };

/** Node, ONNX Runtime and what small work holds. */
export const BASE_BYTES = 300 * 2 ** 20;

/** The highest number that BullMQ takes as a priority, behind all others: where what did not fit waits for a worker whom it fits. */
export const LAST = 2 ** 21 - 1;

/** What a worker has for each of its runs. */
export const ownResources = ({ concurrency, memory: gigabytes, threads }: WorkerOptions): Resources => ({
  memoryBytes: gigabytes === undefined ? Math.floor(usableMemory() / concurrency) : gigabytes * 1e9,
  threads: threads ?? Math.max(1, Math.floor(mostThreads() / concurrency)),
});

/** A container's limit, where there is one. */
function usableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Why a worker cannot do what is called `name`; undefined where it can. */
export function whyNot(name: string, { attune, needs }: QueuedWork, has: Resources): string | undefined {
  if (attune !== version)
    return `${name} is of Attune ${attune}, and this worker is Attune ${version}; install attune@${attune} there`;
  if (needs.memoryBytes > has.memoryBytes)
    return `${name} needs about ${memory(needs.memoryBytes)} of memory, and this worker has ${memory(has.memoryBytes)} for a run`;
  if (needs.threads > has.threads)
    return `${name} needs ${needs.threads} threads, and this worker has ${has.threads} for a run`;
  return undefined;
}

/** An event as JSON, which has no NaN and no Infinity. */
export const packed = (event: object): string =>
  JSON.stringify(event, (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? { [NUMBER]: String(value) } : value,
  );

export const unpacked = (text: string): unknown =>
  JSON.parse(text, (_, value) => (typeof value?.[NUMBER] === "string" ? Number(value[NUMBER]) : value));

const NUMBER = "#number";
