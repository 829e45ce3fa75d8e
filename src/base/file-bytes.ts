/** Bytes at places of a file, all of them or an error. */
import { readSync, writeSync } from "node:fs";

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
