/** A job in a process of its own: its memory is its own, and what happens to it happens to no other job. */
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ErrorKind } from "../base/error.ts";
import { endWhenStill } from "./still-process.ts";

/** What the process of a job says. `stack` comes with faults of ours. */
export type ChildMessage<News> =
  | { readonly type: "news"; readonly news: News }
  | { readonly type: "end" }
  | {
      readonly type: "error";
      readonly reason: string;
      readonly kind: ErrorKind;
      /** Whether the machine refused something. */
      readonly isMachines: boolean;
      readonly stack?: string;
    };

export type ProcessEnd =
  | { readonly status: "done" }
  /** `isMachines` where the job itself is well and may come to its end elsewhere, or later. */
  | { readonly status: "failed"; readonly reason: string; readonly isMachines: boolean }
  | { readonly status: "interrupted" };

/** The program `name` beside the module that asks for it, compiled or not. */
export const programBeside = (module: string, name: string): string =>
  fileURLToPath(new URL(`./${name}${extname(module)}`, module));

/** So much of what a process writes to standard error is kept for the reason of its end. */
const KEPT_CHARACTERS = 2000;

/**
 * Gives `job` to a process of `program` and follows it to its end; after `signal` it is asked to stop. It is ended where it
 * neither says nor computes anything for `job.stillSeconds`.
 */
export function inOwnProcess<News>(
  program: string,
  job: { readonly stillSeconds?: number },
  see: (news: News) => void,
  signal?: AbortSignal,
): Promise<ProcessEnd> {
  return new Promise((settle) => {
    // Structured clones, since JSON has no NaN.
    const child = fork(program, { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "advanced" });
    let isDone = false;
    let problem: Extract<ChildMessage<News>, { type: "error" }> | undefined;
    let written = "";
    const watch = job.stillSeconds === undefined ? undefined : endWhenStill(child, job.stillSeconds);
    const stop = () => {
      if (child.connected) child.send("stop");
    };
    signal?.addEventListener("abort", stop);
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      written = (written + text).slice(-KEPT_CHARACTERS);
    });
    child.on("message", (message: ChildMessage<News>) => {
      watch?.heard();
      if (message.type === "error") problem = message;
      else if (message.type === "end") isDone = true;
      else see(message.news);
    });
    const fail = (reason: string, isMachines: boolean) => settle({ status: "failed", reason, isMachines });
    const end = (code: number | null, killed: NodeJS.Signals | null) => {
      signal?.removeEventListener("abort", stop);
      watch?.stop();
      if (problem?.kind === "interrupted" && signal?.aborted) settle({ status: "interrupted" });
      else if (problem) fail(problem.stack ?? problem.reason, problem.isMachines);
      else if (isDone && code === 0) settle({ status: "done" });
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
