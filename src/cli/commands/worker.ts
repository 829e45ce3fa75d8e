/** `attune worker`. */
import type { Command } from "commander";
import { checkOptions } from "../../base/check-options.ts";
import { flagOf } from "../../base/command-text.ts";
import { memory } from "../../base/format.ts";
import { type WorkerEvent, work } from "../../machines/worker.ts";
import { type WorkerOptions, workerOptions } from "../../machines/worker-options.ts";
import { addFlags } from "../option-flags.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeError } from "../write-text.ts";

export function workerCommand(command: Command): void {
  command.usage("--queue redis://HOST:PORT [options]");
  addFlags(command, workerOptions);
  command.action(async (given: Readonly<Record<string, unknown>>) => {
    const queue = given.queue ?? process.env.ATTUNE_QUEUE;
    const options = checkOptions(workerOptions.shape, { ...given, queue }, flagOf) as WorkerOptions;
    await work(options, (event) => writeError(`${said(event)}\n`), stopSignal());
  });
}

function said(event: WorkerEvent): string {
  switch (event.type) {
    case "ready": {
      const { memoryBytes, threads } = event.resources;
      return `takes runs from ${event.queue}, each with ${memory(memoryBytes)} of memory and ${threads} ${threads === 1 ? "thread" : "threads"}`;
    }
    case "begin":
      return `${event.run}: ${event.isResumed ? "goes on" : "begins"}`;
    case "refused":
      return event.reason;
    case "end":
      return `${event.run}: ${endOf(event.end)}`;
  }
}

function endOf(end: Extract<WorkerEvent, { type: "end" }>["end"]): string {
  switch (end.status) {
    case "published":
      return end.isOwn ? "done and published" : "another worker has published it";
    case "paused":
      return "waits at its rung; its checkpoint is in the store";
    case "interrupted":
      return "stopped; its checkpoint is in the store";
    case "lost":
      return "another worker goes on with it, as the queue did not hear of this one";
    case "failed":
      return `failed${end.isMachines ? " on this machine" : ""}: ${end.reason}`;
  }
}
