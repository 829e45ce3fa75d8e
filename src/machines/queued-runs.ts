/** Runs on a queue: whoever follows a study gives them to it, hears what workers say, and brings what they publish. */
import { setTimeout } from "node:timers/promises";
import type { Job, Queue, QueueEvents } from "bullmq";
import { AtMost } from "../base/at-most.ts";
import { version } from "../base/machine.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { PlacedRunEvent, RunPlace } from "../study/run-place.ts";
import type { RunOutcome } from "../study/run-process.ts";
import type { PlannedRun } from "../study/study.ts";
import type { StudyFolder } from "../study/study-folder.ts";
import { jobId, QUEUE, type QueueConnection, STOP_SECONDS, stopKey } from "./queue-connection.ts";
import { type JobProgress, priorityOf, type QueuedRun, type Resources, unpacked } from "./queued-run.ts";
import { fetchPublished } from "./run-attempt.ts";
import { publishedRuns, runPrefix, type SharedStudy } from "./shared-study.ts";

/** So often what the queue said is held against what stands there: events may be lost, and so may a whole queue. */
const LOOK_SECONDS = 30;
const REQUESTS_AT_ONCE = 16;
/** After so long without a worker that stops, a study that is stopped does not wait any more. */
const STOP_PATIENCE_SECONDS = 120;

interface Waiting {
  readonly run: PlannedRun;
  readonly say: (event: PlacedRunEvent) => void;
  readonly settle: (outcome: RunOutcome) => void;
  readonly fail: (error: unknown) => void;
  collected?: Promise<boolean>;
}

export interface QueuedStudy {
  readonly shared: SharedStudy;
  readonly folder: StudyFolder;
  /** Of a run. */
  readonly needs: (run: PlannedRun) => Resources;
  /** The most threads that a run may take. */
  readonly threads: number | undefined;
  /** Texts of the training split. */
  readonly texts: number;
}

export class QueuedRuns implements RunPlace {
  readonly atOnce = Number.POSITIVE_INFINITY;
  readonly #connection: QueueConnection;
  readonly #study: QueuedStudy;
  readonly #published: ReadonlySet<string>;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #waiting = new Map<string, Waiting>();
  /** Requests to queue and store, of which a study with many runs would make as many at once. */
  readonly #requests = new AtMost(REQUESTS_AT_ONCE);
  readonly #over = new AbortController();
  #isStopped = false;

