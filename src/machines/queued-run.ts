/** What stands on the queue for a run: what a worker has to know, and what the run asks of it. */
import { totalmem } from "node:os";
import { z } from "zod";
import { memory } from "../base/format.ts";
import { version } from "../base/machine.ts";
import { mostThreads } from "../base/thread-count.ts";
import { methodOf } from "../methods/registry.ts";
import { resolveOptions } from "../run/train-options.ts";
import type { PlannedRun } from "../study/study.ts";
import { type Limit, limitedCount } from "../tables/limit-train.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** What a run needs, and what a worker has for each of its runs. */
export interface Resources {
  readonly memoryBytes: number;
  readonly threads: number;
}

/** The data of a job. */
export const queuedRun = z.looseObject({
  /** Version of Attune that planned it. */
  attune: z.string(),
  /** Address of the store, as whoever planned it sees it. */
  store: z.string().min(1),
  study: z.string().regex(/^[0-9a-f]+$/),
  run: z.looseObject({ name: z.string(), options: z.looseObject({}) }),
  needs: z.strictObject({ memoryBytes: z.number(), threads: z.int().positive() }),
  /** The most threads that it may take. */
  threads: z.int().positive().optional(),
  /** Machines that failed it so far. */
  faults: z.int().min(0).default(0),
});
export interface QueuedRun {
  readonly attune: string;
  readonly store: string;
  readonly study: string;
  readonly run: PlannedRun;
  readonly needs: Resources;
  readonly threads?: number;
  readonly faults: number;
}

/** What a job tells those who follow it. */
export type JobProgress =
  | { readonly type: "begin"; readonly worker: string; readonly isResumed: boolean }
  | { readonly type: "event"; readonly event: string }
  /** A worker gives it back: it does not fit there, or the machine failed. */
  | { readonly type: "back"; readonly worker: string; readonly reason: string };

/** Node, ONNX Runtime and what a small run holds. */
const BASE_BYTES = 300 * 2 ** 20;
/** Weights, gradients and two moments, with what computing them takes. */
const TIMES_WEIGHTS = 5;

/** The memory of a run, roughly and rather too much, from the size of its model's weights. */
export const memoryOf = ({ method }: PlannedRun, weightBytes: number): number =>
  BASE_BYTES + weightBytes * (methodOf(method).trainsNothing ? 2 : TIMES_WEIGHTS);

/** BullMQ takes these as a priority; the least goes first. */
const LEAST_PRIORITY = 2 ** 21 - 1;

/** Short runs go first: by the texts that they go over. */
export function priorityOf({ method, options }: PlannedRun, texts: number): number {
  if (methodOf(method).trainsNothing) return 1;
  const { epochs } = resolveOptions({ ...options, out: "." });
  const passes = epochs * limitedCount(options.limit as Limit | undefined, texts);
  return Math.min(LEAST_PRIORITY - 1, Math.max(2, Math.ceil(passes / 100)));
}

/** Behind all others: where one that did not fit waits for a worker whom it fits. */
export const LAST = LEAST_PRIORITY;

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

/** Why a worker cannot do a run; undefined where it can. */
export function whyNot({ attune, needs, run }: QueuedRun, has: Resources): string | undefined {
  if (attune !== version)
    return `${run.name} is of Attune ${attune}, and this worker is Attune ${version}; install attune@${attune} there`;
  if (needs.memoryBytes > has.memoryBytes)
    return `${run.name} needs about ${memory(needs.memoryBytes)} of memory, and this worker has ${memory(has.memoryBytes)} for a run`;
  if (needs.threads > has.threads)
    return `${run.name} needs ${needs.threads} threads, and this worker has ${has.threads} for a run`;
  return undefined;
}

/** An event of a run as JSON, which has no NaN and no Infinity. */
export const packed = (event: object): string =>
  JSON.stringify(event, (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? { [NUMBER]: String(value) } : value,
  );

export const unpacked = (text: string): unknown =>
  JSON.parse(text, (_, value) => (typeof value?.[NUMBER] === "string" ? Number(value[NUMBER]) : value));

const NUMBER = "#number";
