/** What a job on the queue asks for, as something that a worker can do. */
import { checkJson } from "../base/check-json.ts";
import type { ArtifactStore } from "../store/artifact-store.ts";
import { type QueuedPrediction, queuedPrediction } from "./queued-prediction.ts";
import { type QueuedRun, queuedRun } from "./queued-run.ts";
import type { QueuedWork } from "./queued-work.ts";
import { doSharedPrediction } from "./shared-prediction.ts";
import { doSharedRun, type RunSetting, type SharedRunEnd } from "./shared-run.ts";

/** How work is told of. */
export interface WorkTeller {
  begin(isResumed: boolean): void;
  /** One that is frequent may be left out. */
  event(event: object, isFrequent: boolean): void;
}

export interface JobWork {
  readonly name: string;
  /** What it is stopped with: the runs of a study, the files of a prediction. */
  readonly group: string;
  readonly data: QueuedWork;
  do(store: ArtifactStore, setting: RunSetting, tell: WorkTeller, signal: AbortSignal): Promise<SharedRunEnd>;
}

/** @throws AttuneError where it is of no kind that this version knows */
export function workOf(id: string, data: object): JobWork {
  const as = <Data>(shape: typeof queuedRun | typeof queuedPrediction): Data =>
    checkJson(`job ${id}`, data, shape, { code: "queue/job" }) as Data;
  return "partition" in data ? predicting(as<QueuedPrediction>(queuedPrediction)) : running(as<QueuedRun>(queuedRun));
}

const running = (data: QueuedRun): JobWork => ({
  name: data.run.name,
  group: data.study,
  data,
  do: (store, setting, tell, signal) =>
    doSharedRun(
      { store, id: data.study },
      data.run,
      setting,
      {
        begin: tell.begin,
        see: (event) => {
          // Both are in the store.
          if (event.type !== "result" && event.type !== "checkpoint") tell.event(event, event.type === "step");
        },
      },
      signal,
    ),
});

const predicting = (data: QueuedPrediction): JobWork => ({
  name: data.partition.data,
  group: data.classifier,
  data,
  do: (store, setting, tell, signal) =>
    doSharedPrediction(
      store,
      data.classifier,
      data.partition,
      setting,
      { begin: () => tell.begin(false), see: (news) => tell.event(news, news.done < news.total) },
      signal,
    ),
});
