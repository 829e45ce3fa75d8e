/** A run is a folder of plain files: what stands where, and how it is written so that it is never half there. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { discard, writeWhole } from "../base/write-whole.ts";
import { runFiles } from "./run-files.ts";

const RUN = "run.json";
const CHANGED = "the file was changed, or is of another version of Attune";

export class RunFolder {
  readonly path: string;
  #events: number | undefined;
  #eventBytes = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /** A run's folder must not exist yet, so that no result is overwritten. */
  static requireNew(path: string): void {
    if (!existsSync(path)) return;
    const isRun = existsSync(join(path, RUN));
    throw new AttuneError(
      "run/exists",
      `${path}: this ${isRun ? "run" : "folder"} exists already; choose another --out${isRun ? `, or go on with --resume ${path}` : ""}`,
    );
  }

  /** A new run's folder. It appears with its run.json in it, so that one can go on with whatever is there. */
  static create(path: string, runJson: unknown): RunFolder {
    RunFolder.requireNew(path);
    const partial = `${path.replace(/[/\\]+$/, "")}.partial`;
    try {
      rmSync(partial, { recursive: true, force: true });
      mkdirSync(join(partial, "checkpoints"), { recursive: true });
      mkdirSync(join(partial, "predictions"));
      new RunFolder(partial).writeJson(runJson, RUN);
      renameSync(partial, path);
    } catch (cause) {
      discard(partial);
      throw new AttuneError(
        "run/create",
        `${path}: cannot make this folder (${(cause as Error).message}); put that right, or choose another --out`,
        "input",
        {
          cause,
        },
      );
    }
    return new RunFolder(path);
  }

  /** The folder of a run that was started before. */
  static open(path: string): RunFolder {
    if (!existsSync(join(path, RUN)))
      throw new AttuneError("run/not-a-run", `${path}: there is no ${RUN} in it, so this is not the folder of a run`);
    return new RunFolder(path);
  }

  /** The path of a file or folder in the run. */
  at(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  has(...parts: readonly string[]): boolean {
    return existsSync(this.at(...parts));
  }

  /** @throws AttuneError where it is not there, or not what stands in a run under that name */
  readJson<T>(...parts: readonly string[]): T {
    const shape = runFiles[parts.at(-1)!] ?? z.looseObject({});
    return readJson(this.at(...parts), shape, { code: "run/unreadable", advice: CHANGED }) as T;
  }

  writeJson(value: unknown, ...parts: readonly string[]): void {
    this.writeText(`${JSON.stringify(value, null, 2)}\n`, ...parts);
  }

  /** Writes a file whole or not at all. */
  writeText(text: string, ...parts: readonly string[]): void {
    writeWhole(this.at(...parts), text);
  }

  /** Adds a line to events.jsonl. */
  appendEvent(event: object): void {
    this.#events ??= openSync(this.at("events.jsonl"), "a");
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    // Of a line that a full disk cuts, the rest makes the error.
    for (let done = 0; done < line.length; ) done += writeSync(this.#events, line, done);
    this.#eventBytes += line.length;
  }

  /** How long events.jsonl is: what a checkpoint remembers, to cut off what is done again after it. */
  get eventBytes(): number {
    return this.#eventBytes;
  }

  /** Goes on behind the first `bytes` of events.jsonl. */
  cutEvents(bytes: number): void {
    this.close();
    const file = this.at("events.jsonl");
    if (existsSync(file)) truncateSync(file, bytes);
    this.#eventBytes = bytes;
  }

  /** An error of the disk in words that fit a run; any other as it is. */
  refused(error: unknown): Error {
    const advice = "what is written is whole; put that right, and go on with --resume";
    return diskError(error, this.path, advice) as Error;
  }

  /** For what is written where an error is on its way already. */
  tryTo(write: () => void): void {
    try {
      write();
    } catch {
      // The first error is the one to know of.
    }
  }

  close(): void {
    if (this.#events === undefined) return;
    fsyncSync(this.#events);
    closeSync(this.#events);
    this.#events = undefined;
  }

  remove(...parts: readonly string[]): void {
    rmSync(this.at(...parts), { recursive: true, force: true });
  }
}

/** Bytes of the files in a folder and below it. */
export function sizeOfFiles(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
