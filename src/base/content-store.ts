/**
 * A folder of values that are looked up by a hash of everything they were made from, so that whoever needs the same again
 * need not make it. Several processes may read and write it at once.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { checksumOfBytes, readAll, writeAll } from "./file-bytes.ts";

/*
 * A file: what it is (8 bytes), bytes of the value and seconds that making it took (float64 each), a checksum of all that
 * and the value (uint32), 4 bytes of nothing, the value.
 */
const HEADER_BYTES = 32;
const SIGNED_BYTES = 24;
const MAGIC = Buffer.from("attune1\n");
const PARTIAL = ".partial";
/** A file that nobody has written to for so long was left by a process that was killed. */
const ABANDONED_MILLISECONDS = 3_600_000;

/** A value in a file that stays open. */
export interface OpenValue {
  readonly file: number;
  /** Where it begins. */
  readonly offset: number;
  readonly bytes: number;
  close(): void;
}

/** A value that is being written. */
export interface Draft extends OpenValue {
  /** Makes it known to others, if that is possible, once all of it is written; it stays open. */
  finish(seconds: number): void;
}

/** A fingerprint: SHA-256 over texts and bytes, where ["a", "b"] and ["ab"] differ. */
export const fingerprint = (...parts: readonly (string | Uint8Array)[]): string => fingerprintOf(parts);

/** The same over parts that are made one after another, as they may be a million. */
export function fingerprintOf(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/** Where other machines keep and find the same values. */
export interface ValueExchange {
  /** Brings the file of a value, whole or not at all; false where there is none. */
  fetch(key: string, file: string): Promise<boolean>;
  offer(key: string, file: string): Promise<void>;
}

export class ContentStore {
  readonly #folder: string;
  readonly #maker: string;
  readonly #exchange: ValueExchange | undefined;
  /** Keys of values that were made here. */
  readonly #made = new Set<string>();
  readonly #counted = new Set<string>();
  #seconds = 0;

  /**
   * The folder is made when something is stored. `maker` is what makes values besides what they are made from, versions and
   * processor: what another one made is not taken.
   */
  constructor(folder: string, maker: string, exchange?: ValueExchange) {
    this.#folder = folder;
    this.#maker = maker;
    this.#exchange = exchange;
  }

  /** The key of a value of some kind that is made from `parts`. */
  keyOf(kind: string, ...parts: readonly (string | Uint8Array)[]): string {
    return `${kind}-${fingerprint(this.#maker, ...parts)}`;
  }

  /** Looks for a value on other machines where it is not on this one. That none is found costs nothing but time. */
  async bring(key: string): Promise<void> {
    const file = join(this.#folder, key);
    if (this.#exchange && !existsSync(file)) await this.#exchange.fetch(key, file).catch(() => {});
  }

  /** Offers a value to other machines that was made here. */
  async offer(key: string): Promise<void> {
    const file = join(this.#folder, key);
    if (this.#exchange && this.#made.delete(key) && existsSync(file))
      await this.#exchange.offer(key, file).catch(() => {});
  }

  /** The value under a key, or undefined where there is none that is intact. */
  read(key: string): Uint8Array | undefined {
    const found = this.open(key);
    if (!found) return undefined;
    try {
      const value = new Uint8Array(found.bytes);
      readAll(found.file, value, found.offset);
      return value;
    } finally {
      found.close();
    }
  }

  /** The same, left in its file. */
  open(key: string): OpenValue | undefined {
    let file: number | undefined;
    try {
      file = openSync(join(this.#folder, key), "r");
      const header = Buffer.alloc(HEADER_BYTES);
      readAll(file, header, 0);
      const bytes = header.readDoubleLE(8);
      const isWhole = header.subarray(0, 8).equals(MAGIC) && fstatSync(file).size === HEADER_BYTES + bytes;
      if (!isWhole || checksum(header, file, bytes) !== header.readUInt32LE(SIGNED_BYTES)) throw new Error("broken");
      if (!this.#counted.has(key)) this.#seconds += header.readDoubleLE(16);
      this.#counted.add(key);
      return opened(file, bytes);
    } catch {
      // There is none, or it is broken or cannot be read: it is made again.
      if (file !== undefined) closeSync(file);
      return undefined;
    }
  }

  /** Stores a value that took so many seconds to make. That it cannot be stored costs nothing but time, later. */
  write(key: string, value: Uint8Array, seconds: number): void {
    const draft = this.begin(key, value.length);
    if (!draft) return;
    try {
      writeAll(draft.file, value, draft.offset);
      draft.finish(seconds);
    } catch {
      // No space left, most likely.
    } finally {
      draft.close();
    }
  }

  /** Opens a file for a value of so many bytes, or undefined where none can be made. */
  begin(key: string, bytes: number): Draft | undefined {
    // What is made here is part of the time that is measured anyway.
    this.#counted.add(key);
    this.#made.add(key);
    const partial = join(this.#folder, `${key}.${randomUUID()}${PARTIAL}`);
    let file: number;
    try {
      mkdirSync(this.#folder, { recursive: true });
      this.#removeAbandoned();
      file = openSync(partial, "wx+");
    } catch {
      return undefined;
    }
    let isPartial = true;
    const value = opened(file, bytes);
    return {
      ...value,
      finish: (seconds) => {
        const header = Buffer.alloc(HEADER_BYTES);
        MAGIC.copy(header);
        header.writeDoubleLE(bytes, 8);
        header.writeDoubleLE(seconds, 16);
        try {
          header.writeUInt32LE(checksum(header, file, bytes), SIGNED_BYTES);
          writeAll(file, header, 0);
          renameSync(partial, join(this.#folder, key));
          isPartial = false;
        } catch {
          // Others have to make it again.
        }
      },
      close: () => {
        value.close();
        if (isPartial) rmSync(partial, { force: true });
      },
    };
  }

  /**
   * Seconds that making the values had cost that were taken since the last call: each value counts once, and none that
   * was made here.
   */
  collectSeconds(): number {
    const seconds = this.#seconds;
    this.#seconds = 0;
    return seconds;
  }

  /** Keys of values that do not count again: what a checkpoint remembers. */
  get counted(): readonly string[] {
    return [...this.#counted];
  }

  /** Goes on with those of a checkpoint. */
  restore(counted: readonly string[]): void {
    for (const key of counted) this.#counted.add(key);
  }

  #removeAbandoned(): void {
    for (const name of readdirSync(this.#folder).filter((entry) => entry.endsWith(PARTIAL))) {
      const path = join(this.#folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found && Date.now() - found.mtimeMs > ABANDONED_MILLISECONDS) rmSync(path, { force: true });
    }
  }
}

const opened = (file: number, bytes: number): OpenValue => ({
  file,
  offset: HEADER_BYTES,
  bytes,
  close: () => closeSync(file),
});

/** CRC-32 of what a header says and of the value in the file. */
const checksum = (header: Buffer, file: number, bytes: number): number =>
  checksumOfBytes(file, HEADER_BYTES, bytes, crc32(header.subarray(0, SIGNED_BYTES)));
