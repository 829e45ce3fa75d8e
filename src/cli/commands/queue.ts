/** `attune queue`. */
import { Argument, type Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { jsonText } from "../../base/escape.ts";
import { withoutPassword } from "../../machines/queue-connection.ts";
import { type QueueStatus, queueStatus } from "../../machines/queue-status.ts";
import { writeOut } from "../write-text.ts";

interface Flags {
  readonly queue?: string;
  readonly json?: boolean;
}

export function queueCommand(command: Command): void {
  command
    .addArgument(
      new Argument(
        "[action]",
        "status; pause: workers take no more, and what is under way comes to its end; resume: they go on",
      )
        .choices(["status", "pause", "resume"])
        .default("status"),
    )
    .option("--queue <address>", "Redis or Valkey, redis://host:port (default: what the variable ATTUNE_QUEUE says)")
    .option("--json", "print the status as one JSON object");
  command.action(async (action: "status" | "pause" | "resume", { queue = process.env.ATTUNE_QUEUE, json }: Flags) => {
    if (queue === undefined)
      throw new AttuneError("options/missing", "the option --queue is missing: redis://host:port");
    const status = await queueStatus(queue, action === "status" ? undefined : action);
    writeOut(json ? `${jsonText(status)}\n` : linesOf(withoutPassword(queue), status));
  });
}

function linesOf(address: string, { isPaused, counts, active, workers }: QueueStatus): string {
  const { waiting, active: underWay, delayed, failed } = counts;
  const idle = workers.filter((name) => !active.some(({ worker }) => worker === name));
  const lines = [
    `${address}${isPaused ? " is paused" : ""}: ${waiting} waiting, ${underWay} under way, ${delayed} delayed, ${failed} failed; ${workers.length} ${workers.length === 1 ? "worker" : "workers"}`,
    ...active.map(
      ({ name, worker = "?" }) => `${worker}\t${name}${workers.includes(worker) ? "" : " (not connected)"}`,
    ),
    ...idle.map((name) => `${name}\twaits`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
