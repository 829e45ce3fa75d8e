/** What a worker can be told: described once, for the command line and for whoever starts one from a program. */
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { threadCount } from "../base/thread-count.ts";

const positive = () => z.number().positive();

/** Options of any machine that does runs for a study elsewhere. */
export const machineOptions = z.strictObject({
  threads: threadCount().optional().describe("threads for each run (default: an equal part of this machine's)"),
  name: z.string().min(1).default(hostname).describe("name of this machine in tables and reports"),
  work: z
    .string()
    .min(1)
    .default(() => join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "attune"))
    .describe("folder for models and data, which stay there, and for runs under way"),
  leaseSeconds: positive()
    .default(60)
    .describe("seconds without a sign of life after which another machine takes a run over"),
  stillSeconds: positive()
    .default(600)
    .describe("seconds after which a run that neither says nor computes anything is ended"),
});

export type MachineOptions = z.output<typeof machineOptions>;

/** Options of `worker`. */
export const workerOptions = machineOptions.extend({
  queue: z
    .string()
    .min(1)
    .describe("queue: Redis or Valkey, redis://host:port (default: what the variable ATTUNE_QUEUE says)"),
  store: z
    .string()
    .min(1)
    .optional()
    .describe("store of the studies, as this machine sees it (default: as each study names it)"),
  concurrency: z
    .number()
    .int()
    .positive()
    .default(1)
    .describe("runs at the same time; with more than one, their times cannot be compared"),
  memory: positive().optional().describe("memory for each run, in GB (default: an equal part of this machine's)"),
});
export type WorkerOptions = z.output<typeof workerOptions>;
