/** Jobs on a queue: whoever gives them to it hears what workers say of them, and brings what they publish. */
import { setTimeout } from "node:timers/promises";
import type { Job, Queue, QueueEvents } from "bullmq";
import { AtMost } from "../base/at-most.ts";
import { QUEUE, type QueueConnection, STOP_SECONDS, stopKey } from "./queue-connection.ts";
import type { JobProgress, WorkNews } from "./queued-work.ts";

/** So often what the queue said is held against what stands there: events may be lost, and so may a whole queue. */
const LOOK_SECONDS = 30;
const REQUESTS_AT_ONCE = 16;
/** After so long without a worker that stops, what is stopped does not wait any more. */
const STOP_PATIENCE_SECONDS = 120;
/** A connection that was lost and came again may never say that it is closed. */
const CLOSE_SECONDS = 10;

/** Something for the workers of a queue to do. */
export interface QueuedJob<Result> {
  /** On the queue: the same work is there once. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly data: object;
  /** The least goes first. */
  readonly priority: number;
  hear(said: WorkNews): void;
  /** A worker is lost over it, or gives it back. */
  notice(message: string): void;
  /** Brings what is published; undefined where it is not. */
  bring(): Promise<Result | undefined>;
}

export type JobEnd<Result> =
  | { readonly status: "done"; readonly result: Result }
  | { readonly status: "failed"; readonly reason: string }
  | { readonly status: "interrupted" };

interface Waiting<Result> {
  readonly job: QueuedJob<Result>;
  readonly settle: (end: JobEnd<Result>) => void;
  readonly fail: (error: unknown) => void;
  collected?: Promise<boolean>;
}

export class QueuedJobs<Result> {
  readonly #connection: QueueConnection;
  readonly #group: string;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #waiting = new Map<string, Waiting<Result>>();
  /** Requests to queue and store, of which a study with many runs would make as many at once. */
  readonly #requests = new AtMost(REQUESTS_AT_ONCE);
  readonly #over = new AbortController();
  #isStopped = false;

  private constructor(connection: QueueConnection, group: string) {
    this.#connection = connection;
    this.#group = group;
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
      const job = this.#waiting.get(id)?.job;
      job?.notice(`${job.name}: its worker is lost; another one goes on with it`);
    });
  }

  /** `group` is what jobs are stopped by; one that was stopped goes on. */
  static async open<Result>(connection: QueueConnection, group: string): Promise<QueuedJobs<Result>> {
    const jobs = new QueuedJobs<Result>(connection, group);
    await jobs.#events.waitUntilReady();
    await connection.redis.del(stopKey(group));
    void jobs.#lookAgain();
    return jobs;
  }

  /** Settles when a job is done, whoever did it. `isPublished` where somebody has done it before. */
  async do(job: QueuedJob<Result>, isPublished: boolean, signal: AbortSignal): Promise<JobEnd<Result>> {
    const { id } = job;
    const end = new Promise<JobEnd<Result>>((settle, fail) => this.#waiting.set(id, { job, settle, fail }));
    const stop = () => void this.#stop();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      if (isPublished) await this.#collect(id);
      else await this.#requests.do(() => this.#add(job));
      return await end;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#waiting.delete(id);
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    const closed = Promise.allSettled([this.#events.close(), this.#queue.close()]);
    await Promise.race([closed, setTimeout(1000 * CLOSE_SECONDS, undefined, { ref: false })]);
    await this.#connection.close();
  }

  /** Gives a job to the queue, where it is not there; one that failed before is tried again. */
  async #add({ id, name, data, priority }: QueuedJob<Result>): Promise<void> {
    const before: Job | undefined = await this.#queue.getJob(id);
    if (before && (await before.isFailed())) await before.remove().catch(() => {});
    // What is done is in the store, so the queue need not keep it.
    await this.#queue.add(name, data, { jobId: id, priority, removeOnComplete: true });
  }

  #hear(id: string, said: JobProgress): void {
    const job = this.#waiting.get(id)?.job;
    if (said.type === "back") job?.notice(`${said.worker} gives ${job.name} back: ${said.reason}`);
    else job?.hear(said);
  }

  /** Brings what is published; false where it is not. */
  #collect(id: string): Promise<boolean> {
    const found = this.#waiting.get(id);
    if (!found) return Promise.resolve(false);
    // It may be heard of and looked for at the same time.
    found.collected ??= this.#requests.do(() => bring(found)).finally(() => delete found.collected);
    return found.collected;
  }

  #settleFailed(id: string, reason: string): void {
    const found = this.#waiting.get(id);
    if (!found) return;
    found.settle(this.#isStopped ? { status: "interrupted" } : { status: "failed", reason });
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
    await this.#connection.redis.set(stopKey(this.#group), "1", "EX", STOP_SECONDS);
    for (const [id, { settle }] of this.#waiting) if (await this.#remove(id)) settle({ status: "interrupted" });
    await setTimeout(1000 * STOP_PATIENCE_SECONDS, undefined, { signal: this.#over.signal }).catch(() => {});
    for (const { settle } of this.#waiting.values()) settle({ status: "interrupted" });
  }

  /** From time to time: what became of each job, whatever was heard of it. */
  async #lookAgain(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await setTimeout(1000 * LOOK_SECONDS, undefined, { signal, ref: false }).catch(() => {});
      for (const [id, { job }] of this.#waiting) {
        if (signal.aborted || this.#isStopped) break;
        const queued = await this.#queue.getJob(id).catch(() => null);
        if (queued === null) continue;
        if (queued && (await queued.isFailed().catch(() => false))) this.#settleFailed(id, queued.failedReason);
        else if (!queued && !(await this.#collect(id))) await this.#add(job).catch(() => {});
      }
    }
  }
}

async function bring<Result>({ job, settle, fail }: Waiting<Result>): Promise<boolean> {
  try {
    const result = await job.bring();
    if (result === undefined) return false;
    settle({ status: "done", result });
  } catch (error) {
    fail(error);
  }
  return true;
}
