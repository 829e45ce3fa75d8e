/** A repository at one commit: which files it has, and those of them that are wanted, in the cache. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { AttuneError } from "../base/error.ts";
import { RepoCache, requireSafePath } from "./cache.ts";
import { download, type RemoteFile } from "./download.ts";
import { diskError, networkError, offlineError, pageOf } from "./errors.ts";
import { type HubReference, isCommit } from "./repository-name.ts";
import { type HubContext, hubFetch } from "./requests.ts";

/** Events of progress come at most this often. */
const EVENT_MILLISECONDS = 100;

export class Repository {
  readonly reference: HubReference;
  readonly commit: string;
  readonly cache: RepoCache;
  readonly #context: HubContext;
  #files: Promise<ReadonlyMap<string, RemoteFile>> | undefined;
  #problem: AttuneError | undefined;

  /** @internal Made by `openRepository`. */
  constructor(reference: HubReference, commit: string, cache: RepoCache, context: HubContext, problem?: AttuneError) {
    this.reference = reference;
    this.commit = commit;
    this.cache = cache;
    this.#problem = problem;
    this.#context = context;
  }

  /** Why there is only what the cache has, if that is so. */
  get problem(): AttuneError | undefined {
    return this.#problem;
  }

  /** The folder of its files. */
  get folder(): string {
    return this.cache.at(this.commit);
  }

  has(path: string): boolean {
    return this.cache.has(this.commit, path);
  }

