/**
 * What the page starts: commands of Attune in processes of their own, which go on when page and server are gone. Each is
 * written down in a file before its folder is there, so that a server that is started again finds it.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { commandText } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";
import { holderOf } from "../base/file-lock.ts";
import { isWorking, processOf } from "../base/is-running.ts";
import { discard } from "../base/partial-name.ts";
import { readJson } from "../base/read-json.ts";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import type { JobRow } from "./app-types.ts";
import { lastText } from "./event-lines.ts";
import { PROGRAM } from "./own-command.ts";

/** In the application's folder: what it keeps for itself. */
export const OWN_FOLDER = ".attune-app";

const jobFile = z.strictObject({
  words: z.array(z.string()),
  out: z.string(),
  pid: z.int().positive(),
  host: z.string(),
  began: z.string().optional(),
});

export class Jobs {
  readonly #folder: string;
  readonly #own: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#own = join(folder, OWN_FOLDER, "jobs");
  }

  /** Starts a command of Attune in the application's folder, where it is as if it were typed there. */
  start(words: readonly string[], out: string): void {
    makeFolder(this.#own);
    const id = `${Date.now()}-${randomBytes(4).toString("hex")}`;
    const log = openSync(join(this.#own, `${id}.log`), "a");
    try {
      // A group of its own: what ends the server, Ctrl-C too, does not reach it.
      const child = spawn(process.execPath, [PROGRAM, ...words], {
        cwd: this.#folder,
        detached: true,
        stdio: ["ignore", log, log],
        windowsHide: true,
      });
      child.on("error", () => {}); // The file says that it does not work.
      if (child.pid === undefined)
        throw new AttuneError("app/start", "this machine cannot start another process now; try again", "failure");
      writeWhole(join(this.#own, `${id}.json`), `${JSON.stringify({ words, out, ...processOf(child.pid) })}\n`);
      child.unref();
    } finally {
      closeSync(log);
    }
  }

  /** What has no folder yet, and what ended with an error; of the others, run and study say how they are. */
  list(): JobRow[] {
    return this.#ids().flatMap((id) => {
      const job = this.#read(id);
      if (!job) return [];
      const isRunning = isWorking(job) !== false;
      const hasFolder = existsSync(join(this.#folder, job.out));
      const said = lastText(join(this.#own, `${id}.log`));
      const isFine = hasFolder && (isRunning || !/^attune: (?!stopp)/.test(said));
      if (isFine && !isRunning) this.forget(id);
      if (isFine) return [];
      const row = { id, out: job.out, command: commandText(job.words), said: said.replace(/^attune: /, "") };
      return [{ ...row, state: isRunning ? "running" : "failed" }];
    });
  }

  /** Stops what is being prepared, or is over. */
  stop(id: string): void {
    const job = this.#ids().includes(id) ? this.#read(id) : undefined;
    if (!job) throw new AttuneError("app/missing", "this was stopped before");
    if (isWorking(job)) process.kill(job.pid, "SIGTERM");
    else this.forget(id);
  }

  forget(id: string): void {
    discard(join(this.#own, `${id}.json`));
    discard(join(this.#own, `${id}.log`));
  }

  #ids(): string[] {
    const names = existsSync(this.#own) ? readdirSync(this.#own) : [];
    return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  }

  #read(id: string): z.infer<typeof jobFile> | undefined {
    try {
      return readJson(join(this.#own, `${id}.json`), jobFile, { code: "app/job" });
    } catch {
      return undefined; // It was forgotten just now, or is of another version.
    }
  }
}

/**
 * Asks whoever works in the folder of a run or a study to stop behind its step.
 *
 * @throws AttuneError where nobody does, on this machine
 */
export function stopWork(folder: string, shown: string): void {
  const holder = holderOf(folder);
  if (!holder) throw new AttuneError("app/not-running", `${shown}: nothing works in it any more`);
  if (holder.host !== processOf(process.pid).host)
    throw new AttuneError(
      "app/elsewhere-running",
      `${shown}: process ${holder.pid} on ${holder.host} works in it; stop it there`,
    );
  process.kill(holder.pid, "SIGTERM");
}
