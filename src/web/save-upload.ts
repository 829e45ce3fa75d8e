/** A file that the page sends: written into the folder, whole or not at all. */
import { createWriteStream, renameSync } from "node:fs";
import { dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AttuneError } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import { isTable } from "../tables/open-table.ts";
import { tooLarge } from "./json-body.ts";
import type { Reachable } from "./reachable.ts";

/** A larger table is better copied into the folder. */
export const MOST_UPLOADED = 2 ** 30;
const UPLOADS = "uploads";
const LONGEST_NAME = 120;

/**
 * Writes a table into `uploads/`; another one of that name stays, and the new one gets a number.
 *
 * @returns its path from the folder
 */
export async function saveUpload(
  name: string,
  body: ReadableStream<Uint8Array> | null,
  reachable: Reachable,
  most = MOST_UPLOADED,
): Promise<string> {
  const plain = name
    .replace(/[^\p{L}\p{N}._ -]+/gu, "-")
    .replace(/^[.\s-]+/, "")
    .slice(-LONGEST_NAME);
  if (!isTable(plain))
    throw new AttuneError("app/upload", `${name}: tables are CSV, TSV, JSON, JSONL or Parquet files, also gzipped`);
  const path = freshName(plain, reachable);
  const partial = partialOf(path);
  makeFolder(dirname(path));
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > most ? tooLarge(most) : null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb((body ?? new ReadableStream()) as never),
      bound,
      createWriteStream(partial, { flush: true }),
    );
    renameSync(partial, path);
  } catch (error) {
    discard(partial);
    throw error;
  }
  return reachable.shown(path);
}

function freshName(name: string, reachable: Reachable): string {
  const dot = name.indexOf(".");
  for (let count = 1; ; count++) {
    const numbered = count === 1 ? name : `${name.slice(0, dot)}-${count}${name.slice(dot)}`;
    try {
      return reachable.fresh(`${UPLOADS}/${numbered}`);
    } catch (error) {
      if ((error as AttuneError).code !== "app/exists") throw error;
    }
  }
}