  /** Names of all its files; of those in the cache where the Hub cannot be asked. */
  async list(): Promise<string[]> {
    if (!this.#problem)
      try {
        return [...(await this.#remote()).keys()];
      } catch (error) {
        if (!isAway(error) || this.cache.list(this.commit).length === 0) throw error;
        this.#problem = error;
      }
    return this.cache.list(this.commit);
  }

  /** Brings files into the cache. */
  async fetch(paths: readonly string[]): Promise<void> {
    const missing = paths.filter((path) => !this.has(path));
    if (missing.length === 0) return;
    if (this.#problem) throw this.#problem;
    const remote = await this.#remote();
    try {
      await this.#fetchAll(missing.map((path) => remote.get(path)!));
    } catch (error) {
      throw diskError(error, this.#context.settings.cache);
    }
  }

  #remote(): Promise<ReadonlyMap<string, RemoteFile>> {
    this.#files ??= listRemote(this.reference, this.commit, this.#context);
    return this.#files;
  }

  async #fetchAll(files: readonly RemoteFile[]): Promise<void> {
    const { settings, onEvent } = this.#context;
    const missing = files.filter(({ hash }) => !existsSync(this.cache.blob(hash)));
    // Files of one content are one blob.
    const wanted = [...new Map(missing.map((file) => [file.hash, file])).values()];
    const totalBytes = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
    await this.#requireSpace(wanted, totalBytes);
    const request = hubFetch({ ...this.reference, revision: this.commit }, this.#context);
    let done = 0;
    let said = 0;
    for (const file of files) {
      const blob = this.cache.blob(file.hash);
      const fresh = !existsSync(blob);
      const onBytes = (bytes: number) => {
        if (bytes < file.bytes && performance.now() - said < EVENT_MILLISECONDS) return;
        said = performance.now();
        onEvent?.({ type: "download", repo: this.reference.name, file: file.path, bytes: done + bytes, totalBytes });
      };
      if (fresh) {
        const path = file.path.split("/").map(encodeURIComponent).join("/");
        const url = `${pageOf(this.reference, settings)}/resolve/${this.commit}/${path}`;
        await download({ reference: this.reference, file, url, blob, fetch: request, onBytes }, this.#context);
        done += file.bytes;
      }
      this.cache.place(blob, this.commit, file.path, fresh);
    }
  }

  async #requireSpace(files: readonly RemoteFile[], bytes: number): Promise<void> {
    const [first] = files;
    if (!first) return;
    const { bavail, bsize, blocks } = await statfs(dirname(this.cache.blob(first.hash)));
    const free = bavail * bsize;
    if (blocks === 0 || free >= bytes) return; // Some file systems do not say.
    const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`;
    throw new AttuneError(
      "hub/disk",
      `${this.reference.name}: its files need ${megabytes(bytes)}, and ${this.#context.settings.cache} has room for ${megabytes(free)}; free some, or move the cache with HF_HOME`,
      "failure",
    );
  }
}

/** Finds the commit of a revision: on the Hub, or, where that cannot be reached, as it was when it was last asked for. */
export async function openRepository(reference: HubReference, context: HubContext): Promise<Repository> {
  const { settings } = context;
  const cache = new RepoCache(reference, settings);
  const { revision } = reference;
  const offline = settings.offline ? offlineError(reference, settings) : undefined;
  if (isCommit(revision) || offline) {
    const commit = cache.commitOf(revision);
    if (!commit) throw offline;
    return new Repository(reference, commit, cache, context, offline);
  }
  try {
    const commit = await askCommit(reference, context);
    cache.remember(revision, commit);
    return new Repository(reference, commit, cache, context);
  } catch (error) {
    const commit = isAway(error) ? cache.commitOf(revision) : undefined;
    if (!commit) throw (await otherKind(error, reference, context)) ?? error;
    return new Repository(reference, commit, cache, context, error as AttuneError);
  }
}

/** Whether the Hub cannot be asked, which the cache may make up for. */
const isAway = (error: unknown): error is AttuneError =>
  error instanceof AttuneError &&
  ["hub/unreachable", "hub/status", "hub/rate-limit", "hub/answer"].includes(error.code);

/** What to say where the name is that of a data set, and a model was wanted, or the other way round. */
async function otherKind(
  error: unknown,
  reference: HubReference,
  context: HubContext,
): Promise<AttuneError | undefined> {
  if (!(error instanceof AttuneError) || error.code !== "hub/no-repo") return undefined;
  const kind = reference.kind === "model" ? "dataset" : "model";
  try {
    await askCommit({ ...reference, kind, revision: "main" }, context);
  } catch {
    return undefined;
  }
  return new AttuneError(
    "hub/kind",
    `${reference.name} is a ${kind} on the Hub, and a ${reference.kind} is needed here`,
  );
}

async function askCommit(reference: HubReference, context: HubContext): Promise<string> {
  const { modelInfo, datasetInfo } = await import("@huggingface/hub");
  const { kind, name, revision } = reference;
  const query = { name, revision, hubUrl: context.settings.endpoint, fetch: hubFetch(reference, context) };
  const { sha } = await answered(reference, context, async () =>
    kind === "model"
      ? await modelInfo({ ...query, additionalFields: ["sha"] })
      : await datasetInfo({ ...query, additionalFields: ["sha"] }),
  );
  if (typeof sha === "string" && isCommit(sha)) return sha;
  throw notTheHub(reference, context);
}

async function listRemote(
  reference: HubReference,
  commit: string,
  context: HubContext,
): Promise<ReadonlyMap<string, RemoteFile>> {
  const { listFiles } = await import("@huggingface/hub");
  const files = new Map<string, RemoteFile>();
  const repo = { type: reference.kind, name: reference.name };
  const query = { repo, revision: commit, recursive: true, hubUrl: context.settings.endpoint };
  await answered(reference, context, async () => {
    for await (const { type, path, size, oid, lfs } of listFiles({ ...query, fetch: hubFetch(reference, context) })) {
      if (type !== "file") continue;
      requireSafePath(reference, path);
      const hash = lfs?.oid ?? oid;
      // It becomes the name of a file in the cache.
      if (!hash || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) throw notTheHub(reference, context);
      files.set(path, { path, bytes: lfs?.size ?? size, hash });
    }
  });
  return files;
}

/** The library's own errors are about answers that the Hub does not give. */
async function answered<T>(reference: HubReference, context: HubContext, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AttuneError) throw error;
    if (error instanceof SyntaxError) throw notTheHub(reference, context);
    throw networkError(error, reference, context.settings);
  }
}

const notTheHub = ({ name }: HubReference, { settings }: HubContext): AttuneError =>
  new AttuneError(
    "hub/answer",
    `${name}: ${settings.endpoint} does not answer as the Hub does; check HF_ENDPOINT, or whether the network asks for a login first`,
    "failure",
  );
