/** The memory that a table takes, seen from outside: in a process of its own, where nothing else takes and gives back any. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { AdamWStep } from "../../../src/engine/kernels/kernels.ts";
import { alone } from "../../../src/engine/kernels/worker-pool.ts";
import { allocateBlocks } from "../../../src/engine/memory.ts";
import { TableParameter } from "../../../src/engine/table-parameter.ts";
import { packBatch } from "../../../src/models/batch.ts";
import type { Parameter } from "../../../src/models/encoder.ts";

const STEP: AdamWStep = {
  gradientScale: 0.7,
  beta1: 0.9,
  beta2: 0.999,
  stepSize: 0.02 / (1 - 0.9),
  inverseRootBias2: 1 / Math.sqrt(1 - 0.999),
  epsilon: 1e-8,
  decay: 1,
};

/** Without garbage, of which there may be more than this measures. */
function residentBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage.rss();
}

test("moments take memory for the rows that were used, and for no others", () => {
  const [count, width, everyNth] = [120_000, 256, 4]; // four rows a page: spread over their places they would take all
  const tokens = 500;
  const sizes = TableParameter.sizes([count, width], tokens);
  const [block] = allocateBlocks([[...sizes, tokens * width]]);
  const rows = block!.arrays.at(-1)!.fill(1e-3);
  const parameter: Parameter = { name: "table", shape: [count, width], kind: "embedding", part: "encoder" };
  const table = new TableParameter(parameter, block!, block!.arrays.slice(0, sizes.length), [
    { indices: ({ tokenIds }) => tokenIds, rows },
  ]);
  table.weights.fill(1);
  const step = (from: number) => {
    table.receive(
      packBatch([Int32Array.from({ length: tokens }, (_, i) => (from + i) * everyNth)], { heads: 1 }),
      true,
    );
    alone.run(table.update(STEP));
  };
  step(0);
  const before = residentBytes();
  for (let from = tokens; from * everyNth < count; from += tokens) step(from);
  const grown = residentBytes() - before;
  const used = 2 * 4 * (count / everyNth - tokens) * width;
  expect(table.bytes().optimizer).toBe(2 * 4 * (count / everyNth) * width);
  // Of these 61 MB; V8 takes and gives back a few by itself.
  expect(grown).toBeGreaterThan(0.8 * used);
  expect(grown).toBeLessThan(1.5 * used);
});
