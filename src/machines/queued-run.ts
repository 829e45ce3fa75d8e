/** What stands on the queue for a run of a study. */
import { z } from "zod";
import { methodOf } from "../methods/registry.ts";
import { resolveOptions } from "../run/train-options.ts";
import type { PlannedRun } from "../study/study.ts";
import { type Limit, limitedCount } from "../tables/limit-train.ts";
import { BASE_BYTES, LAST, type QueuedWork, queuedWork } from "./queued-work.ts";

/** The data of a job. */
export const queuedRun = queuedWork.extend({
  study: z.string().regex(/^[0-9a-f]+$/),
  run: z.looseObject({ name: z.string(), options: z.looseObject({}) }),
});
export interface QueuedRun extends QueuedWork {
  readonly study: string;
  readonly run: PlannedRun;
}

/** Weights, gradients and two moments, with what computing them takes. */
const TIMES_WEIGHTS = 5;

/** The memory of a run, roughly and rather too much, from the size of its model's weights. */
export const memoryOf = ({ method }: PlannedRun, weightBytes: number): number =>
  BASE_BYTES + weightBytes * (methodOf(method).trainsNothing ? 2 : TIMES_WEIGHTS);

/** Short runs go first: by the texts that they go over. */
export function priorityOf({ method, options }: PlannedRun, texts: number): number {
  if (methodOf(method).trainsNothing) return 1;
  const { epochs } = resolveOptions({ ...options, out: "." });
  const passes = epochs * limitedCount(options.limit as Limit | undefined, texts);
  return Math.min(LAST - 1, Math.max(2, Math.ceil(passes / 100)));
}
