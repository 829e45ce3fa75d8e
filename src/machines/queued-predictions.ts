/** Predictions for many files by the workers of a queue. */
import { resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import type { LoadOptions } from "../classifier/opened-model.ts";
import { isS3, openStore } from "../store/open-store.ts";
import { isPublished, partitionId } from "./partition-attempt.ts";
import type { Partition } from "./partitions.ts";
import type { TextsDone } from "./predict-process.ts";
import { connectQueue, jobId } from "./queue-connection.ts";
import { type JobEnd, type QueuedJob, QueuedJobs } from "./queued-jobs.ts";
import { PREDICTION_PRIORITY, predictionMemory, type QueuedPrediction } from "./queued-prediction.ts";
import { unpacked } from "./queued-work.ts";
import { type Asked, shareClassifier } from "./shared-classifier.ts";

export interface PredictionsOptions {
  readonly queue: string;
  readonly store: string;
  readonly classifier: Pick<LoadOptions, "revision" | "adapter"> & { readonly folder: string };
  readonly asked: Asked;
  /** The most threads that each may take. */
  readonly threads: number | undefined;
}

export interface PartitionEvents {
  begin(partition: Partition): void;
  see(partition: Partition, news: TextsDone): void;
  end(partition: Partition, end: JobEnd<true>): void;
  notice(message: string): void;
}

/**
 * Follows them to their end, or until `signal`.
 *
 * @throws AttuneError with `kind` "interrupted" where some were stopped before
 */
export async function predictOnQueue(
  partitions: readonly Partition[],
  { queue, store: address, classifier, asked, threads }: PredictionsOptions,
  events: PartitionEvents,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connectQueue(queue, { waits: false });
  let jobs: QueuedJobs<true> | undefined;
  try {
    const store = await openStore(isS3(address) ? address : resolve(address));
    const { id, bytes } = await shareClassifier(store, classifier, asked);
    const shared = {
      attune: version,
      store: store.address,
      classifier: id,
      needs: { memoryBytes: predictionMemory(bytes), threads: threads ?? 1 },
      ...(threads !== undefined && { threads }),
      faults: 0,
    };
    const jobOf = (partition: Partition): QueuedJob<true> => ({
      id: jobId(id, partitionId(partition)),
      name: partition.data,
      data: { ...shared, partition } satisfies QueuedPrediction,
      priority: PREDICTION_PRIORITY,
      hear: (said) => {
        if (said.type === "begin") events.begin(partition);
        else events.see(partition, unpacked(said.event) as TextsDone);
      },
      notice: events.notice,
      bring: async () => ((await isPublished(partition)) ? true : undefined),
    });
    const followed = await QueuedJobs.open<true>(connection, id);
    jobs = followed;
    const ends = partitions.map(async (partition) => {
      const end = await followed.do(jobOf(partition), false, signal);
      events.end(partition, end);
      return end;
    });
    if ((await Promise.all(ends)).some(({ status }) => status === "interrupted"))
      throw new AttuneError("predict/interrupted", "stopped; the same command goes on", "interrupted");
  } finally {
    await (jobs ?? connection).close();
  }
}
