import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DenseParameter } from "../../../src/engine/dense-parameter.ts";
import type { AdamWStep } from "../../../src/engine/kernels/kernels.ts";
import { alone } from "../../../src/engine/kernels/worker-pool.ts";
import { allocateBlocks, type Block } from "../../../src/engine/memory.ts";
import { TableParameter } from "../../../src/engine/table-parameter.ts";
import type { Trainable } from "../../../src/engine/trainable.ts";
import { TrainableSet } from "../../../src/engine/trainable-set.ts";
import { type PackedBatch, packBatch } from "../../../src/models/batch.ts";
import type { Parameter, ParameterKind } from "../../../src/models/encoder.ts";
import { type AdamWOptions, Optimizer } from "../../../src/train/optimizer.ts";

const OPTIONS: AdamWOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 0 };
const batch = packBatch([Int32Array.of(1)], { heads: 1 });

const parameterOf = (shape: number[], kind: ParameterKind = "weight"): Parameter => ({
  name: kind,
  shape,
  kind,
  part: "encoder",
});

/** A trainable whose gradient has the given norm, and which notes what it is asked. */
function fake(norm: number, kind: ParameterKind = "weight") {
  const steps: AdamWStep[] = [];
  const received: boolean[] = [];
  const [{ calls, arrays }] = allocateBlocks([[1]]) as [Block];
  const trainable: Trainable = {
    parameter: parameterOf([1], kind),
    receive: (_, first) => received.push(first),
    sumOfSquares: () => ({ ...calls.sumOfSquares(arrays[0]!), run: () => norm ** 2 }),
    update: (step) => {
      steps.push(step);
      return [];
    },
    state: () => ({ first: new Float32Array(), second: new Float32Array() }),
    restore: () => {},
    bytes: () => ({ gradient: 0, optimizer: 0 }),
  };
  return { trainable, steps, received };
}

/** An optimizer over trainables alone. */
function optimizerOf(trainables: readonly Trainable[], options: AdamWOptions): Optimizer {
  const set = new TrainableSet(trainables);
  return new Optimizer(
    { receive: (received) => set.receive(received), update: async (step) => set.update(step) },
    options,
  );
}

function update(optimizer: Optimizer, learningRate: number, batches = 1): Promise<number> {
  for (let i = 0; i < batches; i++) optimizer.receive(batch);
  return optimizer.update(learningRate);
}

describe("clipping", () => {
  test.each([
    ["a longer gradient becomes that long, but for PyTorch's 1e-6", 1, 4, 1 / (4 + 1e-6)],
    ["a shorter one stays", 1, 0.5, 1],
    ["one as long loses those 1e-6", 1, 1, 1 / (1 + 1e-6)],
    ["so does one that is hardly shorter", 1, 1 - 5e-7, 1 / (1 - 5e-7 + 1e-6)],
    ["no gradient stays none", 1, 0, 1],
    ["another norm", 0.25, 4, 0.25 / (4 + 1e-6)],
    ["0 turns it off", 0, 1e6, 1],
  ])("%s", async (_, maxGradientNorm, norm, scale) => {
    const { trainable, steps } = fake(norm);
    const found = await await update(optimizerOf([trainable], { ...OPTIONS, maxGradientNorm }), 0.1);
    expect(found).toBe(norm);
    expect(steps[0]!.gradientScale).toBe(scale);
  });

  test("the norm is over all parameters, and all are scaled alike", async () => {
    const parts = [fake(3), fake(4, "bias"), fake(12, "embedding")];
    const optimizer = optimizerOf(
      parts.map(({ trainable }) => trainable),
      { ...OPTIONS, maxGradientNorm: 1 },
    );
    expect(await update(optimizer, 0.1)).toBe(13);
    expect(parts.map(({ steps }) => steps[0]!.gradientScale)).toEqual(Array(3).fill(1 / (13 + 1e-6)));
  });

  test("the mean of the batches is clipped, not their sum", async () => {
    const { trainable, steps, received } = fake(8);
    const optimizer = optimizerOf([trainable], { ...OPTIONS, maxGradientNorm: 1 });
    expect(await update(optimizer, 0.1, 4)).toBe(2);
    expect(steps[0]!.gradientScale).toBeCloseTo(1 / (2 + 1e-6) / 4, 15);
    expect(await update(optimizer, 0.1, 2)).toBe(4);
    expect(received).toEqual([true, false, false, false, true, false]);
  });
});

