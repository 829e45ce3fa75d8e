/** Runs a command in a terminal of its own (tmux) and keeps what is to be seen in it. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Screen } from "./terminal-svg.ts";

interface Recording {
  /** Folder it runs in; a file `.over` in it says that it has ended. */
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  /** So many screens are kept, evenly over the time that it takes. */
  readonly screens: number;
}

const SECONDS_A_SCREEN = 1.2;
/** Time to read what it ends with. */
const SECONDS_OF_THE_LAST = 10;
const OVER = ".over";

/** `command` is shown behind a prompt and then run by a shell. */
export async function recordTerminal(
  command: string,
  { cwd, columns, rows, screens }: Recording,
): Promise<readonly Screen[]> {
  const name = `attune-${process.pid}`;
  const tmux = (...args: readonly string[]) => execFileSync("tmux", ["-L", name, ...args], { cwd, encoding: "utf8" });
  const quoted = command.replaceAll("'", "'\\''");
  const script = `printf '%s\\n' '$ ${quoted}'; ${command}; echo $? > ${OVER}; sleep 60`;
  tmux("new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, script, ";", "set", "status", "off");
  const seen: string[] = [];
  const look = () => {
    const screen = tmux("capture-pane", "-e", "-p").trimEnd();
    if (screen !== seen.at(-1)) seen.push(screen);
  };
  try {
    while (!existsSync(join(cwd, OVER))) {
      look();
      await setTimeout(500);
    }
    look();
  } finally {
    tmux("kill-server");
  }
  const last = seen.length - 1;
  const count = Math.min(screens, seen.length);
  const kept = Array.from({ length: count }, (_, i) => seen[Math.round((i * last) / Math.max(1, count - 1))]!);
  return kept.map((screen, i) => ({
    lines: screen.split("\n"),
    seconds: i < count - 1 ? SECONDS_A_SCREEN : SECONDS_OF_THE_LAST,
  }));
}
