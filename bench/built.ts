/** The command line as it is built, in processes of its own: threads have programs there only. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AttuneError } from "../src/base/error.ts";

export const builtCli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

function requireBuild(): void {
  if (!existsSync(builtCli))
    throw new AttuneError("bench/no-build", "this measures what is built: npm run build first");
}

/** Writes the peak of the process to its file 3 when it ends; in a process that it forks, that file is another. */
const SAY_PEAK = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  if (isMainThread && !process.send) process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS * 1024)));
`)}`;

export interface Ran {
  readonly seconds: number;
  readonly peakRssBytes: number;
}

/** Runs a command to its end. */
export function runBuilt(...args: readonly string[]): Ran {
  requireBuild();
  const started = performance.now();
  const { status, stderr, output } = spawnSync(process.execPath, ["--import", SAY_PEAK, builtCli, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`attune ${args.join(" ")}: ended with ${status}\n${stderr.slice(-3000)}`);
  return { seconds: (performance.now() - started) / 1000, peakRssBytes: Number(output[3]) };
}

/** Starts a command that goes on. */
export function startBuilt(...args: readonly string[]): ChildProcess {
  requireBuild();
  return spawn(process.execPath, [builtCli, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}
