/** Files that grow, events.jsonl above all: whole lines from a place on, or the last ones, a bounded piece at a time. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export type StoredEvent = Readonly<Record<string, unknown>> & { readonly type: string };

export interface EventLines {
  readonly events: readonly StoredEvent[];
  /** Where the next piece begins, in bytes. */
  readonly offset: number;
  /** Whether the file is not the one that was read before: what was said of it does not hold any more. */
  readonly anew: boolean;
  /** Whether there is more already. */
  readonly hasMore: boolean;
}

const PIECE = 1 << 20;
const TAIL = 1 << 13;
const NEWLINE = 10;

/** The next whole lines behind `offset`; a file that was cut, as a resumed run does it, is read from its beginning. */
export function nextLines(file: string, offset: number): EventLines {
  const none = { events: [], offset, anew: false, hasMore: false };
  return withFile(file, none, (number) => {
    const { size } = fstatSync(number);
    const anew = size < offset || (offset > 0 && read(number, offset - 1, 1)[0] !== NEWLINE);
    const from = anew ? 0 : offset;
    const piece = read(number, from, Math.min(PIECE, size - from));
    const end = piece.lastIndexOf(NEWLINE) + 1;
    return {
      events: parsed(piece.subarray(0, end)),
      offset: from + end,
      anew,
      hasMore: from + piece.length < size && end > 0,
    };
  });
}

/** The last events of a file. */
export const lastLines = (file: string): readonly StoredEvent[] => parsed(lastBytes(file));

/** The last line of a file that says something, whole or not. */
export const lastText = (file: string): string => lastBytes(file).toString("utf8").trim().split("\n").at(-1) ?? "";

const lastBytes = (file: string): Buffer =>
  withFile(file, Buffer.alloc(0), (number) => {
    const { size } = fstatSync(number);
    const from = Math.max(0, size - TAIL);
    return read(number, from, size - from);
  });

function withFile<T>(file: string, otherwise: T, work: (number: number) => T): T {
  let number: number;
  try {
    number = openSync(file, "r");
  } catch {
    return otherwise; // Nothing has happened yet.
  }
  try {
    return work(number);
  } finally {
    closeSync(number);
  }
}

function read(number: number, from: number, length: number): Buffer {
  const piece = Buffer.alloc(length);
  return piece.subarray(0, readSync(number, piece, 0, length, from));
}

/** A line that a crash left broken says nothing. */
function parsed(piece: Buffer): StoredEvent[] {
  const lines = piece.toString("utf8").split("\n");
  return lines.flatMap((line) => {
    try {
      const event = JSON.parse(line) as StoredEvent | null;
      return typeof event?.type === "string" ? [event] : [];
    } catch {
      return [];
    }
  });
}
