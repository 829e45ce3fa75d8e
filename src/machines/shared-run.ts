/** One run of a study in a store, done on this machine, from wherever somebody left it, and published once. */
import { join } from "node:path";
import { diskError, isRefused } from "../base/disk-error.ts";
import { AttuneError, type ErrorKind } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { WorkerName } from "../run/run-facts.ts";
import type { TrainEvent } from "../run/train-events.ts";
import { runInProcess } from "../study/run-process.ts";
import type { PlannedRun } from "../study/study.ts";
import { isPublished, RunAttempt, tidyRun } from "./run-attempt.ts";
import { fetchInputs } from "./shared-inputs.ts";
import { inputsOf, runPrefix, type SharedStudy } from "./shared-study.ts";

/** What this machine gives to a run. */
export interface RunSetting {
  readonly worker: WorkerName;
  readonly threads: number;
  /** Folder for inputs, which stay, and for runs under way. */
  readonly work: string;
  /** A process that neither says nor computes anything for so long hangs, and is ended. */
  readonly stillSeconds: number;
}

export interface SharedRunEvents {
  /** It begins, or goes on from a checkpoint. */
  begin(isResumed: boolean): void;
  see(event: TrainEvent): void;
}

export type SharedRunEnd =
  /** It is published: by this attempt, or by another one that was faster. */
  | { readonly status: "published"; readonly isOwn: boolean }
  /** Behind its `untilEpoch`: its checkpoint and its epochs are in the store. */
  | { readonly status: "paused" }
  /** After `signal`; its checkpoint is in the store. */
  | { readonly status: "interrupted" }
  /** `isMachines` where another machine, or this one later, may well come to its end. */
  | { readonly status: "failed"; readonly reason: string; readonly isMachines: boolean };

/** Does a run to its end, to where it pauses, or until `signal`; nothing of it stays on this machine but its inputs. */
export async function doSharedRun(
  study: SharedStudy,
  { name, options, untilEpoch }: PlannedRun,
  { worker, threads, work, stillSeconds }: RunSetting,
  events: SharedRunEvents,
  signal: AbortSignal,
): Promise<SharedRunEnd> {
  const { store, id } = study;
  const prefix = runPrefix(id, name);
  let folder: string | undefined;
  try {
    if (await isPublished(store, prefix)) {
      await tidyRun(store, prefix);
      return { status: "published", isOwn: false };
    }
    const sources = await fetchInputs(store, await inputsOf(study), name, join(work, "inputs"));
    makeFolder(join(work, "runs"));
    folder = partialOf(join(work, "runs", `${id}-${name}`));
    const attempt = new RunAttempt(store, prefix, folder);
    events.begin(await attempt.restore());
    const job = {
      out: folder,
      options: { ...options, threads },
      sources,
      lock: `${folder}.lock`,
      shared: join(work, "shared"),
      store: store.address,
      worker,
      stillSeconds,
      ...(untilEpoch !== undefined && { untilEpoch }),
    };
    const see = (event: TrainEvent) => {
      if (event.type === "checkpoint") void attempt.keep();
      events.see(event);
    };
    const outcome = await runInProcess(job, see, signal);
    if (outcome.status === "done") return { status: "published", isOwn: await attempt.publish() };
    await attempt.keep();
    if (outcome.status !== "paused") return outcome;
    await attempt.pause(outcome.epochs);
    return { status: "paused" };
  } catch (cause) {
    return failedHere(cause, work);
  } finally {
    if (folder !== undefined) for (const left of [folder, `${folder}.lock`]) discard(left);
  }
}

/** What goes wrong around the work is the machine's, unless the input is wrong. */
export function failedHere(cause: unknown, work: string): SharedRunEnd {
  const isMachines = isRefused(cause) || (cause as { readonly kind?: ErrorKind }).kind !== "input";
  const error = diskError(cause, work, "put that right on this machine") as Error;
  const reason = error instanceof AttuneError ? error.message : (error.stack ?? error.message);
  return { status: "failed", reason, isMachines };
}