describe("AdamW", () => {
  test("decay is for weights and embeddings, not for biases and LayerNorm", async () => {
    const kinds: ParameterKind[] = ["weight", "embedding", "bias", "layerNormWeight", "layerNormBias"];
    const parts = kinds.map((kind) => fake(1, kind));
    const optimizer = optimizerOf(
      parts.map(({ trainable }) => trainable),
      { ...OPTIONS, weightDecay: 0.5 },
    );
    await update(optimizer, 0.1);
    expect(parts.map(({ steps }) => steps[0]!.decay)).toEqual([0.95, 0.95, 1, 1, 1]);
  });

  test("bias corrections count the steps, also from a step that was restored", async () => {
    const { trainable, steps } = fake(1);
    const optimizer = optimizerOf([trainable], { ...OPTIONS, beta1: 0.5, beta2: 0.75 });
    await update(optimizer, 0.1);
    await update(optimizer, 0.2);
    optimizer.step = 9;
    await update(optimizer, 0.3);
    for (const [i, [rate, t]] of [[0.1, 1] as const, [0.2, 2] as const, [0.3, 10] as const].entries()) {
      expect(steps[i]!.stepSize).toBeCloseTo(rate / (1 - 0.5 ** t), 15);
      expect(steps[i]!.inverseRootBias2).toBeCloseTo(1 / Math.sqrt(1 - 0.75 ** t), 15);
    }
    expect(optimizer.step).toBe(10);
  });

  test("equals the algorithm of Loshchilov and Hutter in float64, with accumulation, clipping and decay", async () => {
    const count = 13;
    const [block] = allocateBlocks([DenseParameter.sizes(count, true)]);
    const dense = new DenseParameter(parameterOf([count]), block!);
    const optimizer = optimizerOf([dense], { ...OPTIONS, weightDecay: 0.1, maxGradientNorm: 2 });
    const number = (i: number, k: number) => Math.sin(7 * i + 3 * k + 1);
    dense.weights.forEach((_, i, all) => {
      all[i] = number(i, 0);
    });
    const [p, m, v] = [Array.from(dense.weights), Array(count).fill(0), Array(count).fill(0)] as number[][];
    for (let step = 1; step <= 20; step++) {
      const rate = 0.01 * step;
      const gradients = [0, 1, 2].map((k) => Array.from({ length: count }, (_, i) => number(i, 3 * step + k)));
      for (const gradient of gradients) {
        dense.incoming.set(gradient);
        optimizer.receive(batch);
      }
      const mean = p!.map((_, i) => gradients.reduce((sum, gradient) => sum + gradient[i]!, 0) / 3);
      const norm = Math.sqrt(mean.reduce((sum, g) => sum + g * g, 0));
      expect(Math.abs((await optimizer.update(rate)) - norm)).toBeLessThan(1e-6);
      for (const [i, value] of mean.entries()) {
        const g = value * Math.min(1, 2 / (norm + 1e-6));
        m![i] = 0.9 * m![i]! + 0.1 * g;
        v![i] = 0.999 * v![i]! + 0.001 * g * g;
        p![i]! -= rate * 0.1 * p![i]!;
        p![i]! -= (rate * (m![i]! / (1 - 0.9 ** step))) / (Math.sqrt(v![i]! / (1 - 0.999 ** step)) + 1e-8);
      }
    }
    for (const [i, value] of p!.entries()) expect(Math.abs(dense.weights[i]! - value)).toBeLessThan(2e-6);
    expect(Math.abs(p![0]! - number(0, 0))).toBeGreaterThan(0.05);
  });
});

const bits = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)];

/** Row ids of each batch of each step. */
type Steps = readonly (readonly (readonly number[])[])[];

