/**
 * One attempt at a run whose folder is on this machine and is kept in a store: checkpoints go up as they are made, so that
 * another machine can go on from there, and the finished run is published once, whoever else was at it.
 */
import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { checkJson } from "../base/check-json.ts";
import { AttuneError } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import { type ArtifactStore, getJson, jsonText } from "../store/artifact-store.ts";
import { describeFile, fetchFiles, pathsBelow, type StoredFile, storedFiles } from "../store/file-tree.ts";
import type { EpochResult } from "../train/trainer.ts";
import { takeSnapshot } from "./run-snapshot.ts";

/** What checkpoint.json and published.json hold. */
const fileList = z.strictObject({ attempt: z.string().regex(/^[0-9a-f]+$/), files: storedFiles });
type FileList = z.infer<typeof fileList>;

/** What is of this machine alone, or not whole. */
const isLeftOut = (path: string): boolean => path.endsWith("lock.json") || path.includes(".partial");

/** Keys of a run's parts; `prefix` is the run's. */
const keysOf = (prefix: string) => ({
  checkpoint: `${prefix}checkpoint.json`,
  published: `${prefix}published.json`,
  /** Epochs of a run that has paused. */
  paused: `${prefix}paused.json`,
  /** By content, so that the checkpoint before stays whole until the next one is. */
  inCheckpoint: (attempt: string) => (file: StoredFile) => `${prefix}checkpoints/${attempt}/${file.sha256}`,
  /** By name, for people. */
  inRun: (attempt: string) => (file: StoredFile) => `${prefix}${attempt}/${file.path}`,
});

export const isPublished = (store: ArtifactStore, prefix: string): Promise<boolean> =>
  store.has(keysOf(prefix).published);

/** Epochs of a run that has paused, so far as it had come the last time. */
export async function pausedEpochs(store: ArtifactStore, prefix: string): Promise<readonly EpochResult[]> {
  return (await getJson<EpochResult[]>(store, keysOf(prefix).paused)) ?? [];
}

/** Brings a published run into the folder `out`, checked, in place of what is there; false where it is not published. */
export async function fetchPublished(store: ArtifactStore, prefix: string, out: string): Promise<boolean> {
  const keys = keysOf(prefix);
  const found = await readList(store, keys.published);
  if (!found) return false;
  makeFolder(dirname(out));
  const partial = partialOf(out);
  try {
    await fetchFiles(store, found.files, partial, keys.inRun(found.attempt));
    discard(out);
    renameSync(partial, out);
    return true;
  } finally {
    discard(partial);
  }
}

export class RunAttempt {
  readonly #store: ArtifactStore;
  readonly #prefix: string;
  readonly #keys: ReturnType<typeof keysOf>;
  readonly #folder: string;
  readonly #id = randomBytes(8).toString("hex");
  /** Keys of the newest checkpoint that this attempt has sent. */
  #sent: ReadonlySet<string> = new Set();
  #sending: Promise<void> = Promise.resolve();
  #isAsked = false;

  /** `folder` is the run's on this machine; it is not there yet. */
  constructor(store: ArtifactStore, prefix: string, folder: string) {
    this.#store = store;
    this.#prefix = prefix;
    this.#keys = keysOf(prefix);
    this.#folder = folder;
  }

  /** Fills the folder from the newest checkpoint of whoever was at it before; false where there is none. */
  async restore(): Promise<boolean> {
    const found = await readList(this.#store, this.#keys.checkpoint);
    if (!found) return false;
    const partial = partialOf(this.#folder);
    try {
      await fetchFiles(this.#store, found.files, partial, this.#keys.inCheckpoint(found.attempt));
      makeFolder(join(partial, "predictions")); // A store has no folders, and so none that are empty.
      renameSync(partial, this.#folder);
      return true;
    } catch (error) {
      // Whoever was at it may have replaced or published it meanwhile: a run that begins anew ends the same.
      if (error instanceof AttuneError && error.code === "store/damaged") return false;
      throw error;
    } finally {
      discard(partial);
    }
  }

  /**
   * Sends the newest checkpoint up, with what a run needs besides to go on; those asked for while one is on its way go up as
   * one. What cannot be sent costs another machine some time, and no result.
   */
  keep(): Promise<void> {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#sending = this.#sending.then(() => {
        this.#isAsked = false;
        return this.#sendCheckpoint().catch(() => {});
      });
    }
    return this.#sending;
  }

  /** Says how far a run has come that pauses, behind its checkpoint. */
  pause(epochs: readonly EpochResult[]): Promise<void> {
    return this.#store.put(this.#keys.paused, { text: jsonText(epochs) });
  }

  /**
   * Publishes the finished run, unless somebody was faster: then this attempt leaves nothing. Says whether it is this one
   * that counts.
   */
  async publish(): Promise<boolean> {
    await this.#sending;
    discard(join(this.#folder, "checkpoints"));
    const files = await describe(this.#folder);
    await this.#send(files, this.#folder, this.#keys.inRun(this.#id), new Set());
    const isFirst = await this.#store.putOnce(this.#keys.published, { text: jsonText({ attempt: this.#id, files }) });
    await tidyRun(this.#store, this.#prefix);
    return isFirst;
  }

  async #sendCheckpoint(): Promise<void> {
    const snapshot = partialOf(`${this.#folder}-checkpoint`);
    try {
      if (!takeSnapshot(this.#folder, snapshot)) return;
      const files = await describe(snapshot);
      const keyOf = this.#keys.inCheckpoint(this.#id);
      await this.#send(files, snapshot, keyOf, this.#sent);
      await this.#store.put(this.#keys.checkpoint, { text: jsonText({ attempt: this.#id, files }) });
      const now = new Set(files.map(keyOf));
      await this.#store.remove([...this.#sent].filter((key) => !now.has(key)));
      this.#sent = now;
    } finally {
      discard(snapshot);
    }
  }

  async #send(
    files: readonly StoredFile[],
    from: string,
    keyOf: (file: StoredFile) => string,
    known: ReadonlySet<string>,
  ): Promise<void> {
    for (const file of files)
      if (!known.has(keyOf(file))) await this.#store.put(keyOf(file), { path: join(from, file.path) });
  }
}

/** Removes what a published run does not need: checkpoints, and what other attempts left. It is never needed for a result. */
export async function tidyRun(store: ArtifactStore, prefix: string): Promise<void> {
  const keys = keysOf(prefix);
  try {
    const counts = await readList(store, keys.published);
    if (!counts) return;
    const kept = new Set([keys.published, ...counts.files.map(keys.inRun(counts.attempt))]);
    await store.remove((await store.list(prefix)).filter((key) => !kept.has(key)));
  } catch {
    // It is only place on a disk.
  }
}

const describe = (folder: string): Promise<StoredFile[]> =>
  Promise.all(
    pathsBelow(folder)
      .filter((path) => !isLeftOut(path))
      .map((path) => describeFile(folder, path)),
  );

async function readList(store: ArtifactStore, key: string): Promise<FileList | undefined> {
  const found = await getJson<unknown>(store, key);
  if (found === undefined) return undefined;
  const hints = { code: "store/broken", advice: "it was changed, or is of another version of Attune" };
  return checkJson(`${store.address}/${key}`, found, fileList, hints);
}
