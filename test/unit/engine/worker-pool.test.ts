import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import type { AdamWStep, KernelCall } from "../../../src/engine/kernels/kernels.ts";
import { engineReadsSharedMemory, Threads, workerPoolOf } from "../../../src/engine/kernels/threads.ts";
import { alone } from "../../../src/engine/kernels/worker-pool.ts";
import { allocateBlocks, type Block, ScratchMemory } from "../../../src/engine/memory.ts";

const STEP: AdamWStep = {
  gradientScale: 0.7,
  beta1: 0.9,
  beta2: 0.999,
  stepSize: 1e-2,
  decay: 0.999,
  inverseRootBias2: 2,
  epsilon: 1e-8,
};

const workers = new Threads(3, 1);
afterAll(() => workers.dispose());

/** Lengths that differ much, in more than one memory. */
const LENGTHS = [5, 40_000, 1, 33, 100_003, 8, 70_001, 64, 12, 30_000];
const allocate = (lengths: readonly number[]): Block[] => {
  const sizes = lengths.map((length) => [length, length, length, length]);
  const blocks = allocateBlocks(sizes, { shared: true, limit: 3_000_000 });
  for (const [b, { arrays }] of blocks.entries())
    for (const [a, array] of arrays.entries())
      for (let i = 0; i < array.length; i++) array[i] = Math.sin(b + 7 * a + i) ** 2;
  return blocks;
};
const squares = (blocks: readonly Block[]): KernelCall[] =>
  blocks.map(({ calls, arrays }) => calls.sumOfSquares(arrays[1]!));
const updates = (blocks: readonly Block[]): KernelCall[] =>
  blocks.map(({ calls, arrays: [p, g, m, v] }) => calls.adamw(p!, m!, v!, g!, STEP));
const floatsOf = (blocks: readonly Block[]): number[] => blocks.flatMap(({ arrays }) => arrays.flatMap((a) => [...a]));

/** The calls that threads other than this one have made: only those whose `run` was not asked for. */
function watched(calls: readonly KernelCall[]): { calls: KernelCall[]; byOthers(): number } {
  let own = 0;
  const counted = calls.map((call) => ({
    ...call,
    run: () => {
      own++;
      return call.run();
    },
  }));
  return { calls: counted, byOthers: () => calls.length - own };
}

describe("a worker pool", () => {
  test("makes each call once, gives results in their order, and agrees with one thread to the bit", async () => {
    const [mine, theirs] = [allocate(LENGTHS), allocate(LENGTHS)];
    expect(new Set(mine.map(({ arrays }) => arrays[0]!.buffer)).size).toBeGreaterThan(1);
    let byOthers = 0;
    for (let round = 0; round < 200; round++) {
      const sums = watched(squares(theirs));
      expect(workers.run(sums.calls)).toEqual(alone.run(squares(mine)));
      const moves = watched(updates(theirs));
      workers.run(moves.calls);
      alone.run(updates(mine));
      byOthers += sums.byOthers() + moves.byOthers();
      if (round === 0) await setTimeout(300); // until the threads are there
    }
    expect(floatsOf(theirs)).toEqual(floatsOf(mine));
    expect(byOthers).toBeGreaterThan(100);
  });

  test("makes more calls than it has room for at once", () => {
    const blocks = allocate(new Array<number>(2500).fill(61));
    for (const [i, { arrays }] of blocks.entries()) arrays[1]!.fill(i);
    expect(workers.run(squares(blocks))).toEqual(blocks.map((_, i) => 61 * i ** 2));
  });

  test("draws into memory that grows", () => {
    const [mine, theirs] = [new ScratchMemory(), new ScratchMemory({ shared: true })];
    for (const length of [80_000, 800_000, 160_000]) {
      const draw = (memory: ScratchMemory) => {
        const blocks = memory.blocks([[length], [length + 8], [16]]);
        return {
          blocks,
          calls: blocks.map(({ calls, arrays }, i) => {
            const { buffer, byteOffset, byteLength } = arrays[0]!;
            return calls.dropoutMask(new Uint8Array(buffer, byteOffset, byteLength), i + length, 6554);
          }),
        };
      };
      const [a, b] = [draw(mine), draw(theirs)];
      alone.run(a.calls);
      workers.run(b.calls);
      const bytesOf = ({ arrays }: Block) => Buffer.from(new Float32Array(arrays[0]!).buffer);
      for (const [i, block] of a.blocks.entries())
        expect(bytesOf(block).equals(bytesOf(b.blocks[i]!)), `mask ${i} of ${length}`).toBe(true);
    }
  });

  test("leaves to one thread what is too little, and what is in memory that is not shared", () => {
    const patient = new Threads(2);
    const little = watched(updates(allocate([30_000, 100_000, 100_000])));
    patient.run(little.calls);
    expect(little.byOthers()).toBe(0);
    patient.dispose();
    const [own] = allocateBlocks([[10, 150_000]]) as [Block];
    const unshared = watched(squares([own, ...allocate([150_000])]));
    workers.run(unshared.calls);
    expect(unshared.byOthers()).toBe(0);
  });

  test("says what went wrong on one of its threads", () => {
    const blocks = allocate([60_000, 60_000, 60_000, 60_000]);
    // Slow here, so that the other thread comes to some.
    const run = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5).length;
    const broken = squares(blocks).map((call) => ({ ...call, args: [2 ** 31, 1000], run }));
    const failing = new Threads(2, 1);
    const work = async () => {
      for (let round = 0; round < 300; round++) {
        failing.run(broken);
        await setTimeout(10);
      }
    };
    return expect(work())
      .rejects.toThrow("a kernel failed: RuntimeError: memory access out of bounds")
      .finally(() => failing.dispose());
  });
});

test("one thread, or a Node whose bindings do not read shared memory, make no workers", () => {
  expect(workerPoolOf(1)).toBe(alone);
  const two = workerPoolOf(2);
  expect(two.sharesMemory).toBe(engineReadsSharedMemory);
  two.dispose();
});
