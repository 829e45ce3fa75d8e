/** One file of the Hub into the cache: goes on where an earlier download ended, and is there only if its hash is right. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { AttuneError } from "../base/error.ts";
import type { Lock } from "../base/file-lock.ts";
import { diskError } from "./errors.ts";
import { acquire } from "./fetch-lock.ts";
import type { HubReference } from "./repository-name.ts";
import { ATTEMPTS, delayOf, type HubContext, interrupted, noAnswer, pause } from "./requests.ts";

export interface RemoteFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 where the file is in LFS, else the SHA-1 of git's blob: its name in the cache. */
  readonly hash: string;
}

export interface Download {
  readonly reference: HubReference;
  readonly file: RemoteFile;
  readonly url: string;
  /** Where it goes. */
  readonly blob: string;
  readonly fetch: typeof fetch;
  /** How much of it is here. */
  readonly onBytes: (bytes: number) => void;
}

/** An attempt that brought less than this counts as a failed one. */
const SOME_BYTES = 64 * 1024;
/** A server that sends less than this within the time it has is as good as silent. */
const LEAST_BYTES = 1024;

export async function download(job: Download, context: HubContext): Promise<void> {
  const { blob, reference, file } = job;
  const lock = await acquire(`${blob}.lock`, () => existsSync(blob), context.signal).catch((error: Error) => {
    throw error.name === "AbortError" ? interrupted(reference) : diskError(error, context.settings.cache);
  });
  if (!lock) return job.onBytes(file.bytes);
  const partial = `${blob}.incomplete`;
  try {
    await fill(partial, job, context, lock);
    if ((await hashOf(partial, file)) !== file.hash) {
      // What an earlier download left may have been wrong; what comes anew may not.
      rmSync(partial);
      await fill(partial, job, context, lock);
      if ((await hashOf(partial, file)) !== file.hash) {
        rmSync(partial);
        throw wrong(job, "differs from what the Hub says it is");
      }
    }
    renameSync(partial, blob);
  } finally {
    lock.release();
  }
}

/** Fetches what `partial` lacks. */
async function fill(partial: string, job: Download, context: HubContext, lock: Lock): Promise<void> {
  const { file, reference, onBytes } = job;
  for (let failures = 0; ; ) {
    const before = sizeOf(partial);
    onBytes(before);
    if (before === file.bytes && existsSync(partial)) return;
    let problem: unknown;
    try {
      await append(partial, before, job, context, lock);
    } catch (error) {
      if (context.signal?.aborted) throw interrupted(reference);
      problem = diskError(error, context.settings.cache);
      if (problem instanceof AttuneError) throw problem;
    }
    const now = sizeOf(partial);
    if (now === file.bytes) return;
    failures = now - before >= SOME_BYTES ? 0 : failures + 1;
    if (failures === ATTEMPTS) throw brokenOff(job, problem);
    const reason = problem === undefined ? "the connection ended too early" : (problem as Error).message;
    await pause(reference, context, delayOf(Math.max(1, failures), context.settings), reason);
  }
}

async function append(partial: string, have: number, job: Download, context: HubContext, lock: Lock): Promise<void> {
  const { file, url, onBytes } = job;
  const silence = new AbortController();
  const range = have > 0 ? { range: `bytes=${have}-` } : {};
  const headers = { ...range, "accept-encoding": "identity" };
  const response = await job.fetch(url, { headers, signal: silence.signal });
  const isContinued = response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${have}-`);
  const out = await open(partial, "a");
  try {
    if (!isContinued) await out.truncate(0);
    // Neither the rest that was asked for nor the whole.
    if (response.status === 416 || (response.status === 206 && !isContinued)) return;
    let bytes = isContinued ? have : 0;
    for await (const chunk of unlessSilent(response, silence, context)) {
      bytes += chunk.length;
      if (bytes > file.bytes) throw wrong(job, "is longer than the Hub says it is");
      await out.appendFile(chunk);
      lock.touch();
      onBytes(bytes);
    }
  } finally {
    await out.close();
    await response.body?.cancel().catch(() => {});
  }
}

/** What comes, as long as it comes. */
async function* unlessSilent(
  { body }: Response,
  silence: AbortController,
  { settings }: HubContext,
): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(() => silence.abort(noAnswer(settings)), settings.timeoutSeconds * 1000);
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      yield chunk as Uint8Array;
      bytes += (chunk as Uint8Array).length;
      if (bytes < LEAST_BYTES) continue;
      bytes = 0;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

/** In the way that the expected hash was made. */
async function hashOf(path: string, { hash, bytes }: RemoteFile): Promise<string> {
  const digest = hash.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digest.update(chunk as Buffer);
  return digest.digest("hex");
}

function wrong({ reference, file }: Download, what: string): AttuneError {
  return new AttuneError(
    "hub/corrupt",
    `${reference.name}: ${file.path} as it comes ${what}; try again, and if that does not help, something between here and the Hub changes files`,
    "failure",
  );
}

function brokenOff({ reference, file }: Download, cause: unknown): AttuneError {
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return new AttuneError(
    "hub/broken-off",
    `${reference.name}: ${file.path} stopped coming ${ATTEMPTS} times${reason}; start again, and it goes on from there`,
    "failure",
    { cause },
  );
}
