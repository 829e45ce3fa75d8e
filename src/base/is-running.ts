/** Processes: whether one still works, by its number and by when it began, since numbers are used again. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process that holds or makes something. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, where the system says it: numbers of processes are used again. */
  readonly began?: string | undefined;
}

/** This process. */
export const thisProcess = (): Holder => processOf(process.pid);

/** A process of this machine, by its number. */
export const processOf = (pid: number): Holder => ({ pid, host: hostname(), began: beginOf(pid) });

/** Whether there is a process of that number on this machine, ours or not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a process of this machine still works; undefined where only its number speaks for it, and it is this one's. */
export function isWorking({ pid, began }: Holder): boolean | undefined {
  if (!isRunning(pid)) return false;
  if (began !== undefined) return began === beginOf(pid);
  return pid === process.pid ? undefined : true;
}

/** Linux only: when the process began, in clock ticks since the machine did; undefined for one that is over. */
const beginOf = (pid: number): string | undefined => statOf(pid)?.[18];

/** Linux only: how long a process has computed, in clock ticks. */
export function processorTicks(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat && Number(stat[10]) + Number(stat[11]);
}

/** What /proc says of a process that is not over, from its parent on. */
function statOf(pid: number): string[] | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? undefined : rest;
}
