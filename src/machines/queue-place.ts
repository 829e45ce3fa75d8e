/** A study on a queue: its inputs go into a store, its runs to the workers of the queue. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { OpenPlace } from "../study/run-place.ts";
import type { PlannedRun } from "../study/study.ts";
import { weightNames } from "../weights/weight-files.ts";
import { connectQueue } from "./queue-connection.ts";
import { memoryOf } from "./queued-run.ts";
import { QueuedRuns } from "./queued-runs.ts";
import { shareFrom } from "./shared-place.ts";

export interface QueueOptions {
  /** `redis://host:port`. */
  readonly queue: string;
  /** A folder that all machines see, or `s3://bucket/prefix`; a study that goes on keeps its own. */
  readonly store?: string | undefined;
}

/** Where the runs of a study are done by the workers of a queue. */
export const onQueue =
  ({ queue, store }: QueueOptions): OpenPlace =>
  async (placed) => {
    const connection = await connectQueue(queue, { waits: false });
    const { folder, study, input } = placed;
    try {
      const shared = await shareFrom(placed, store);
      const weights = weightNames(input.sources.model.path);
      const bytes = weights.reduce((sum, name) => sum + statSync(join(input.sources.model.path, name)).size, 0);
      const { threads } = study.plan;
      const needs = (run: PlannedRun) => ({ memoryBytes: memoryOf(run, bytes), threads: threads ?? 1 });
      const texts = input.dataset.splits.train.length;
      return await QueuedRuns.open(connection, { shared, folder, needs, threads, texts });
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