describe("a table equals a dense parameter, to the bit", () => {
  const ROWS = 7;
  const MAX_TOKENS = 6;

  function makeTable(width: number) {
    const sizes = TableParameter.sizes([ROWS, width], MAX_TOKENS * 3);
    const [block] = allocateBlocks([[...sizes, MAX_TOKENS * width]]);
    const rows = block!.arrays.at(-1)!;
    const source = { indices: ({ tokenIds }: PackedBatch) => tokenIds, rows };
    const parameter = parameterOf([ROWS, width], "embedding");
    const table = new TableParameter(parameter, block!, block!.arrays.slice(0, sizes.length), [source]);
    return { table, rows };
  }

  function makeDense(width: number) {
    const [block] = allocateBlocks([DenseParameter.sizes(ROWS * width, false)]);
    return new DenseParameter(parameterOf([ROWS, width], "embedding"), block!);
  }

  const stepOf = (t: number, decay: number): AdamWStep => ({
    gradientScale: 0.7,
    beta1: 0.9,
    beta2: 0.999,
    stepSize: (0.02 * t) / (1 - 0.9 ** t),
    inverseRootBias2: 1 / Math.sqrt(1 - 0.999 ** t),
    epsilon: 1e-8,
    decay,
  });

  /** Runs all steps on both and compares after each; from `interruptedAt`, another table goes on. */
  function compare(width: number, steps: Steps, decay: number, interruptedAt = -1): void {
    const dense = makeDense(width);
    let { table, rows } = makeTable(width);
    for (const array of [dense.weights, table.weights])
      for (let i = 0; i < array.length; i++) array[i] = Math.sin(i + 0.5);
    let drawn = 0;
    for (const [at, batches] of steps.entries()) {
      if (at === interruptedAt) {
        const next = makeTable(width);
        next.table.weights.set(table.weights);
        next.table.restore(table.state());
        ({ table, rows } = next);
      }
      dense.incoming.fill(0);
      for (const [b, ids] of batches.entries()) {
        for (const [token, row] of ids.entries())
          for (let column = 0; column < width; column++) {
            const value = Math.fround(Math.cos(++drawn * 1.7) * 10 ** (drawn % 3));
            rows[token * width + column] = value;
            dense.incoming[row * width + column]! += value;
          }
        table.receive(packBatch([Int32Array.from(ids)], { heads: 1 }), b === 0);
      }
      expect(Math.abs(table.sumOfSquares().run() / dense.sumOfSquares().run() - 1)).toBeLessThan(1e-12);
      const step = stepOf(at + 1, decay);
      alone.run([...table.update(step), ...dense.update(step)]);
      expect(bits(table.weights)).toEqual(bits(dense.weights));
    }
    const touched = [...new Set(steps.flat(2))].sort((a, b) => a - b);
    const { first, second, rows: saved } = table.state();
    expect(saved).toEqual(touched);
    for (const [moments, all] of [[first, dense.state().first] as const, [second, dense.state().second] as const])
      for (let row = 0; row < ROWS; row++) {
        const place = touched.indexOf(row);
        const expected = bits(all.slice(row * width, (row + 1) * width));
        if (place < 0) expect(expected).toEqual(Array(width).fill(0));
        else expect(bits(moments.slice(place * width, (place + 1) * width))).toEqual(expected);
      }
    expect(table.bytes().optimizer).toBe(2 * 4 * touched.length * width);
  }

  test("rows that come, stay away and come again; one batch and three; with decay and without", () => {
    const steps: Steps = [[[0, 3, 3, 1]], [[3], [3, 5], [1, 3]], [[2]], [[0, 0, 0]], [[5, 1], [2]]];
    for (const width of [1, 3, 4, 8, 13]) for (const decay of [1, 0.95]) compare(width, steps, decay);
  });

  test("any rows in any batches, also from moments that were saved", () => {
    const ids = fc.array(fc.nat(ROWS - 1), { minLength: 1, maxLength: MAX_TOKENS });
    const steps = fc.array(fc.array(ids, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });
    const interrupted = fc.integer({ min: -1, max: 5 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), steps, fc.constantFrom(1, 0.99), interrupted, compare), {
      numRuns: 100,
    });
  });

  test("gradients of two programs' outputs are added up by row", () => {
    const width = 2;
    const sizes = TableParameter.sizes([ROWS, width], 4);
    const [block] = allocateBlocks([[...sizes, 4, 4]]);
    const [a, b] = block!.arrays.slice(-2) as [Float32Array, Float32Array];
    const table = new TableParameter(parameterOf([ROWS, width]), block!, block!.arrays.slice(0, -2), [
      { indices: ({ tokenIds }) => tokenIds, rows: a },
      { indices: ({ positionIds }) => positionIds, rows: b },
    ]);
    a.set([1, 2, 10, 20]);
    b.set([100, 200, 1000, 2000]);
    table.receive(packBatch([Int32Array.of(1, 4)], { heads: 1 }), true); // tokens 1 and 4 at positions 0 and 1
    expect(table.sumOfSquares().run()).toBe(100 ** 2 + 200 ** 2 + 1001 ** 2 + 2002 ** 2 + 10 ** 2 + 20 ** 2);
  });
});
