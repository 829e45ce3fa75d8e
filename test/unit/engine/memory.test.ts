import { describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import type { AdamWStep, Kernels } from "../../../src/engine/kernels/kernels.ts";
import { referenceKernels } from "../../../src/engine/kernels/reference-kernels.ts";
import { allocateBlocks, ScratchMemory } from "../../../src/engine/memory.ts";

const GIB_FLOATS = 2 ** 28;
const LIMIT_FLOATS = (65535 * 65536) / 4;

/** Where each array begins and ends in its memory, for checking that none overlap. */
const extents = (arrays: readonly Float32Array[]) =>
  arrays.map((a) => [a.byteOffset, a.byteOffset + a.byteLength] as const).sort((a, b) => a[0] - b[0]);

describe("allocateBlocks", () => {
  test("gives arrays of the lengths asked for, zeroed, aligned and apart from each other", () => {
    const sizes = [[3, 0, 17], [16], [1, 1, 1, 1000], []];
    const blocks = allocateBlocks(sizes);
    expect(blocks.map(({ arrays }) => arrays.map(({ length }) => length))).toEqual(sizes);
    const arrays = blocks.flatMap((block) => block.arrays);
    for (const array of arrays) {
      expect(array.byteOffset % 64).toBe(0);
      expect(array.every((v) => v === 0)).toBe(true);
    }
    const places = extents(arrays.filter(({ length }) => length > 0));
    for (const [i, [start]] of places.entries()) if (i > 0) expect(start).toBeGreaterThanOrEqual(places[i - 1]![1]);
  });

  test("puts what fits into one memory, without waste but for the alignment", () => {
    const blocks = allocateBlocks([[16, 16], [17], [16]]);
    const [a, b, c, d] = blocks.flatMap((block) => block.arrays) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(new Set([a, b, c, d].map(({ buffer }) => buffer)).size).toBe(1);
    expect([a, b, c, d].map(({ byteOffset }) => byteOffset)).toEqual([0, 64, 128, 256]);
    expect(a.buffer.byteLength).toBe(65536);
  });

  test("a block's kernels work on its arrays", () => {
    const [, block] = allocateBlocks([[100], [5, 5]]);
    const [y, x] = block!.arrays as [Float32Array, Float32Array];
    y.set([1, 2, 3, 4, 5]);
    x.fill(10);
    block!.kernels.add(y, x);
    expect([...y]).toEqual([11, 12, 13, 14, 15]);
    expect([...x]).toEqual(new Array(5).fill(10));
  });

  test("takes as many memories as it needs, never splitting a block, and fills what is left over", () => {
    // 3 + 3 + 0.5 + 1.5 GiB: the third block goes beside the first, the fourth does not fit beside the second.
    const sizes = [[2 * GIB_FLOATS, GIB_FLOATS], [3 * GIB_FLOATS], [GIB_FLOATS / 2], [1.5 * GIB_FLOATS]];
    const blocks = allocateBlocks(sizes);
    const buffers = blocks.map(({ arrays }) => arrays[0]!.buffer);
    for (const [i, { arrays }] of blocks.entries()) for (const { buffer } of arrays) expect(buffer).toBe(buffers[i]);
    expect(buffers[1]).not.toBe(buffers[0]);
    expect(buffers[2]).toBe(buffers[0]);
    expect(buffers[3]).not.toBe(buffers[0]);
    expect(buffers[3]).not.toBe(buffers[1]);
    expect(buffers.map(({ byteLength }) => byteLength / 2 ** 30)).toEqual([3.5, 3, 3.5, 1.5]);
  });

  test("a block as large as a memory is possible, one float more is refused by name", () => {
    const [whole] = allocateBlocks([[LIMIT_FLOATS]]);
    const array = whole!.arrays[0]!;
    expect(array.length).toBe(LIMIT_FLOATS);
    array[LIMIT_FLOATS - 1] = 7;
    expect(array.at(-1)).toBe(7);
    const halves = allocateBlocks([[LIMIT_FLOATS / 2], [LIMIT_FLOATS / 2]]);
    expect(halves[1]!.arrays[0]!.buffer).toBe(halves[0]!.arrays[0]!.buffer);
    for (const sizes of [[LIMIT_FLOATS + 1], [LIMIT_FLOATS - 16, 17], [LIMIT_FLOATS, 1]]) {
      expect(() => allocateBlocks([[1], sizes])).toThrow(AttuneError);
      expect(() => allocateBlocks([[1], sizes])).toThrow("one parameter and its state need more than 4 GiB");
    }
  });

  test("nothing at all is possible", () => expect(allocateBlocks([])).toEqual([]));

  test("untouched memory takes no memory", () => {
    const before = process.memoryUsage.rss();
    const blocks = allocateBlocks([[3 * GIB_FLOATS]]);
    expect(blocks[0]!.arrays[0]!.at(-1)).toBe(0);
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(64);
  });
});

describe("kernels where addresses need all 32 bits", () => {
  const step: AdamWStep = {
    gradientScale: 0.5,
    beta1: 0.9,
    beta2: 0.999,
    stepSize: 1e-2,
    decay: 0.999,
    inverseRootBias2: 30,
    epsilon: 1e-8,
  };
  const values = (count: number, phase: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + phase));
  /** The same lengths far up in a large memory, and in an ordinary array; the last of them ends where the memory does. */
  const lengths = [37, 37, 37, 48];
  const far = allocateBlocks([[LIMIT_FLOATS - 4 * 48, ...lengths]])[0]!;
  const arrays = far.arrays.slice(1);

  test.each<[string, (kernels: Kernels, x: readonly Float32Array[]) => unknown]>([
    ["adamw", (kernels, [p, m, v, g]) => kernels.adamw(p!, m!, v!, g!, step)],
    ["add", (kernels, [y, , , x]) => kernels.add(y!, x!)],
    ["sumOfSquares", (kernels, [, , , x]) => kernels.sumOfSquares(x!)],
    ["dropoutMask", (kernels, [, , , y]) => kernels.dropoutMask(bytesOf(y!.subarray(0, 32)), 123, 6554)],
    [
      "addRows",
      (kernels, [sums, rows, , places]) => {
        const words = new Int32Array(places!.buffer, places!.byteOffset, 7).fill(1);
        kernels.addRows(sums!, rows!, words, 5);
      },
    ],
  ])("%s", (_, run) => {
    expect(arrays[0]!.byteOffset).toBeGreaterThan(2 ** 31);
    const near = lengths.map((count, i) => values(count, i + 1));
    for (const [i, array] of arrays.entries()) array.set(near[i]!);
    expect(run(far.kernels, arrays)).toBe(run(referenceKernels, near));
    for (const [i, array] of arrays.entries()) expect([...array]).toEqual([...near[i]!]);
  });
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

describe("ScratchMemory", () => {
  test("gives aligned arrays that do not overlap", () => {
    const arrays = new ScratchMemory().blocks([[8, 24], [0], [1000, 16]]).flatMap((block) => block.arrays);
    expect(arrays.map(({ length }) => length)).toEqual([8, 24, 0, 1000, 16]);
    const places = extents(arrays.filter(({ length }) => length > 0));
    for (const [i, [start]] of places.entries()) {
      expect(start % 64).toBe(0);
      if (i > 0) expect(start).toBeGreaterThanOrEqual(places[i - 1]![1]);
    }
  });

  test("grows when more is asked for, and its kernels go on working", () => {
    const scratch = new ScratchMemory();
    for (const length of [8, 100_000, 1_000_000]) {
      const { arrays, kernels } = scratch.blocks([[length, 8]])[0]!;
      arrays[0]!.fill(1);
      arrays[1]!.fill(2);
      expect(kernels.sumOfSquares(arrays[0]!)).toBe(length);
      expect(kernels.sumOfSquares(arrays[1]!)).toBe(32);
    }
  });

  test("uses the same memory again, and keeps it when less is asked for", () => {
    const scratch = new ScratchMemory();
    const arrayOf = (length: number) => scratch.blocks([[length]])[0]!.arrays[0]!;
    const large = arrayOf(1_000_000);
    large.fill(3);
    const small = arrayOf(64);
    expect(small.buffer).toBe(large.buffer);
    expect(small.every((v) => v === 3)).toBe(true); // not cleared: whoever asks fills it
    expect(arrayOf(1_000_000).buffer).toBe(large.buffer);
    expect(large.buffer.byteLength).toBe(Math.ceil((4 * 1_000_000) / 65536) * 65536);
  });

  test("arrays of an earlier call are gone where it had to grow", () => {
    const scratch = new ScratchMemory();
    const early = scratch.blocks([[8]])[0]!.arrays[0]!;
    scratch.blocks([[100_000]]);
    expect(early.length).toBe(0);
  });

  test("takes several memories where one is not enough, each with kernels of its own, and the same ones again", () => {
    const scratch = new ScratchMemory({ limit: 1 << 20 });
    const lengths = [200_000, 100_000, 50_000, 30_000];
    const fill = () =>
      scratch.blocks(lengths.map((length) => [length])).map(({ arrays, kernels }, i) => {
        kernels.dropoutMask(bytesOf(arrays[0]!), i, 6554);
        return arrays[0]!;
      });
    const first = fill();
    expect(new Set(first.map(({ buffer }) => buffer)).size).toBe(2);
    for (const [i, array] of first.entries()) {
      expect(array.buffer.byteLength).toBeLessThanOrEqual(1 << 20);
      const reference = new Uint8Array(4 * lengths[i]!);
      referenceKernels.dropoutMask(reference, i, 6554);
      expect(
        Buffer.compare(Buffer.from(array.buffer, array.byteOffset, array.byteLength), Buffer.from(reference.buffer)),
      ).toBe(0);
    }
    expect(fill().map(({ buffer }) => buffer)).toEqual(first.map(({ buffer }) => buffer));
    expect(() => scratch.blocks([[300_000]])).toThrow("one dropout mask needs more than 4 GiB");
  });

  test("reaches past 4 GiB", () => {
    const blocks = new ScratchMemory().blocks([[GIB_FLOATS], [3 * GIB_FLOATS - 32768], [GIB_FLOATS / 2]]);
    expect(new Set(blocks.map(({ arrays }) => arrays[0]!.buffer)).size).toBe(2);
    for (const { arrays, kernels } of blocks) {
      const end = bytesOf(arrays[0]!.subarray(-2));
      kernels.dropoutMask(end, 1, 0);
      expect([...end]).toEqual(Array(8).fill(1));
    }
  });
});
