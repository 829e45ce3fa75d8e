/** Pages that would fill the memory. The zstd data are of Arrow's codec and stream (pyarrow 26: `pa.Codec("zstd")`). */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { boundedCompressors, mostZstdBytes } from "../../../src/tables/bounded-decompression.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
/** A million times "a". */
const BLOCKS = "1061610100fbff39c00202001061020010610200106102001061020010610200106103120a61";
const announced = hex(`28b52ffd804840420f00540000${BLOCKS}`);
const streamed = hex(`28b52ffd0048540000${BLOCKS}`);
const small = hex("28b52ffd20218d00005868656c6c6f20776f726c640100568a17");
const MILLION = new Uint8Array(Buffer.alloc(1_000_000, "a"));

const packed = { GZIP: gzipSync(MILLION), BROTLI: brotliCompressSync(MILLION), ZSTD: streamed };

describe.each(Object.entries(packed))("%s", (codec, input) => {
  const decompress = (most: number, bytes: number) =>
    boundedCompressors(most)[codec as keyof typeof packed]!(new Uint8Array(input), bytes);

  test("gives what was put in", () => expect(Buffer.compare(decompress(2e6, 1e6), MILLION)).toBe(0));

  test("is refused for what it announces", () =>
    expect(() => decompress(1000, 1e6)).toThrow("becomes 1000000 bytes, and at most 1000 are read"));

  test("is refused for what it becomes", () => expect(() => decompress(1000, 500)).toThrow(/bytes|larger/));
});

test.each(["SNAPPY", "LZ4", "LZ4_RAW"] as const)("%s allocates nothing that is announced and too large", (codec) => {
  for (const bytes of [2 ** 31, -1, Number.NaN])
    expect(() => boundedCompressors()[codec]!(Uint8Array.of(1, 2, 3), bytes)).toThrow(/at most 536870912/);
});

test("zstd's headers say what frames become at most", () => {
  expect(mostZstdBytes(announced)).toBe(1_000_000);
  expect(mostZstdBytes(streamed)).toBe(1_000_000);
  expect(mostZstdBytes(small)).toBe(128 * 1024);
  expect(mostZstdBytes(Buffer.concat([hex("502a4d18020000000102"), streamed, small]))).toBe(1_000_000 + 128 * 1024);
  for (const cut of [1, 5, 20]) expect(mostZstdBytes(streamed.subarray(0, cut))).toBe(Number.POSITIVE_INFINITY);
  expect(mostZstdBytes(hex("00112233445566"))).toBe(Number.POSITIVE_INFINITY);
  // A window of 1.75 GB, which would be allocated.
  expect(mostZstdBytes(hex("28b52ffd00a6010000"))).toBe(2 ** 30 * 1.75);
});
