/** Bytes of a text file as a stream of valid UTF-8, whether it is compressed by gzip or in another encoding. */
import { isAscii, isUtf8 } from "node:buffer";
import { closeSync, createReadStream, readSync, statSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { AttuneError } from "../base/error.ts";
import { openRegular } from "../base/regular-file.ts";
import { encodingNamed } from "./encodings.ts";

/** Bytes that looking at a file reads. */
const HEAD_BYTES = 1 << 18;
const CHUNK_BYTES = 1 << 18;

/** The bytes of a file, uncompressed. */
export async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    const isCompressed = isGzip(path);
    // A small file gets a small buffer; a byte more than it has, so that one read finds its end. What has no size gets a large one.
    const { size } = statSync(path);
    const file = createReadStream(path, { highWaterMark: size > 0 ? Math.min(size + 1, CHUNK_BYTES) : CHUNK_BYTES });
    if (!isCompressed) yield* file;
    // What is wrong with the file comes out of the end of the pipe.
    else yield* pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException);
  }
}

/** All bytes of a file, uncompressed. */
export async function allBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytesOf(path)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function isGzip(path: string): boolean {
  const file = openRegular(path);
  try {
    const start = Buffer.alloc(2);
    return readSync(file, start, 0, 2, 0) === 2 && start[0] === 0x1f && start[1] === 0x8b;
  } finally {
    closeSync(file);
  }
}

export function unreadable(path: string, cause: NodeJS.ErrnoException): AttuneError {
  const { code = "", message } = cause;
  if (cause instanceof AttuneError) return cause;
  if (code === "ENOENT") return new AttuneError("data/missing", `${path}: there is no such file`, "input", { cause });
  if (code.startsWith("Z_"))
    return new AttuneError(
      "data/gzip",
      `${path}: this gzip file is cut off or damaged (${message}); get the file again`,
      "input",
      { cause },
    );
  return new AttuneError("data/unreadable", `${path}: this file cannot be read (${message})`, "input", { cause });
}

/** A text file, and what looking at its first bytes has shown. */
export interface TextFile {
  readonly path: string;
  readonly encoding: string;
  /** The first bytes, in UTF-8; all of the file where `isWhole`. */
  readonly head: Buffer;
  readonly isWhole: boolean;
  /** All bytes, in UTF-8 without a byte-order mark. */
  chunks(): AsyncGenerator<Buffer>;
}

/** Opens a text file; `encoding` counts more than what it looks like. */
export async function openTextFile(path: string, encoding?: string): Promise<TextFile> {
  const raw = await firstBytes(bytesOf(path), 4);
  const name = encoding === undefined ? encodingOf(raw) : encodingNamed(encoding);
  const chunks = () => (name === "utf-8" ? validUtf8(path) : decoded(path, name));
  const head = await firstBytes(chunks(), HEAD_BYTES);
  if (head.length >= HEAD_BYTES) return { path, encoding: name, head, isWhole: false, chunks };
  return { path, encoding: name, head, isWhole: true, chunks: () => once(head) };
}

/** What is there already need not be read again. */
async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

/** At least so many bytes, or all there are; what follows is not read. */
async function firstBytes(chunks: AsyncGenerator<Buffer>, count: number): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of chunks) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= count) break;
  }
  return head;
}

/** By the byte-order mark, or by the zeros that UTF-16 has between Latin letters. */
function encodingOf([a, b, c, d]: Uint8Array): string {
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a && b === 0 && c && d === 0) return "utf-16le";
  if (a === 0 && b && c === 0 && d) return "utf-16be";
  return "utf-8";
}

const LINE_FEED = 0x0a;

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === LINE_FEED) count++;
  return count;
}

/** Chunks that end with whole characters; names the line of the first byte that is something else. */
async function* validUtf8(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let isFirst = true;
  let hasOthers = false;
  const checked = (bytes: Buffer): Buffer => {
    if (!isUtf8(bytes)) throw notUtf8(path, bytes, line, hasOthers);
    hasOthers ||= !isAscii(bytes);
    line += countLines(bytes);
    return bytes;
  };
  for await (const chunk of bytesOf(path)) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (isFirst && bytes.length >= 3) {
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      isFirst = false;
    }
    const end = isFirst ? 0 : wholeCharacters(bytes);
    rest = bytes.subarray(end);
    if (end > 0) yield checked(bytes.subarray(0, end));
  }
  if (rest.length > 0) yield checked(rest);
}

/** How many bytes there are before a character that is not complete. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function notUtf8(path: string, bytes: Buffer, firstLine: number, hasOthers: boolean): AttuneError {
  let line = firstLine;
  let wrong: number | undefined;
  let others = hasOthers;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found + 1;
    const part = bytes.subarray(start, end);
    if (!isUtf8(part)) wrong ??= line;
    else others ||= !isAscii(part);
    start = end;
  }
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && firstLine === 1)
    return new AttuneError("data/encoding", `${path}, line 1: this is a ZIP or Excel file; save the table as CSV`);
  const what = others
    ? "this is not UTF-8, though other lines are: the file mixes encodings; save all of it as UTF-8"
    : "this is not UTF-8; save the file as UTF-8, or say what it is, as with --encoding windows-1252";
  return new AttuneError("data/encoding", `${path}, line ${wrong ?? firstLine}: ${what}`);
}

/** Another encoding, brought to UTF-8. */
async function* decoded(path: string, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  const decode = (bytes?: Buffer): Buffer => {
    try {
      const text = Buffer.from(bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode());
      line += countLines(text);
      return text;
    } catch {
      throw new AttuneError(
        "data/encoding",
        `${path}, from line ${line} on: this is not ${encoding}; choose another --encoding`,
      );
    }
  };
  for await (const chunk of bytesOf(path)) yield decode(chunk);
  const last = decode();
  if (last.length > 0) yield last;
}
