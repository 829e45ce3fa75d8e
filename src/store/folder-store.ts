/** A folder as the store: one that all machines see, by NFS or otherwise, or one of a single machine. */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { diskError } from "../base/disk-error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { ArtifactStore, Content } from "./artifact-store.ts";

export class FolderStore implements ArtifactStore {
  readonly address: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.address = folder;
    this.#folder = resolve(folder);
  }

  async put(key: string, content: Content): Promise<void> {
    await this.#write(key, content, (partial, file) => renameSync(partial, file));
  }

  async putOnce(key: string, content: Content): Promise<boolean> {
    return await this.#write(key, content, (partial, file) => {
      try {
        linkSync(partial, file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        return this.#createOnce(partial, file, error);
      }
    });
  }

  async get(key: string): Promise<string | undefined> {
    return this.#reading(() => readFileSync(this.#at(key), "utf8"));
  }

  async has(key: string): Promise<boolean> {
    return existsSync(this.#at(key));
  }

  async fetch(key: string, file: string): Promise<boolean> {
    const found = this.#reading(() => {
      makeFolder(dirname(file));
      const partial = partialOf(file);
      try {
        copyFileSync(this.#at(key), partial);
        renameSync(partial, file);
      } finally {
        discard(partial);
      }
      return true;
    });
    return found ?? false;
  }

  async list(prefix: string): Promise<string[]> {
    const folder = this.#at(prefix.slice(0, prefix.lastIndexOf("/") + 1));
    const entries = this.#reading(() => readdirSync(folder, { recursive: true, withFileTypes: true })) ?? [];
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".partial"))
      .map((entry) => relative(this.#folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .filter((key) => key.startsWith(prefix))
      .sort();
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) rmSync(this.#at(key), { force: true });
  }

  #at(key: string): string {
    return join(this.#folder, ...key.split("/"));
  }

  /** Undefined where there is nothing. */
  #reading<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw this.#refused(error);
    }
  }

  async #write<T>(key: string, content: Content, place: (partial: string, file: string) => T): Promise<T> {
    const file = this.#at(key);
    let partial: string | undefined;
    try {
      makeFolder(dirname(file));
      partial = partialOf(file);
      if ("text" in content) writeFileSync(partial, content.text, { flush: true });
      else {
        copyFileSync(content.path, partial);
        sync(partial);
      }
      return place(partial, file);
    } catch (error) {
      throw this.#refused(error);
    } finally {
      if (partial !== undefined) discard(partial);
    }
  }

  /** Where the file system has no links: exclusively, though not whole for whoever reads it in that moment. */
  #createOnce(partial: string, file: string, reason: unknown): boolean {
    try {
      copyFileSync(partial, file, constants.COPYFILE_EXCL);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw reason;
    }
  }

  #refused(error: unknown): unknown {
    return diskError(error, this.#folder, "put that right: it is the store of runs");
  }
}

/** Makes sure that a file is on the disk before others hear of it. */
function sync(file: string): void {
  const opened = openSync(file, "r+");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
