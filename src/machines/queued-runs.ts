/** Runs of a study that the workers of a queue do: each is brought into the study when it is published. */
import { version } from "../base/machine.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { PlacedRunEvent, RunFolders, RunPlace } from "../study/run-place.ts";
import type { RunOutcome } from "../study/run-process.ts";
import type { PlannedRun } from "../study/study.ts";
import { jobId, type QueueConnection } from "./queue-connection.ts";
import { QueuedJobs } from "./queued-jobs.ts";
import { priorityOf, type QueuedRun } from "./queued-run.ts";
import { type Resources, unpacked, type WorkNews } from "./queued-work.ts";
import { fetchPublished, pausedEpochs } from "./run-attempt.ts";
import { publishedRuns, runPrefix, type SharedStudy } from "./shared-study.ts";

export interface QueuedStudy {
  readonly shared: SharedStudy;
  readonly folder: RunFolders;
  /** Of a run. */
  readonly needs: (run: PlannedRun) => Resources;
  /** The most threads that a run may take. */
  readonly threads: number | undefined;
  /** Texts of the training split. */
  readonly texts: number;
}

export class QueuedRuns implements RunPlace {
  readonly atOnce = Number.POSITIVE_INFINITY;
  readonly published: ReadonlySet<string>;
  readonly #jobs: QueuedJobs<RunOutcome>;
  readonly #study: QueuedStudy;

  private constructor(jobs: QueuedJobs<RunOutcome>, study: QueuedStudy, published: ReadonlySet<string>) {
    this.published = published;
    this.#jobs = jobs;
    this.#study = study;
  }

  static async open(connection: QueueConnection, study: QueuedStudy): Promise<QueuedRuns> {
    const published = await publishedRuns(study.shared);
    return new QueuedRuns(await QueuedJobs.open<RunOutcome>(connection, study.shared.id), study, published);
  }

  async do(run: PlannedRun, say: (event: PlacedRunEvent) => void, signal: AbortSignal): Promise<RunOutcome> {
    const { shared, texts } = this.#study;
    const { name } = run;
    const job = {
      id: jobId(shared.id, name),
      name,
      data: this.#dataOf(run),
      priority: priorityOf(run, texts),
      hear: (said: WorkNews) => {
        if (said.type === "begin") say({ type: "run-start", run, isResumed: said.isResumed });
        else say({ type: "run-event", name, event: unpacked(said.event) as TrainEvent });
      },
      notice: (message: string) => say({ type: "notice", message }),
      bring: () => this.#bring(run),
    };
    const end = await this.#jobs.do(job, this.published.has(name), signal);
    if (end.status === "done") return end.result;
    return end.status === "failed" ? { ...end, isMachines: false } : end;
  }

  close(): Promise<void> {
    return this.#jobs.close();
  }

  #dataOf(run: PlannedRun): QueuedRun {
    const { shared, needs, threads } = this.#study;
    return {
      attune: version,
      store: shared.store.address,
      study: shared.id,
      run,
      needs: needs(run),
      ...(threads !== undefined && { threads }),
      faults: 0,
    };
  }

  async #bring({ name, untilEpoch }: PlannedRun): Promise<RunOutcome | undefined> {
    const { shared, folder } = this.#study;
    if (untilEpoch !== undefined) {
      const epochs = await pausedEpochs(shared.store, runPrefix(shared.id, name));
      return epochs.length < untilEpoch ? undefined : { status: "paused", epochs };
    }
    if (!(await fetchPublished(shared.store, runPrefix(shared.id, name), folder.runPath(name)))) return undefined;
    const result = RunFolder.open(folder.runPath(name)).readJson<RunResult>("result.json");
    return { status: "done", result };
  }
}
