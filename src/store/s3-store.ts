/** A bucket of S3, or of any endpoint that speaks its protocol, as the store. Credentials are found as by all of AWS's programs. */
import { createReadStream, createWriteStream, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import type { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { isRefused } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { ArtifactStore, Content } from "./artifact-store.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

/** Requests are tried so often: with the pauses between them about half a minute. */
const ATTEMPTS = 8;
/** A download that is cut goes on where it was, so often. */
const CUTS = 8;
const PAUSE_MILLISECONDS = 100;
const CONNECT_MILLISECONDS = 10_000;
const SILENT_MILLISECONDS = 60_000;
/** Larger files go up in parts. */
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_ONCE = 2;
/** What one request can remove. */
const MOST_REMOVED = 1000;

/** @throws AttuneError where S3's client is not installed */
export async function openS3Store(address: string): Promise<ArtifactStore> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(address) ?? [];
  if (!bucket) throw new AttuneError("store/address", `${address}: a store in S3 is named s3://bucket/prefix`);
  // That it will need a newer Node some day is for whoever installs it to know.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  let sdk: Sdk;
  try {
    sdk = await import("@aws-sdk/client-s3");
  } catch (cause) {
    const install = "npm install @aws-sdk/client-s3 @aws-sdk/lib-storage";
    throw new AttuneError("store/no-client", `${address}: S3 needs a package that is not here; ${install}`, "input", {
      cause,
    });
  }
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const client = new sdk.S3Client({
    maxAttempts: ATTEMPTS,
    // Without these a request whose answer never comes is waited for without end.
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS, socketTimeout: SILENT_MILLISECONDS },
    // What is stored is checked by its SHA-256; other endpoints do not all know these.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true, region: process.env.AWS_REGION ?? "us-east-1" }),
  });
  return new S3Store(address, sdk, client, { bucket, prefix: prefix ? `${prefix}/` : "" });
}

class S3Store implements ArtifactStore {
  readonly address: string;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(
    address: string,
    sdk: Sdk,
    client: S3Client,
    place: { readonly bucket: string; readonly prefix: string },
  ) {
    this.address = address;
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = place.bucket;
    this.#prefix = place.prefix;
  }

  async put(key: string, content: Content): Promise<void> {
    await this.#asking(() => this.#put(key, content));
  }

  async putOnce(key: string, content: Content): Promise<boolean> {
    for (;;) {
      try {
        await this.#asking(() => this.#put(key, content, { IfNoneMatch: "*" }));
        return true;
      } catch (error) {
        if (!isTaken(error)) throw error;
        // A request whose answer was lost is sent again and meets itself. One that met another in flight is told so, too.
        if (!("text" in content)) {
          if (await this.has(key)) return false;
        } else {
          const found = await this.get(key);
          if (found !== undefined) return found === content.text;
        }
        await setTimeout(PAUSE_MILLISECONDS);
      }
    }
  }

  async get(key: string): Promise<string | undefined> {
    return this.#asking(async () => {
      const found = await this.#client.send(new this.#sdk.GetObjectCommand(this.#at(key)));
      return found.Body!.transformToString();
    }).catch(noneWhereMissing);
  }

  async has(key: string): Promise<boolean> {
    const found = this.#asking(() => this.#client.send(new this.#sdk.HeadObjectCommand(this.#at(key))));
    return (await found.catch(noneWhereMissing)) !== undefined;
  }

  async fetch(key: string, file: string): Promise<boolean> {
    makeFolder(dirname(file));
    const partial = partialOf(file);
    try {
      const found = await this.#asking(() => this.#download(key, partial)).catch(noneWhereMissing);
      if (found) renameSync(partial, file);
      return found ?? false;
    } finally {
      discard(partial);
    }
  }

  async list(prefix: string): Promise<string[]> {
    return this.#asking(async () => {
      const keys: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await this.#client.send(
          new this.#sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#prefix + prefix,
            ...(ContinuationToken !== undefined && { ContinuationToken }),
          }),
        );
        for (const { Key } of page.Contents ?? []) keys.push(Key!.slice(this.#prefix.length));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return keys;
    });
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += MOST_REMOVED) {
      const Objects = keys.slice(at, at + MOST_REMOVED).map((key) => ({ Key: this.#prefix + key }));
      const request = { Bucket: this.#bucket, Delete: { Objects, Quiet: true } };
      await this.#asking(() => this.#client.send(new this.#sdk.DeleteObjectsCommand(request)));
    }
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  async #put(key: string, content: Content, condition: { readonly IfNoneMatch?: string } = {}): Promise<void> {
    if (!("text" in content) && statSync(content.path).size > PART_BYTES)
      return this.#putInParts(key, content.path, condition);
    const Body = "text" in content ? content.text : readFileSync(content.path);
    await this.#client.send(new this.#sdk.PutObjectCommand({ ...this.#at(key), Body, ...condition }));
  }

  async #putInParts(key: string, path: string, condition: { readonly IfNoneMatch?: string }): Promise<void> {
    const { Upload } = await import("@aws-sdk/lib-storage");
    const params = { ...this.#at(key), Body: createReadStream(path), ...condition };
    await new Upload({ client: this.#client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
  }

  /** The client tries requests again, and not what comes behind their heads. */
  async #download(key: string, file: string): Promise<boolean> {
    for (let cuts = 0, at = 0; ; cuts++) {
      const range = at > 0 ? { Range: `bytes=${at}-` } : {};
      const { Body, ContentLength } = await this.#client.send(
        new this.#sdk.GetObjectCommand({ ...this.#at(key), ...range }),
      );
      try {
        await pipeline(Body as Readable, createWriteStream(file, { flags: at > 0 ? "a" : "w", flush: true }));
      } catch (error) {
        if (isRefused(error) || cuts === CUTS) throw error;
        await setTimeout(PAUSE_MILLISECONDS * 2 ** cuts);
      }
      const have = statSync(file).size;
      if (ContentLength === undefined || have === at + ContentLength) return true;
      if (cuts === CUTS) throw new Error(`after ${cuts} tries only ${have} bytes of it came`);
      at = have;
    }
  }

  /** What S3 refuses or does not answer, in words; what is not there, or there already, is for the caller. */
  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      if (isRefused(cause) || isMissing(cause) || isTaken(cause)) throw cause;
      const { name, message, $metadata } = cause as S3ServiceException;
      const status = $metadata?.httpStatusCode;
      const isOurs = name === "CredentialsProviderError" || (status !== undefined && status >= 300 && status < 500);
      const said = `${this.address}: ${name}: ${message}`;
      throw isOurs
        ? new AttuneError("store/refused", `${said}; see to the bucket, the region and the credentials`, "input", {
            cause,
          })
        : new AttuneError("store/unreachable", `${said}; see whether this store can be reached`, "failure", { cause });
    }
  }
}

const isMissing = (error: unknown): boolean => ["NoSuchKey", "NotFound"].includes((error as Error).name);

/** Under the key of something that is to be put once. */
const isTaken = (error: unknown): boolean =>
  ["PreconditionFailed", "ConditionalRequestConflict"].includes((error as Error).name);

function noneWhereMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
