/** Measurements in processes of their own: each side has its own memory, threads and peak. */
import { spawnSync } from "node:child_process";

/** Runs a script of this folder with Node as this process was started, and reads the JSON on its last line. */
export function measureHere<T>(script: string, job: object): T {
  return measure(process.execPath, [...process.execArgv, pathOf(script), JSON.stringify(job)]);
}

/** Runs a Python script of this folder, and reads the JSON on its last line. */
export function measurePython<T>(python: string, script: string, args: readonly string[]): T {
  return measure(python, [pathOf(script), ...args]);
}

/** Where Python has all these modules: true. Otherwise says what is missing, and the bench goes on without it. */
export function hasPython(python: string, modules: readonly string[]): boolean {
  const { status } = spawnSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
  if (status !== 0)
    console.log(
      `Python is not measured: ${python} is not there or has no ${modules.join(", ")} (name one with --python)`,
    );
  return status === 0;
}

export const defaultPython = (): string => process.env.ATTUNE_PYTHON ?? "python3";

const pathOf = (script: string): string => new URL(script, import.meta.url).pathname;

function measure<T>(command: string, args: readonly string[]): T {
  const { status, signal, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ended with ${signal ?? status}\n${stderr.slice(-3000)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}
