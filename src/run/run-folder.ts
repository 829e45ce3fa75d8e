/** A run is a folder of plain files: what stands where, and how it is written so that it is never half there. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { diskError, naming } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { type Lock, lockFolder } from "../base/file-lock.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { readJson } from "../base/read-json.ts";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import { runFiles } from "./run-files.ts";

const RUN = "run.json";
const CHANGED = "the file was changed, or is of another version of Attune";
const EVENTS = "events.jsonl";

export class RunFolder {
  readonly path: string;
  readonly #lock: Lock | undefined;
  #events: number | undefined;
  #eventBytes = 0;

  private constructor(path: string, lock?: Lock) {
    this.path = path;
    this.#lock = lock;
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

  /**
   * A new run's folder, locked until it is closed. It appears with its run.json and what `fill` writes in it, so that one
   * can go on with whatever is there.
   */
  static create(path: string, runJson: unknown, fill: (partial: string) => void = () => {}): RunFolder {
    RunFolder.requireNew(path);
    let partial: string | undefined;
    let lock: Lock | undefined;
    try {
      partial = partialOf(path);
      makeFolder(join(partial, "checkpoints"));
      mkdirSync(join(partial, "predictions"));
      lock = lockFolder(partial);
      fill(partial);
      new RunFolder(partial).writeJson(runJson, RUN);
      renameSync(partial, path);
      const folder = new RunFolder(path, lock);
      lock.moved(path);
      return folder;
    } catch (cause) {
      lock?.release();
      if (partial !== undefined) discard(partial);
      // Another process was faster.
      RunFolder.requireNew(path);
      throw new AttuneError(
        "run/create",
        `${path}: cannot make this folder (${(cause as Error).message}); put that right, or choose another --out`,
        "input",
        { cause },
      );
    }
  }

  /** The folder of a run that was started before, to read it. */
  static open(path: string): RunFolder {
    if (!existsSync(join(path, RUN)))
      throw new AttuneError("run/not-a-run", `${path}: there is no ${RUN} in it, so this is not the folder of a run`);
    return new RunFolder(path);
  }

  /** The same, to go on with it: locked until it is closed. */
  static openLocked(path: string): RunFolder {
    RunFolder.open(path);
    return new RunFolder(path, lockFolder(path));
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
    const path = this.at(EVENTS);
    naming(path, () => {
      const file = (this.#events ??= openSync(path, "a"));
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      // Of a line that a full disk cuts, the rest makes the error.
      for (let done = 0; done < line.length; ) done += writeSync(file, line, done);
      this.#eventBytes += line.length;
    });
  }

  /** Events of one type so far, in their order. */
  eventsOf<Event>(type: string): Event[] {
    const lines = readFileSync(this.at(EVENTS), "utf8").split("\n");
    return lines.filter((line) => line.includes(`"type":"${type}"`)).map((line) => JSON.parse(line) as Event);
  }

  /** How long events.jsonl is: what a checkpoint remembers, to cut off what is done again after it. */
  get eventBytes(): number {
    return this.#eventBytes;
  }

  /** Makes sure that the events so far are on the disk. */
  syncEvents(): void {
    const file = this.#events;
    if (file !== undefined) naming(this.at(EVENTS), () => fsyncSync(file));
  }

  /** Goes on behind the first `bytes` of events.jsonl; where it is shorter, behind the last whole line that is there. */
  cutEvents(bytes: number): void {
    this.#closeEvents();
    const path = this.at(EVENTS);
    const size = existsSync(path) ? statSync(path).size : 0;
    this.#eventBytes = size < bytes ? wholeLines(path, size) : bytes;
    if (size > this.#eventBytes) truncateSync(path, this.#eventBytes);
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

  /** Ends what this process does in the folder. */
  close(): void {
    this.tryTo(() => this.syncEvents());
    this.tryTo(() => this.#closeEvents());
    this.#lock?.release();
  }

  #closeEvents(): void {
    const file = this.#events;
    this.#events = undefined;
    if (file !== undefined) closeSync(file);
  }
}

/** Bytes of the lines that have their end. */
function wholeLines(path: string, size: number): number {
  if (size === 0) return 0;
  const file = openSync(path, "r");
  try {
    const part = Buffer.alloc(Math.min(size, 1 << 16));
    for (let end = size; end > 0; ) {
      const from = Math.max(0, end - part.length);
      const count = readSync(file, part, 0, end - from, from);
      const newline = part.subarray(0, count).lastIndexOf(10);
      if (newline >= 0) return from + newline + 1;
      end = from;
    }
    return 0;
  } finally {
    closeSync(file);
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
