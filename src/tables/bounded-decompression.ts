/** Parquet's compressed pages, with a bound: a few bytes may claim to be, or become, more than the memory holds. */
import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors } from "hyparquet-compressors";

/** Writers make pages of one megabyte, and some make one of each row group. */
const MOST_PAGE_BYTES = 512 * 1024 * 1024;

/** Ways to decompress a page, each of which is refused before it takes more than so many bytes. */
export function boundedCompressors(most = MOST_PAGE_BYTES): Compressors {
  const refuse = (bytes: number): never => {
    throw new Error(`a page of it becomes ${bytes} bytes, and at most ${most} are read`);
  };
  const bounded = ([codec, decompress]: readonly [string, Decompress]) => {
    const checked: Decompress = (input, bytes) => {
      // What was announced is allocated.
      if (!(bytes >= 0 && bytes <= most)) refuse(bytes);
      return decompress(input, bytes);
    };
    return [codec, checked] as const;
  };
  const { ZSTD, ...others } = compressors as Readonly<Record<string, Decompress>>;
  const all: Readonly<Record<string, Decompress>> = {
    // These write what was announced and no more.
    ...others,
    GZIP: (input, bytes) => unzipSync(input, { maxOutputLength: Math.max(1, bytes) }),
    BROTLI: (input, bytes) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, bytes) }),
    ZSTD: (input, bytes) => {
      const real = mostZstdBytes(input);
      if (real > most) refuse(real);
      return ZSTD!(input, bytes);
    },
  };
  return Object.fromEntries(Object.entries(all).map(bounded));
}

type Decompress = (input: Uint8Array, bytes: number) => Uint8Array;

/** The most that a block holds. */
const ZSTD_BLOCK_BYTES = 128 * 1024;
const ZSTD_MAGIC = 0xfd2fb528;

/**
 * What the frames of zstd data may become at most, by the headers of their blocks, and what they ask memory for
 * (RFC 8878, 3.1.1); infinite where they are no such frames.
 */
export function mostZstdBytes(input: Uint8Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let total = 0;
  try {
    for (let at = 0; at < input.length; ) {
      const magic = view.getUint32(at, true);
      if (magic >>> 4 === 0x184d2a5) {
        at += 8 + view.getUint32(at + 4, true); // A frame to be skipped.
        continue;
      }
      if (magic !== ZSTD_MAGIC) return Number.POSITIVE_INFINITY;
      const flags = view.getUint8(at + 4);
      const isSingle = (flags & 0x20) !== 0;
      let next = at + 5;
      const window = isSingle ? 0 : view.getUint8(next++);
      next += [0, 1, 2, 4][flags & 3]!;
      const sizeBytes = flags >> 6 === 0 ? Number(isSingle) : 1 << (flags >> 6);
      const announced = littleEndian(view, next, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
      next += sizeBytes;
      let becomes = 0;
      for (let isLast = false; !isLast; ) {
        const header = littleEndian(view, next, 3);
        isLast = (header & 1) === 1;
        const [type, size] = [(header >> 1) & 3, header >> 3];
        // Raw, one byte repeated, or compressed.
        becomes += type === 2 ? ZSTD_BLOCK_BYTES : size;
        next += 3 + (type === 1 ? 1 : size);
      }
      const windowBytes = isSingle ? 0 : 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
      total += Math.max(becomes, announced, windowBytes);
      at = next + (flags & 4 ? 4 : 0);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return Number.POSITIVE_INFINITY; // It is cut off.
  }
  return total;
}

function littleEndian(view: DataView, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value += view.getUint8(at + i) * 2 ** (8 * i);
  return value;
}
