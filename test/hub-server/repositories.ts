/** Repositories in memory: commits with files, revisions, and who may read them. */
import { createHash } from "node:crypto";

export type Kind = "model" | "dataset";
export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface RepositoryOptions {
  readonly kind?: Kind;
  readonly name: string;
  readonly files: Files;
  readonly private?: boolean;
  /** Readable with the token "hf_accepted" only. */
  readonly gated?: boolean;
  /** Large files carry the headers of Xet besides those of LFS. */
  readonly xet?: boolean;
}

export interface StoredFile {
  readonly bytes: Buffer;
  /** SHA-1 of git's blob: of the pointer, where the file is in LFS. */
  readonly oid: string;
  /** SHA-256 of a file in LFS. */
  readonly sha256?: string;
}

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const blobSha1Of = (bytes: Uint8Array): string =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
export const pointerOf = (sha256: string, size: number): Buffer =>
  Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`);

/** What the Hub keeps in LFS: whatever is large by its kind. */
export const isLarge = (path: string): boolean => /\.(safetensors|bin|parquet|onnx)$/.test(path);

export class Repository {
  readonly kind: Kind;
  readonly name: string;
  readonly xet: boolean;
  isPrivate: boolean;
  readonly gated: boolean;
  readonly #commits = new Map<string, ReadonlyMap<string, StoredFile>>();
  readonly #revisions = new Map<string, string>();

  constructor({
    kind = "model",
    name,
    files,
    private: isPrivate = false,
    gated = false,
    xet = false,
  }: RepositoryOptions) {
    this.kind = kind;
    this.name = name;
    this.xet = xet;
    this.isPrivate = isPrivate;
    this.gated = gated;
    this.commit(files);
  }

  /** Puts files on top of what a revision has, which may be new; returns the commit. */
  commit(files: Files, revision = "main"): string {
    const before = this.#commits.get(this.#revisions.get(revision) ?? "") ?? new Map<string, StoredFile>();
    const now = new Map(before);
    for (const [path, content] of Object.entries(files))
      now.set(path, stored(path, Buffer.from(content as Uint8Array)));
    const parts = [...now].map(([path, { oid }]) => `${path} ${oid}`);
    const commit = createHash("sha1")
      .update([this.name, this.#commits.size, ...parts].join("\n"))
      .digest("hex");
    this.#commits.set(commit, now);
    this.#revisions.set(revision, commit);
    return commit;
  }

  /** The commit that a branch, a tag or a commit is. */
  resolve(revision: string): string | undefined {
    return this.#commits.has(revision) ? revision : this.#revisions.get(revision === "HEAD" ? "main" : revision);
  }

  filesOf(commit: string): ReadonlyMap<string, StoredFile> {
    return this.#commits.get(commit)!;
  }
}

function stored(path: string, bytes: Buffer): StoredFile {
  if (!isLarge(path)) return { bytes, oid: blobSha1Of(bytes) };
  const sha256 = sha256Of(bytes);
  return { bytes, sha256, oid: blobSha1Of(pointerOf(sha256, bytes.length)) };
}
