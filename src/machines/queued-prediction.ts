/** What stands on the queue for the predictions for one file. */
import { z } from "zod";
import { BASE_BYTES, type QueuedWork, queuedWork } from "./queued-work.ts";

/** The data of a job. */
export const queuedPrediction = queuedWork.extend({
  /** Of the classifier in the store. */
  classifier: z.string().regex(/^[0-9a-f]+$/),
  partition: z.strictObject({ data: z.string(), out: z.string() }),
});
export interface QueuedPrediction extends QueuedWork {
  readonly classifier: string;
  readonly partition: { readonly data: string; readonly out: string };
}

/** Among the short runs: somebody waits for it. */
export const PREDICTION_PRIORITY = 2;

/** The memory of predicting with weights of that size, roughly and rather too much. */
export const predictionMemory = (weightBytes: number): number => BASE_BYTES + 2 * weightBytes;