  /** `published` are names of runs. */
  private constructor(connection: QueueConnection, study: QueuedStudy, published: ReadonlySet<string>) {
    this.#published = published;
    this.#connection = connection;
    this.#study = study;
    const { bullmq, redis } = connection;
    this.#queue = new bullmq.Queue(QUEUE, { connection: redis });
    this.#events = new bullmq.QueueEvents(QUEUE, { connection: redis });
    // What goes wrong with a connection is waited for.
    this.#queue.on("error", () => {});
    this.#events.on("error", () => {});
    this.#events.on("progress", ({ jobId: id, data }) => this.#hear(id, data as JobProgress));
    this.#events.on("completed", ({ jobId: id }) => void this.#collect(id));
    this.#events.on("failed", ({ jobId: id, failedReason }) => this.#settleFailed(id, failedReason));
    this.#events.on("stalled", ({ jobId: id }) => {
      const found = this.#waiting.get(id);
      if (found) notice(found, `${found.run.name}: its worker is lost; another one goes on with it`);
    });
  }

  static async open(connection: QueueConnection, study: QueuedStudy): Promise<QueuedRuns> {
    const place = new QueuedRuns(connection, study, await publishedRuns(study.shared));
    await place.#events.waitUntilReady();
    // A study that was stopped goes on.
    await connection.redis.del(stopKey(study.shared.id));
    void place.#lookAgain();
    return place;
  }

  async do(run: PlannedRun, say: (event: PlacedRunEvent) => void, signal: AbortSignal): Promise<RunOutcome> {
    const id = jobId(this.#study.shared.id, run.name);
    const outcome = new Promise<RunOutcome>((settle, fail) => this.#waiting.set(id, { run, say, settle, fail }));
    const stop = () => void this.#stop();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      if (this.#published.has(run.name)) await this.#collect(id);
      else await this.#requests.do(() => this.#add(id, run));
      return await outcome;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#waiting.delete(id);
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    for (const source of [this.#events, this.#queue]) await source.close().catch(() => {});
    await this.#connection.close();
  }

  /** Gives a run to the queue, where it is not there; one that failed before is tried again. */
  async #add(id: string, run: PlannedRun): Promise<void> {
    const { shared, needs, threads, texts } = this.#study;
    const before: Job | undefined = await this.#queue.getJob(id);
    if (before && (await before.isFailed())) await before.remove().catch(() => {});
    const data: QueuedRun = {
      attune: version,
      store: shared.store.address,
      study: shared.id,
      run,
      needs: needs(run),
      ...(threads !== undefined && { threads }),
      faults: 0,
    };
    // What is done is in the store, so the queue need not keep it.
    await this.#queue.add(run.name, data, { jobId: id, priority: priorityOf(run, texts), removeOnComplete: true });
  }

  #hear(id: string, said: JobProgress): void {
    const found = this.#waiting.get(id);
    if (!found) return;
    const { run, say } = found;
    if (said.type === "begin") say({ type: "run-start", run, isResumed: said.isResumed });
    else if (said.type === "event")
      say({ type: "run-event", name: run.name, event: unpacked(said.event) as TrainEvent });
    else notice(found, `${said.worker} gives ${run.name} back: ${said.reason}`);
  }

  /** Brings a run that is published into the study; false where it is not. */
  #collect(id: string): Promise<boolean> {
    const found = this.#waiting.get(id);
    if (!found) return Promise.resolve(false);
    // It may be heard of and looked for at the same time.
    found.collected ??= this.#requests.do(() => this.#bring(found)).finally(() => delete found.collected);
    return found.collected;
  }

  async #bring(found: Waiting): Promise<boolean> {
    const { shared, folder } = this.#study;
    const { name } = found.run;
    try {
      if (!(await fetchPublished(shared.store, runPrefix(shared.id, name), folder.runPath(name)))) return false;
      const result = RunFolder.open(folder.runPath(name)).readJson<RunResult>("result.json");
      found.settle({ status: "done", result });
    } catch (error) {
      found.fail(error);
    }
    return true;
  }

  #settleFailed(id: string, reason: string): void {
    const found = this.#waiting.get(id);
    if (!found) return;
    if (this.#isStopped) found.settle({ status: "interrupted" });
    else found.settle({ status: "failed", reason, isMachines: false });
    void this.#remove(id);
  }

  async #remove(id: string): Promise<boolean> {
    const job = await this.#queue.getJob(id);
    return (
      (await job?.remove().then(
        () => true,
        () => false,
      )) ?? true
    );
  }

  /** Takes what waits off the queue, and asks the workers to stop what is under way. */
  async #stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.#connection.redis.set(stopKey(this.#study.shared.id), "1", "EX", STOP_SECONDS);
    for (const [id, { settle }] of this.#waiting) if (await this.#remove(id)) settle({ status: "interrupted" });
    await setTimeout(1000 * STOP_PATIENCE_SECONDS, undefined, { signal: this.#over.signal }).catch(() => {});
    for (const { settle } of this.#waiting.values()) settle({ status: "interrupted" });
  }

  /** From time to time: what became of each run, whatever was heard of it. */
  async #lookAgain(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await setTimeout(1000 * LOOK_SECONDS, undefined, { signal, ref: false }).catch(() => {});
      for (const [id, { run }] of this.#waiting) {
        if (signal.aborted || this.#isStopped) break;
        const job = await this.#queue.getJob(id).catch(() => null);
        if (job === null) continue;
        if (job && (await job.isFailed().catch(() => false))) this.#settleFailed(id, job.failedReason);
        else if (!job && !(await this.#collect(id))) await this.#add(id, run).catch(() => {});
      }
    }
  }
}

const notice = ({ say }: Waiting, message: string): void => say({ type: "notice", message });
