/** Bytes at places of a file, all of them or an error, and checksums over them. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/** Systems refuse to move 2 GiB at once. */
const MOST_BYTES = 1 << 30;

type Move = (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => number;

function moveAll(move: Move, file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = move(file, bytes, done, Math.min(bytes.length - done, MOST_BYTES), position + done);
    if (count === 0) throw new Error("a file is shorter than what is to be read from it");
    done += count;
  }
}

/** Fills `into` with what stands at `position`. */
export const readAll = (file: number, into: Uint8Array, position: number): void =>
  moveAll(readSync, file, into, position);

export const writeAll = (file: number, bytes: Uint8Array, position: number): void =>
  moveAll(writeSync, file, bytes, position);

/** Files are checked in such parts. */
const PART_BYTES = 1 << 20;

/** CRC-32 of so many bytes of an open file from `position` on, going on from the checksum `sum`. */
export function checksumOfBytes(file: number, position: number, bytes: number, sum = 0): number {
  let found = sum;
  const part = new Uint8Array(Math.min(PART_BYTES, bytes));
  for (let at = 0; at < bytes; at += part.length) {
    const read = part.subarray(0, bytes - at);
    readAll(file, read, position + at);
    found = crc32(read, found);
  }
  return found;
}

/** CRC-32 of a whole file. */
export function checksumOfFile(path: string): number {
  const file = openSync(path, "r");
  try {
    return checksumOfBytes(file, 0, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

export const checksumOfText = (text: string): number => crc32(text);
