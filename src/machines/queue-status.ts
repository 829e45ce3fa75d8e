/** What stands on a queue, and the switch that keeps its workers from taking more. */
import type { Job, Queue } from "bullmq";
import { connectQueue, QUEUE } from "./queue-connection.ts";

export interface QueueStatus {
  readonly isPaused: boolean;
  /** Jobs by what they do: wait for a worker, are under way, wait for a time, have failed and whoever gave them has not seen it. */
  readonly counts: {
    readonly waiting: number;
    readonly active: number;
    readonly delayed: number;
    readonly failed: number;
  };
  /** What is under way, and with whom. */
  readonly active: readonly { readonly name: string; readonly worker: string | undefined }[];
  /** Names of the workers that are connected. */
  readonly workers: readonly string[];
}

/** Says what stands on the queue, after `change`. */
export async function queueStatus(address: string, change?: "pause" | "resume"): Promise<QueueStatus> {
  const connection = await connectQueue(address, { waits: false });
  const queue: Queue = new connection.bullmq.Queue(QUEUE, { connection: connection.redis });
  try {
    if (change) await queue[change]();
    const counts = await queue.getJobCounts("wait", "prioritized", "active", "delayed", "failed");
    const { wait = 0, prioritized = 0, active: underWay = 0, delayed = 0, failed = 0 } = counts;
    const active: readonly Job[] = await queue.getActive();
    return {
      isPaused: await queue.isPaused(),
      counts: { waiting: wait + prioritized, active: underWay, delayed, failed },
      active: active.map(({ name, processedBy: worker }) => ({ name, worker })),
      workers: (await queue.getWorkers()).map(({ rawname }) => workerName(rawname ?? "")).sort(),
    };
  } finally {
    await queue.close().catch(() => {});
    await connection.close();
  }
}

/** BullMQ names connections by the queue and then the worker. */
const workerName = (connection: string): string => connection.split(":w:").at(-1)!;
