/** The built command line, run as a user runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../", import.meta.url));
export const commandLine = join(repository, "dist/cli/main.js");
if (!existsSync(commandLine)) throw new Error(`${commandLine}: there is no such file; run "npm run build" first`);

export interface Outcome {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Start {
  /** @default this process's own folder */
  readonly cwd?: string;
  /** All of standard input, or "open" where the test writes it. @default nothing */
  readonly input?: string | Uint8Array | "open";
  /** Besides this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program; `ended` is settled when it is over, whatever its exit code. */
export function start(
  command: string,
  args: readonly string[],
  { cwd, input = "", env }: Start = {},
): { readonly process: ChildProcess; readonly ended: Promise<Outcome> } {
  const child = spawn(command, args, {
    ...(cwd && { cwd }),
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}); // A program that does not read its input is no fault.
  if (input !== "open") child.stdin.end(input);
  const ended = Promise.all([once(child, "close"), text(child.stdout), buffer(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: (code as number | null) ?? undefined, stdout, stderr: stderr.toString() }),
  );
  return { process: child, ended };
}

export const startAttune = (args: readonly string[], options?: Start) =>
  start(process.execPath, [commandLine, ...args], options);

export const attune = (args: readonly string[], options?: Start): Promise<Outcome> => startAttune(args, options).ended;

/** `attune`, where anything but exit code 0 is a fault of the test; gives what it printed. */
export async function succeed(args: readonly string[], options?: Start): Promise<Outcome> {
  const outcome = await attune(args, options);
  if (outcome.code !== 0) throw new Error(`attune ${args.join(" ")} ended with ${outcome.code}: ${outcome.stderr}`);
  return outcome;
}

/** Everything below a folder, folders included, with "/" between the parts. */
export const filesBelow = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).map((path) => path.replaceAll("\\", "/")).sort();

export const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), "utf8")) as T;

/** The objects of a JSON Lines file. */
export const readLines = <T>(...path: string[]): T[] =>
  readFileSync(join(...path), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);

/** A line of predictions/test.jsonl. */
export interface PredictedText {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly predicted: string;
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

/** Options of `attune train` with which the tiny model learns. */
export const LEARNING = ["--head", "pooler", "--batch-size", "4", "--learning-rate", "5e-3"] as const;
