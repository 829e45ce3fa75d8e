/** The folder of a search on disk: made, opened, locked, and its log read and written through. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkJson } from "../base/check-json.ts";
import { naming } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { type Lock, lockFolder } from "../base/file-lock.ts";
import { discard } from "../base/partial-name.ts";
import { parseJson, readJson } from "../base/read-json.ts";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import type { RunFolders } from "../study/run-place.ts";
import type { Search, SearchEntry } from "./search-file.ts";

const [SEARCH, LOG, BEST] = ["search.json", "log.jsonl", "best"] as const;
const HINTS = { code: "search/broken", advice: "the file was changed, or is of another version of Attune" };
/** What a search that was stopped while its folder was made has left there. */
const BEGINNING = /^(lock\.json|search\.json.*\.partial)$/;

const searchShape = z.looseObject({
  methods: z.array(
    z.looseObject({
      method: z.string(),
      spaces: z.record(z.string(), z.looseObject({ kind: z.string() })),
      firstGuess: z.looseObject({}),
      options: z.looseObject({}),
    }),
  ),
  metric: z.string(),
  seed: z.number(),
  rungs: z.array(z.number()).min(1),
  eta: z.number(),
  budget: z.looseObject({}),
});
/** A name is that of a folder. */
const TRIAL = /^t\d+$/;
const trial = z.string().regex(TRIAL);
const rung = z.int().min(0);
const entryShape = z.union([
  z.looseObject({ type: z.literal("trial"), trial, values: z.looseObject({}), from: z.string() }),
  z.looseObject({ type: z.literal("start"), trial, rung, epochs: z.number() }),
  z.looseObject({ type: z.literal("result"), trial, rung, score: z.number(), scores: z.array(z.number()) }),
  z.looseObject({ type: z.literal("failed"), trial, rung, reason: z.string() }),
  z.looseObject({ type: z.literal("end"), reason: z.string() }),
  z.looseObject({ type: z.literal("test"), trial, metrics: z.looseObject({}) }),
]);

/** Whether there is a search in a folder. */
export const isSearch = (path: string): boolean => existsSync(join(path, SEARCH));

/** @throws AttuneError where it is not there, or is broken */
export function readSearch(path: string): Search {
  if (!isSearch(path))
    throw new AttuneError(
      "search/not-a-search",
      `${path}: there is no ${SEARCH} in it, so this is not the folder of a search`,
    );
  return readJson(join(path, SEARCH), searchShape, HINTS) as unknown as Search;
}

/**
 * The log of a search so far. A last line without its end is one that was not acted upon, and is left out.
 *
 * @throws AttuneError that names the line that is none
 */
export function readLog(path: string): SearchEntry[] {
  const file = join(path, LOG);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line, i) => {
    const where = `${file}, line ${i + 1}`;
    return checkJson(where, parseJson(line, where, HINTS), entryShape, HINTS) as unknown as SearchEntry;
  });
}

export class SearchFolder implements RunFolders {
  readonly path: string;
  readonly #lock: Lock;
  #log: number | undefined;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
  }

  /** The folder of a new search, or of one that goes on, which nobody else works in until it is closed. */
  static open(path: string): SearchFolder {
    try {
      makeFolder(path);
      if (!isSearch(path) && !readdirSync(path).every((name) => BEGINNING.test(name)))
        throw new AttuneError("search/exists", `${path}: this folder exists and holds no search; choose another --out`);
      return new SearchFolder(path, lockFolder(path));
    } catch (error) {
      if (error instanceof AttuneError) throw error;
      throw new AttuneError(
        "search/create",
        `${path}: a search cannot be written here (${(error as Error).message}); put that right, or choose another --out`,
        "input",
        { cause: error },
      );
    }
  }

  write(search: Search): void {
    writeWhole(join(this.path, SEARCH), `${JSON.stringify(search, null, 2)}\n`);
    makeFolder(this.runsPath);
  }

  /** What the log holds; the next entry comes behind it. */
  openLog(): SearchEntry[] {
    const file = join(this.path, LOG);
    const entries = readLog(this.path);
    if (existsSync(file)) {
      const text = readFileSync(file);
      truncateSync(file, text.lastIndexOf(10) + 1);
    }
    this.#log = naming(file, () => openSync(file, "a"));
    return entries;
  }

  /** Adds an entry: it is on the disk when this returns. */
  append(entry: SearchEntry): void {
    naming(join(this.path, LOG), () => {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`);
      for (let done = 0; done < line.length; ) done += writeSync(this.#log!, line, done);
      fsyncSync(this.#log!);
    });
  }

  get sharedPath(): string {
    return join(this.path, "shared");
  }

  /** The winner's run, once it is finished. */
  get bestPath(): string {
    return join(this.path, BEST);
  }

  get runsPath(): string {
    return join(this.path, "trials");
  }

  runPath(name: string): string {
    return join(this.runsPath, name);
  }

  runLock(name: string): string {
    return join(this.runsPath, `${name}.lock`);
  }

  isBegun(name: string): boolean {
    return existsSync(join(this.runPath(name), "run.json"));
  }

  /** What the winner's run measured, where it is finished. */
  bestResult(): RunResult | undefined {
    return existsSync(this.bestPath) ? RunFolder.open(this.bestPath).readJson<RunResult>("result.json") : undefined;
  }

  /** The finished run of a trial becomes the winner's. */
  keepBest(name: string): void {
    renameSync(this.runPath(name), this.bestPath);
    const run = RunFolder.open(this.bestPath);
    const facts = run.readJson<{ readonly options: object }>("run.json");
    run.writeJson({ ...facts, options: { ...facts.options, out: this.bestPath } }, "run.json");
  }

  /** Removes what trials need only to go on, but for these. One that goes on all the same begins anew, and ends the same. */
  dropCheckpoints(except: ReadonlySet<string>): void {
    const names = readdirSync(this.runsPath).filter((name) => TRIAL.test(name) && !except.has(name));
    for (const run of [this.bestPath, ...names.map((name) => this.runPath(name))]) discard(join(run, "checkpoints"));
  }

  close(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#lock.release();
  }
}
