/** The program of one run's own process: gets a job from its parent, sends back what happens. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { type Lock, takeLock } from "../base/file-lock.ts";
import type { RunFacts, RunStatus } from "../run/run-facts.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import { resume, type TrainContext, train } from "../run/train.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { TrainOptions } from "../run/train-options.ts";
import { exchangeIn } from "../store/value-exchange.ts";
import type { EpochEvent } from "../train/trainer.ts";
import type { ChildMessage, RunJob } from "./run-process.ts";

/** So long a run may be held by a process whose parent was killed and that is in the middle of a step. */
const PATIENCE_SECONDS = 300;

/** Errors that say something of this machine, and nothing of the run. */
const MACHINES: ReadonlySet<string> = new Set(["disk/refused", "run/create", "run/locked", "folder/locked"]);
const isOutOfMemory = (error: unknown): boolean =>
  error instanceof RangeError && /memory|allocation failed/i.test(error.message);

const stopping = new AbortController();

async function work({ out, options, sources, lock, shared, store, worker, untilEpoch }: RunJob): Promise<void> {
  const held = await waitForLock(lock, out);
  process.on("exit", () => held.release());
  const told = { signal: stopping.signal, startedAgo: performance.now() };
  const context = {
    ...told,
    sources,
    ...(shared !== undefined && { shared }),
    ...(store !== undefined && { exchange: exchangeIn(store) }),
    ...(worker && { worker }),
    ...(untilEpoch !== undefined && { untilEpoch }),
  };
  try {
    for await (const event of eventsOf(out, options, context)) send({ type: "event", event });
  } catch (error) {
    const isPaused = untilEpoch !== undefined && (error as Partial<AttuneError>).kind === "interrupted";
    if (!isPaused || stopping.signal.aborted) throw error;
    send({ type: "paused", epochs: RunFolder.open(out).eventsOf<EpochEvent>("epoch") });
  }
}

/** A run from its beginning, from its checkpoint, or from its end, as its folder has it. */
async function* eventsOf(out: string, options: RunJob["options"], context: TrainContext): AsyncGenerator<TrainEvent> {
  if (!existsSync(join(out, "run.json"))) yield* train({ ...options, out } as TrainOptions, context);
  else {
    const folder = RunFolder.open(out);
    const { status, notes } = folder.readJson<RunFacts & { readonly status: RunStatus }>("run.json");
    if (status !== "done") yield* resume(out, context);
    else yield { type: "result", result: folder.readJson<RunResult>("result.json"), notes };
  }
}

async function waitForLock(file: string, out: string): Promise<Lock> {
  for (let waited = 0; ; waited++) {
    const taken = takeLock(file);
    if ("release" in taken) return taken;
    if (waited === PATIENCE_SECONDS)
      throw new AttuneError("run/locked", `${out}: process ${taken.pid} on ${taken.host} works in this run`, "failure");
    await setTimeout(1000);
  }
}

const send = (message: ChildMessage): void => {
  process.send!(message);
};

// A parent that is gone wants nothing any more: what is written so far is whole, and can be gone on with.
const leave = () => process.exit(130);
process.on("disconnect", leave);
// Ctrl-C and the end of a terminal reach every process of it; the parent decides.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
process.on("SIGTERM", () => stopping.abort());
process.on("message", async (message: RunJob | "stop") => {
  if (message === "stop") return stopping.abort();
  try {
    await work(message);
    send({ type: "end" });
  } catch (cause) {
    const error = diskError(cause, message.out, "put that right, and go on with --resume");
    const { message: reason, kind, stack } = error as Error & Partial<AttuneError>;
    const { code = "" } = error as NodeJS.ErrnoException;
    const isSystem = /^E[A-Z]+$/.test(code);
    const isMachines = isSystem || MACHINES.has(code) || isOutOfMemory(error);
    send({ type: "error", reason, kind: kind ?? "failure", isMachines, ...(!kind && !isSystem && stack && { stack }) });
  }
  process.off("disconnect", leave);
  process.disconnect();
});
