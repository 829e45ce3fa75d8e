/** The queue: BullMQ on Redis or Valkey, loaded where it is asked for and only there. */
import type { Redis } from "ioredis";
import { AttuneError } from "../base/error.ts";

type Bullmq = typeof import("bullmq");

/** The name of the queue, which all studies share, and how all its keys begin. */
export const QUEUE = "attune";

/** A worker waits for the queue; whoever wants to see something does not. */
const PATIENCE_SECONDS = 10;
const MOST_PAUSE_MILLISECONDS = 5000;

export interface QueueConnection {
  readonly bullmq: Bullmq;
  readonly redis: Redis;
  /** The address as it may be shown: without a password. */
  readonly shown: string;
  close(): Promise<void>;
}

/** An address without its password, wherever it stands in a text: that is written nowhere. */
export const withoutPassword = (text: string): string => text.replace(/(\brediss?:\/\/[^\s:@/]*:)[^\s@/]*@/g, "$1…@");

/**
 * Connects to a queue. Once it is connected, it waits for a queue that is gone, and goes on.
 *
 * @throws AttuneError where the address is none, the packages are not installed, or nobody answers
 */
export async function connectQueue(address: string, { waits }: { readonly waits: boolean }): Promise<QueueConnection> {
  const shown = withoutPassword(address);
  if (!/^rediss?:\/\/./.test(address))
    throw new AttuneError("queue/address", `${shown}: a queue is named redis://host:port, or rediss:// with TLS`);
  let bullmq: Bullmq;
  let Connection: typeof Redis;
  try {
    [bullmq, { Redis: Connection }] = await Promise.all([import("bullmq"), import("ioredis")]);
  } catch (cause) {
    const install = "npm install bullmq ioredis";
    throw new AttuneError("queue/no-client", `a queue needs packages that are not here; ${install}`, "input", {
      cause,
    });
  }
  const redis = new Connection(address, {
    maxRetriesPerRequest: null, // BullMQ's condition: commands wait for the connection.
    lazyConnect: true,
    retryStrategy: (times) => Math.min(100 * 2 ** times, MOST_PAUSE_MILLISECONDS),
  });
  let problem = "no answer";
  redis.on("error", (error: Error) => {
    problem = error.message || (error as NodeJS.ErrnoException).code || problem;
  });
  const isReady = new Promise<void>((ready) => redis.once("ready", ready));
  redis.connect().catch(() => {}); // It tries again, or is given up below.
  const isLate = () => waitSeconds(PATIENCE_SECONDS).then(() => true);
  if (!waits && (await Promise.race([isReady.then(() => false), isLate()]))) {
    redis.disconnect();
    throw new AttuneError(
      "queue/unreachable",
      `${shown}: the queue does not answer (${problem}); see whether it runs`,
      "failure",
    );
  }
  await isReady;
  return {
    bullmq,
    redis,
    shown,
    close: () =>
      redis.quit().then(
        () => {},
        () => redis.disconnect(),
      ),
  };
}

const waitSeconds = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds).unref());

/** Tells the workers that what belongs together, such as the runs of a study, is to stop; for a day, after which nobody is at it. */
export const stopKey = (group: string): string => `${QUEUE}:stop:${group}`;
export const STOP_SECONDS = 86_400;

/** A job's name on the queue: the same work is there once. */
export const jobId = (group: string, work: string): string => `${group}.${work}`;
