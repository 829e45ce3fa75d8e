/** The predictions for one file, with a classifier in a store, done on this machine and published once. */
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import type { ArtifactStore } from "../store/artifact-store.ts";
import { attemptPartition, isPublished } from "./partition-attempt.ts";
import type { Partition } from "./partitions.ts";
import { predictInProcess, type TextsDone } from "./predict-process.ts";
import { fetchClassifier } from "./shared-classifier.ts";
import { failedHere, type RunSetting, type SharedRunEnd } from "./shared-run.ts";

export interface PredictionEvents {
  begin(): void;
  see(news: TextsDone): void;
}

/** Predicts to the end, or until `signal`; nothing of it stays on this machine but the classifier. */
export async function doSharedPrediction(
  store: ArtifactStore,
  classifier: string,
  partition: Partition,
  { threads, work, stillSeconds }: Omit<RunSetting, "worker">,
  events: PredictionEvents,
  signal: AbortSignal,
): Promise<SharedRunEnd> {
  try {
    if (await isPublished(partition)) return { status: "published", isOwn: false };
    const { folder, load, reading, top } = await fetchClassifier(store, classifier, join(work, "inputs"));
    events.begin();
    let end: Exclude<Awaited<ReturnType<typeof predictInProcess>>, { status: "done" }> | undefined;
    const isOwn = await attemptPartition(partition, join(work, "predictions"), async (data, out) => {
      const job = { folder, load: { ...load, threads }, reading, top, data, out, stillSeconds };
      const ended = await predictInProcess(job, events.see, signal);
      if (ended.status === "failed" && !ended.isMachines) throw new AttuneError("predict/failed", ended.reason);
      if (ended.status !== "done") end = ended;
      return ended.status === "done";
    });
    return end ?? { status: "published", isOwn: isOwn! };
  } catch (cause) {
    return failedHere(cause, work);
  }
}
