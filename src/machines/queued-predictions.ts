/** Predictions for many files by the workers of a queue. */
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import type { LoadOptions } from "../classifier/opened-model.ts";
import { openStore } from "../store/open-store.ts";
import { isPublished, partitionId } from "./partition-attempt.ts";
import type { Partition } from "./partitions.ts";
import type { TextsDone } from "./predict-process.ts";
import { connectQueue, jobId } from "./queue-connection.ts";
import { type JobEnd, QueuedJobs } from "./queued-jobs.ts";
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
  begin(partition: Partition, worker: string): void;
  see(partition: Partition, news: TextsDone): void;
  end(partition: Partition, end: JobEnd<true>): void;
  notice(message: string): void;
}

/** Follows them to their end, or until `signal`. */
export async function predictOnQueue(
  partitions: readonly Partition[],
  { queue, store: address, classifier, asked, threads }: PredictionsOptions,
  events: PartitionEvents,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connectQueue(queue, { waits: false });
  let jobs: QueuedJobs<true> | undefined;
  try {
    const store = await openStore(address);
    const { id, bytes } = await shareClassifier(store, classifier, asked);
    jobs = await QueuedJobs.open<true>(connection, id);
    const followed = jobs;
    await Promise.all(
      partitions.map(async (partition) => {
        const data: QueuedPrediction = {
          attune: version,
          store: store.address,
          classifier: id,
          partition,
          needs: { memoryBytes: predictionMemory(bytes), threads: threads ?? 1 },
          ...(threads !== undefined && { threads }),
          faults: 0,
        };
        const end = await followed.do(
          {
            id: jobId(id, partitionId(partition)),
            name: partition.data,
            data,
            priority: PREDICTION_PRIORITY,
            hear: (said) => {
              if (said.type === "begin") events.begin(partition, said.worker);
              else events.see(partition, unpacked(said.event) as TextsDone);
            },
            notice: events.notice,
            bring: async () => ((await isPublished(partition)) ? true : undefined),
          },
          false,
          signal,
        );
        events.end(partition, end);
      }),
    );
  } finally {
    await (jobs ?? connection).close();
  }
  if (signal.aborted) throw new AttuneError("predict/interrupted", "stopped; the same command goes on", "interrupted");
}
