/**
 * The cache of Python's huggingface_hub: `blobs/` holds files by their hash, `refs/` the commit of each revision, and
 * `snapshots/<commit>/` links to blobs. What either side fetched, the other finds.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { AttuneError } from "../base/error.ts";
import type { HubSettings } from "./hub-settings.ts";
import { isCommit, type Repo } from "./repository-name.ts";

/** `datasets--org--name`. */
export const folderName = ({ kind, name }: Repo): string => [`${kind}s`, ...name.split("/")].join("--");

/** The part of the cache that belongs to one repository. */
export class RepoCache {
  readonly #repo: Repo;
  readonly #folder: string;
  readonly #links: boolean;

  constructor(repo: Repo, { cache, links }: HubSettings) {
    this.#repo = repo;
    this.#folder = join(cache, folderName(repo));
    this.#links = links;
  }

  /** The commit that a revision was when it was last asked for. */
  commitOf(revision: string): string | undefined {
    if (isCommit(revision)) return revision;
    requireSafePath(this.#repo, revision);
    const file = join(this.#folder, "refs", revision);
    if (!existsSync(file)) return undefined;
    const commit = readFileSync(file, "utf8").trim();
    return isCommit(commit) ? commit : undefined;
  }

  remember(revision: string, commit: string): void {
    if (this.commitOf(revision) !== commit) note(join(this.#folder, "refs", revision), commit);
  }

  /** Where a file of a commit is, or will be. */
  at(commit: string, ...path: readonly string[]): string {
    return join(this.#folder, "snapshots", commit, ...path.flatMap((part) => part.split("/")));
  }

  has(commit: string, path: string): boolean {
    return existsSync(this.at(commit, path));
  }

  /** All files of a commit that are here. */
  list(commit: string): string[] {
    const folder = this.at(commit);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && existsSync(join(entry.parentPath, entry.name)))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .sort();
  }

  /** Whether a commit is known not to have a file. */
  isAbsent(commit: string, path: string): boolean {
    return existsSync(join(this.#folder, ".no_exist", commit, path));
  }

  markAbsent(commit: string, path: string): void {
    if (!this.isAbsent(commit, path)) note(join(this.#folder, ".no_exist", commit, path), "");
  }

  /** The file of the given hash, with its folder. */
  blob(hash: string): string {
    mkdirSync(join(this.#folder, "blobs"), { recursive: true });
    return join(this.#folder, "blobs", hash);
  }

  /** Makes a blob a file of a commit. Without links the blob itself moves, where it is `fresh` and so nobody else's. */
  place(blob: string, commit: string, path: string, fresh: boolean): void {
    const file = this.at(commit, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    if (this.#links) {
      try {
        symlinkSync(relative(dirname(file), blob), file);
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST") return; // Another process was as quick.
        // Windows allows links to administrators and developers only.
        if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
      }
    }
    if (fresh) renameSync(blob, file);
    else copyFileSync(blob, file);
  }
}

/** Writes what is good to know; a cache that can only be read does without. */
function note(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(partial, text);
    renameSync(partial, file);
  } catch (error) {
    if (!["EROFS", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Refuses names of files that would lead out of the cache, here or on Windows. */
export function requireSafePath(repo: Repo, path: string): void {
  const parts = path.split(/[/\\]/);
  if (
    path.includes("\\") ||
    parts.some((part) => part === "" || part === ".." || part === "." || /^[a-z]:/i.test(part))
  )
    throw new AttuneError(
      "hub/path",
      `${repo.name}: its file "${path}" has a name that leads elsewhere, so nothing of it is fetched; do not trust this repository`,
    );
}
