/** A worker: takes runs and predictions from a queue, does them in processes of their own, and gives back what it cannot do. */
import { setTimeout } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import type { ArtifactStore } from "../store/artifact-store.ts";
import { openStore } from "../store/open-store.ts";
import { type JobWork, workOf } from "./job-work.ts";
import { connectQueue, QUEUE, type QueueConnection, stopKey } from "./queue-connection.ts";
import { type JobProgress, LAST, ownResources, packed, type Resources, whyNot } from "./queued-work.ts";
import type { SharedRunEnd } from "./shared-run.ts";
import type { WorkerOptions } from "./worker-options.ts";

export type WorkerEvent =
  | { readonly type: "ready"; readonly queue: string; readonly resources: Resources }
  | { readonly type: "begin"; readonly run: string; readonly isResumed: boolean }
  | { readonly type: "end"; readonly run: string; readonly end: SharedRunEnd | { readonly status: "lost" } }
  /** It does not fit here. */
  | { readonly type: "refused"; readonly run: string; readonly reason: string };

/** A run is given up after so many machines failed it, */
const MOST_FAULTS = 10;
/** or so many workers were lost over it. */
const MOST_LOST = 25;
const MOST_REST_SECONDS = 60;
const STOP_LOOK_SECONDS = 2;
const NEWS_SECONDS = 2;
/** So long a worker that ends waits for a queue that does not answer. */
const CLOSE_SECONDS = 20;

/** Takes runs until `signal`; what is under way then stops behind its step, and goes back with its checkpoint. */
export async function work(
  options: WorkerOptions,
  say: (event: WorkerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connectQueue(options.queue, { waits: true });
  await new QueueWorker(options, connection, say, signal).untilStopped();
}

class QueueWorker {
  readonly #options: WorkerOptions;
  readonly #connection: QueueConnection;
  readonly #say: (event: WorkerEvent) => void;
  readonly #signal: AbortSignal;
  readonly #resources: Resources;
  readonly #stores = new Map<string, Promise<ArtifactStore>>();
  readonly #worker: Worker;
  /** Runs in a row that went back because of this machine. */
  #troubles = 0;

  constructor(
    options: WorkerOptions,
    connection: QueueConnection,
    say: (event: WorkerEvent) => void,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#say = say;
    this.#signal = signal;
    this.#resources = ownResources(options);
    const { bullmq, redis } = connection;
    const lease = 1000 * options.leaseSeconds;
    this.#worker = new bullmq.Worker(QUEUE, (job, token, lost) => this.#take(job, token!, lost!), {
      connection: redis,
      concurrency: options.concurrency,
      name: options.name,
      lockDuration: lease,
      stalledInterval: lease / 2,
      maxStalledCount: MOST_LOST,
      runRetryDelay: 1000,
    });
    // The run is another worker's by now. What it has come to is in the store.
    this.#worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) this.#worker.cancelJob(id);
    });
    this.#worker.on("error", () => {}); // A queue that is gone is waited for.
  }

  async untilStopped(): Promise<void> {
    this.#say({ type: "ready", queue: this.#connection.shown, resources: this.#resources });
    if (!this.#signal.aborted) await new Promise((stop) => this.#signal.addEventListener("abort", stop));
    await this.#worker.pause(true).catch(() => {});
    const closed = this.#worker.close().then(() => this.#connection.close());
    await Promise.race([closed, setTimeout(1000 * CLOSE_SECONDS, undefined, { ref: false })]);
    this.#connection.redis.disconnect();
  }

  /** What is returned or thrown is what becomes of the job. */
  async #take(job: Job, token: string, lost: AbortSignal): Promise<void> {
    const work = workOf(job.id!, job.data);
    const { name, data } = work;
    const misfit = whyNot(name, data, this.#resources);
    if (misfit !== undefined) {
      this.#say({ type: "refused", run: name, reason: misfit });
      await this.#giveBack(job, token, misfit, LAST);
    }
    const stopped = new AbortController();
    const over = new AbortController();
    void this.#watchStop(work.group, stopped, over.signal);
    const end = await this.#do(work, job, AbortSignal.any([lost, stopped.signal, this.#signal])).finally(() =>
      over.abort(),
    );
    this.#say({ type: "end", run: name, end: lost.aborted && end.status === "interrupted" ? { status: "lost" } : end });
    const { UnrecoverableError } = this.#connection.bullmq;
    if (end.status === "published" || end.status === "paused") {
      this.#troubles = 0;
      return;
    }
    if (end.status === "interrupted") {
      if (lost.aborted) throw new UnrecoverableError("lost"); // Without its lease it changes nothing.
      if (stopped.signal.aborted) throw new UnrecoverableError("it was stopped");
      await this.#giveBack(job, token, "it is asked to end");
    }
    if (end.status === "failed") {
      if (!end.isMachines) throw new UnrecoverableError(end.reason);
      const faults = data.faults + 1;
      if (faults >= MOST_FAULTS) throw new UnrecoverableError(`${end.reason} (after ${faults} attempts)`);
      await job.updateData({ ...data, faults });
      await this.#giveBack(job, token, end.reason);
    }
  }

  async #do({ name: run, data, ...work }: JobWork, job: Job, signal: AbortSignal): Promise<SharedRunEnd> {
    const { name, work: folder, stillSeconds, concurrency } = this.#options;
    const address = this.#options.store ?? data.store;
    if (!this.#stores.has(address)) this.#stores.set(address, openStore(address));
    const setting = {
      worker: { name, atOnce: concurrency },
      threads: Math.min(data.threads ?? this.#resources.threads, this.#resources.threads),
      work: folder,
      stillSeconds,
    };
    const tell = (progress: JobProgress) => job.updateProgress(progress).catch(() => {});
    let isTold = true;
    let toldAt = 0;
    const teller = {
      begin: (isResumed: boolean) => {
        this.#say({ type: "begin", run, isResumed });
        void tell({ type: "begin", worker: name, isResumed });
      },
      event: (event: object, isFrequent: boolean) => {
        if (isFrequent) {
          const now = performance.now();
          if (!isTold || now - toldAt < 1000 * NEWS_SECONDS) return;
          toldAt = now;
          isTold = false;
        }
        void tell({ type: "event", event: packed(event) }).finally(() => {
          isTold = true;
        });
      },
    };
    return work.do(await this.#stores.get(address)!, setting, teller, signal);
  }

  /**
   * Puts a run back on the queue, and takes nothing for a while: the longer, the more often this happened. The pause is the
   * worker's and not the run's, so that others take it at once, and no clocks need agree.
   */
  async #giveBack(job: Job, token: string, reason: string, priority?: number): Promise<never> {
    if (!this.#signal.aborted) await this.#rest();
    await job
      .updateProgress({ type: "back", worker: this.#options.name, reason } satisfies JobProgress)
      .catch(() => {});
    await job.moveToWait(token);
    if (priority !== undefined) await job.changePriority({ priority });
    throw new this.#connection.bullmq.WaitingError();
  }

  async #rest(): Promise<void> {
    const seconds = Math.min(MOST_REST_SECONDS, 2 ** this.#troubles++);
    await this.#worker.pause(true);
    setTimeout(1000 * seconds, undefined, { signal: this.#signal }).then(
      () => this.#worker.resume(),
      () => {},
    );
  }

  async #watchStop(group: string, stopped: AbortController, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const isStopped = await this.#connection.redis.exists(stopKey(group)).catch(() => 0);
      if (isStopped) return stopped.abort();
      await setTimeout(1000 * STOP_LOOK_SECONDS, undefined, { signal: over }).catch(() => {});
    }
  }
}
