/** One run in a process of its own: its memory is its own, and what happens to it happens to no other run. */
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ErrorKind } from "../base/error.ts";
import type { Sources } from "../hub/named-inputs.ts";
import type { WorkerName } from "../run/run-facts.ts";
import type { RunResult } from "../run/run-result.ts";
import type { TrainEvent } from "../run/train-events.ts";
import type { TrainOptions } from "../run/train-options.ts";
import type { EpochResult } from "../train/trainer.ts";
import { endWhenStill } from "./still-process.ts";

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

/** What the process of a run says. `stack` comes with faults of ours. */
export type ChildMessage =
  | { readonly type: "event"; readonly event: TrainEvent }
  /** All epochs so far. */
  | { readonly type: "paused"; readonly epochs: readonly EpochResult[] }
  | { readonly type: "end" }
  | {
      readonly type: "error";
      readonly reason: string;
      readonly kind: ErrorKind;
      /** Whether the machine refused something. */
      readonly isMachines: boolean;
      readonly stack?: string;
    };

export type RunOutcome =
  | { readonly status: "done"; readonly result: RunResult }
  /** Behind its `untilEpoch`; all epochs so far. */
  | { readonly status: "paused"; readonly epochs: readonly EpochResult[] }
  /** `isMachines` where the run itself is well and may come to its end elsewhere, or later. */
  | { readonly status: "failed"; readonly reason: string; readonly isMachines: boolean }
  | { readonly status: "interrupted" };

// Beside this file, compiled or not.
const PROGRAM = fileURLToPath(new URL(`./run-child${extname(import.meta.url)}`, import.meta.url));
/** So much of what a process writes to standard error is kept for the reason of its end. */
const KEPT_CHARACTERS = 2000;

/** Runs `job` to its end; after `signal` it stops behind its step and keeps a checkpoint. */
export function runInProcess(job: RunJob, see: (event: TrainEvent) => void, signal?: AbortSignal): Promise<RunOutcome> {
  return new Promise((settle) => {
    // Structured clones, since JSON has no NaN.
    const child = fork(PROGRAM, { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "advanced" });
    let result: RunResult | undefined;
    let epochs: readonly EpochResult[] | undefined;
    let problem: Extract<ChildMessage, { type: "error" }> | undefined;
    let written = "";
    const watch = job.stillSeconds === undefined ? undefined : endWhenStill(child, job.stillSeconds);
    const stop = () => {
      if (child.connected) child.send("stop");
    };
    signal?.addEventListener("abort", stop);
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      written = (written + text).slice(-KEPT_CHARACTERS);
    });
    child.on("message", (message: ChildMessage) => {
      watch?.heard();
      if (message.type === "error") problem = message;
      else if (message.type === "paused") epochs = message.epochs;
      else if (message.type === "event") {
        if (message.event.type === "result") result = message.event.result;
        see(message.event);
      }
    });
    const fail = (reason: string, isMachines: boolean) => settle({ status: "failed", reason, isMachines });
    const end = (code: number | null, killed: NodeJS.Signals | null) => {
      signal?.removeEventListener("abort", stop);
      watch?.stop();
      if (problem?.kind === "interrupted" && signal?.aborted) settle({ status: "interrupted" });
      else if (problem) fail(problem.stack ?? problem.reason, problem.isMachines);
      else if (epochs && code === 0) settle({ status: "paused", epochs });
      else if (result && code === 0) settle({ status: "done", result });
      else if (watch?.isStill) fail(`its process did nothing for ${job.stillSeconds} seconds and was ended`, true);
      else if (signal?.aborted) settle({ status: "interrupted" });
      else fail(endedEarly(code, killed, written), true);
    };
    child.on("close", end);
    child.on("error", (error) => {
      problem ??= { type: "error", kind: "failure", reason: `its process: ${error.message}`, isMachines: true };
      if (child.pid === undefined) end(null, null); // It did not even begin, so nothing closes.
    });
    child.send(job, () => {}); // Where that fails, the process has ended, and that says more.
    if (signal?.aborted) stop();
  });
}

function endedEarly(code: number | null, killed: NodeJS.Signals | null, written: string): string {
  const how = killed === "SIGKILL" ? "SIGKILL, as the system does where memory is short" : killed;
  const last = written.trim().split("\n").at(-1);
  return `its process ended ${how ? `by ${how}` : `with exit code ${code}`}${last ? ` (${last})` : ""}`;
}
