/** The program of one run's own process: gets a job from its parent, sends back what happens. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
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
import type { RunJob, RunNews } from "./run-process.ts";
import { serveParent } from "./serve-parent.ts";

/** So long a run may be held by a process whose parent was killed and that is in the middle of a step. */
const PATIENCE_SECONDS = 300;

async function work(
  { out, options, sources, lock, shared, store, worker, untilEpoch }: RunJob,
  tell: (news: RunNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const held = await waitForLock(lock, out);
  process.on("exit", () => held.release());
  const told = { signal, startedAgo: performance.now() };
  const context = {
    ...told,
    sources,
    ...(shared !== undefined && { shared }),
    ...(store !== undefined && { exchange: exchangeIn(store) }),
    ...(worker && { worker }),
    ...(untilEpoch !== undefined && { untilEpoch }),
  };
  try {
    for await (const event of eventsOf(out, options, context)) tell(event);
  } catch (error) {
    const isPaused = untilEpoch !== undefined && (error as Partial<AttuneError>).kind === "interrupted";
    if (!isPaused || signal.aborted) throw error;
    tell({ type: "paused", epochs: RunFolder.open(out).eventsOf<EpochEvent>("epoch") });
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

serveParent(work, "put that right, and go on with --resume");
