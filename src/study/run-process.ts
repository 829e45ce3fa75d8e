/** One run in a process of its own. */
import type { Sources } from "../hub/named-inputs.ts";
import type { WorkerName } from "../run/run-facts.ts";
import type { RunResult } from "../run/run-result.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { TrainOptions } from "../run/train-options.ts";
import type { EpochResult } from "../train/trainer.ts";
import { inOwnProcess, programBeside } from "./own-process.ts";

export interface RunJob {
  readonly out: string;
  readonly options: Omit<TrainOptions, "out">;
  /** Where model and data of these options are. */
  readonly sources: Sources;
  /** File by which one process at a time works on this run. */
  readonly lock: string;
  /** Folder of what several runs use: tokens, and outputs of frozen layers. */
  readonly shared?: string;
  /** Address of the store in which other machines keep and find the same. */
  readonly store?: string;
  /** Who does it, where that is a worker for another machine. */
  readonly worker?: WorkerName;
  /** Epoch behind which it pauses, with its checkpoint. @default never */
  readonly untilEpoch?: number;
  /** Its process is ended where it neither says nor computes anything for so long. @default never */
  readonly stillSeconds?: number;
}

/** What the process of a run tells: what happens in it, or that it has paused, with all epochs so far. */
export type RunNews = TrainEvent | { readonly type: "paused"; readonly epochs: readonly EpochResult[] };

export type RunOutcome =
  | { readonly status: "done"; readonly result: RunResult }
  /** Behind its `untilEpoch`; all epochs so far. */
  | { readonly status: "paused"; readonly epochs: readonly EpochResult[] }
  /** `isMachines` where the run itself is well and may come to its end elsewhere, or later. */
  | { readonly status: "failed"; readonly reason: string; readonly isMachines: boolean }
  | { readonly status: "interrupted" };

const PROGRAM = programBeside(import.meta.url, "run-child");

/** Runs `job` to its end; after `signal` it stops behind its step and keeps a checkpoint. */
export async function runInProcess(
  job: RunJob,
  see: (event: TrainEvent) => void,
  signal?: AbortSignal,
): Promise<RunOutcome> {
  let outcome: RunOutcome | undefined;
  const hear = (news: RunNews) => {
    if (news.type === "paused") outcome = { status: "paused", epochs: news.epochs };
    else {
      if (news.type === "result") outcome = { status: "done", result: news.result };
      see(news);
    }
  };
  const end = await inOwnProcess<RunNews>(PROGRAM, job, hear, signal);
  return end.status === "done" ? outcome! : end;
}
