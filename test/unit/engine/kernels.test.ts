import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assembleKernels } from "../../../scripts/build-kernels.ts";
import { mix32, randomKey, uniform } from "../../../src/base/random.ts";
import { type AdamWStep, type Kernels, kernelCallsOn, kernelsOf } from "../../../src/engine/kernels/kernels.ts";
import { moduleBase64, sharedModuleBase64 } from "../../../src/engine/kernels/module.generated.ts";
import { referenceKernels } from "../../../src/engine/kernels/reference-kernels.ts";

test("the generated modules are what kernels.wat says", async () => {
  expect(moduleBase64).toBe(await assembleKernels({ shared: false }));
  expect(sharedModuleBase64).toBe(await assembleKernels({ shared: true }));
});

const FLOATS = 2304;
const memory = new WebAssembly.Memory({ initial: 1 });
const wasmKernels = kernelsOf(kernelCallsOn(memory));
const referenceBuffer = new ArrayBuffer(memory.buffer.byteLength);

/** Words of memory, every NaN the same: its payload may differ. */
const wordsOf = (buffer: ArrayBufferLike): Uint32Array =>
  new Uint32Array(buffer, 0, FLOATS).map((bits) => ((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits));

const EDGES = [
  0,
  -0,
  1,
  -1,
  2 ** -149,
  -(2 ** -149),
  2 ** -127,
  2 ** -126,
  1.5 * 2 ** -126,
  1e-20,
  -1e-23,
  3e38,
  -3e38,
];
const BROKEN = [Infinity, -Infinity, Number.NaN];

/** Ordinary values of many magnitudes, with one in eight on the edge of what float32 can hold. */
function value(random: number, edges: readonly number[]): number {
  const pick = mix32(random);
  if (pick % 8 === 0) return edges[(pick >>> 3) % edges.length]!;
  return (pick & 1 ? 1 : -1) * (1 + (pick >>> 9) / 2 ** 23) * 2 ** (((pick >>> 1) % 25) - 20);
}

/** A place for arrays in both memories, filled alike; every array starts at any word, with others' words between. */
class Scene {
  #at = 0;
  readonly #seed: number;
  constructor(seed: number, edges: readonly number[]) {
    this.#seed = seed;
    const words = Float32Array.from({ length: FLOATS }, (_, i) => value(mix32(seed) ^ i, edges));
    new Float32Array(memory.buffer, 0, FLOATS).set(words);
    new Float32Array(referenceBuffer, 0, FLOATS).set(words);
  }
  /** Where an array of that many words lies. */
  place(length: number): readonly [offset: number, length: number] {
    this.#at += 1 + (mix32(this.#seed + this.#at) % 7);
    const placed = [4 * this.#at, length] as const;
    this.#at += length;
    if (this.#at > FLOATS) throw new Error("the scene is too small");
    return placed;
  }
}
type Place = ReturnType<Scene["place"]>;

/** Runs on both, and expects the same memory and the same result, to the bit. */
function expectEqual(
  run: (kernels: Kernels, floats: (p: Place) => Float32Array, words: (p: Place) => Int32Array) => unknown,
) {
  const [wasm, reference] = [[wasmKernels, memory.buffer] as const, [referenceKernels, referenceBuffer] as const].map(
    ([kernels, buffer]) =>
      run(
        kernels,
        (p) => new Float32Array(buffer, ...p),
        (p) => new Int32Array(buffer, ...p),
      ),
  );
  expect(wasm).toBe(reference);
  const [found, expected] = [wordsOf(memory.buffer), wordsOf(referenceBuffer)];
  const wrong = found.findIndex((word, i) => word !== expected[i]);
  expect(wrong, `word ${wrong}`).toBe(-1);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

const length = fc.oneof(fc.nat(40), fc.integer({ min: 0, max: 300 }));
const seed = fc.nat(2 ** 31);
const kinds = fc.constantFrom(EDGES, [...EDGES, ...BROKEN]);

const stepOf = (t: number, changes: Partial<AdamWStep> & { rate?: number } = {}): AdamWStep => {
  const { rate = 3e-3, beta1 = 0.9, beta2 = 0.999, ...rest } = changes;
  return {
    gradientScale: 1,
    beta1,
    beta2,
    stepSize: rate / (1 - beta1 ** t),
    inverseRootBias2: 1 / Math.sqrt(1 - beta2 ** t),
    epsilon: 1e-8,
    decay: 1 - rate * 0.01,
    ...rest,
  };
};
const steps = fc.record({
  gradientScale: fc.constantFrom(1, 0.125, 0.333333, 1e-20, 0),
  beta1: fc.constantFrom(0.9, 0.95, 0),
  beta2: fc.constantFrom(0.999, 0.98),
  rate: fc.constantFrom(1e-4, 2e-5, 0.1),
  epsilon: fc.constantFrom(1e-8, 1e-6, 1e-3),
});

describe("WebAssembly and TypeScript agree to the bit", () => {
  test("adamw, over several steps", () => {
    fc.assert(
      fc.property(seed, length, kinds, steps, (s, n, edges, changes) => {
        const scene = new Scene(s, edges);
        const [p, m, v, ...gradients] = Array.from({ length: 7 }, () => scene.place(n)) as [Place, Place, Place, Place];
        expectEqual((_, floats) => {
          for (const moments of [m, v]) floats(moments).fill(0);
        });
        for (const [t, g] of gradients.entries())
          expectEqual((kernels, floats) =>
            kernels.adamw(floats(p), floats(m), floats(v), floats(g), stepOf(t + 1, changes)),
          );
      }),
      { numRuns: 400 },
    );
  });

  test("adamwRows", () => {
    const table = fc.record({
      rowCount: fc.integer({ min: 2, max: 12 }),
      width: fc.integer({ min: 1, max: 21 }),
      shared: fc.boolean(),
      chosen: fc.array(fc.tuple(fc.nat(), fc.integer({ min: -2, max: 4 })), { maxLength: 12 }),
    });
    fc.assert(
      fc.property(seed, kinds, steps, table, (s, edges, changes, { rowCount, width, shared, chosen }) => {
        const scene = new Scene(s, edges);
        const moments = shared ? width : chosen.length * width;
        const [p, m, v, sums, zeros, rows, places] = [
          rowCount * width,
          moments,
          moments,
          5 * width,
          width,
          chosen.length,
          rowCount,
        ].map((n) => scene.place(n)) as [Place, Place, Place, Place, Place, Place, Place];
        expectEqual((_, floats, words) => {
          for (const place of [m, v, zeros]) floats(place).fill(0);
          words(rows).set(chosen.map(([row]) => row % rowCount));
          words(places).fill(-1);
          for (const [row, place] of chosen) words(places)[row % rowCount] = place;
        });
        for (const t of [1, 2, 3])
          expectEqual((kernels, floats, words) =>
            kernels.adamwRows(
              {
                p: floats(p),
                m: floats(m),
                v: floats(v),
                sums: floats(sums),
                zeros: floats(zeros),
                rows: words(rows),
                places: words(places),
                width,
              },
              stepOf(t, changes),
            ),
          );
      }),
      { numRuns: 400 },
    );
  });

  test("sumOfSquares", () => {
    fc.assert(
      fc.property(seed, length, kinds, (s, n, edges) => {
        const x = new Scene(s, edges).place(n);
        expectEqual((kernels, floats) => kernels.sumOfSquares(floats(x)));
      }),
      { numRuns: 400 },
    );
  });

  test("add", () => {
    fc.assert(
      fc.property(seed, length, kinds, (s, n, edges) => {
        const scene = new Scene(s, edges);
        const [y, x] = [scene.place(n), scene.place(n)];
        expectEqual((kernels, floats) => kernels.add(floats(y), floats(x)));
      }),
      { numRuns: 400 },
    );
  });

  test("addRows, the same row several times", () => {
    const tokens = fc.array(fc.nat(5), { maxLength: 30 });
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 21 }), tokens, kinds, (s, width, tokenPlaces, edges) => {
        const scene = new Scene(s, edges);
        const [sums, rows] = [scene.place(6 * width), scene.place(tokenPlaces.length * width)];
        const places = scene.place(tokenPlaces.length);
        expectEqual((_, __, words) => words(places).set(tokenPlaces));
        expectEqual((kernels, floats, words) => kernels.addRows(floats(sums), floats(rows), words(places), width));
      }),
      { numRuns: 400 },
    );
  });

  test("dropoutMask", () => {
    const settings = fc.tuple(fc.nat(40), fc.nat(2 ** 32 - 1), fc.nat(65535));
    fc.assert(
      fc.property(seed, settings, (s, [groups, key, threshold]) => {
        const y = new Scene(s, EDGES).place(2 * groups);
        expectEqual((kernels, floats) => kernels.dropoutMask(bytesOf(floats(y)), key, threshold));
      }),
      { numRuns: 400 },
    );
  });

  test("quantizeRows", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70 }), fc.constantFrom(127, 64));
    fc.assert(
      fc.property(seed, sizes, fc.constantFrom(EDGES, [0, 1]), (s, [rows, width, largest], edges) => {
        const scene = new Scene(s, edges);
        const [x, bytes, scales] = [rows * width, Math.ceil((rows * width) / 4), rows].map((n) => scene.place(n));
        expectEqual((kernels, floats, words) => {
          const { buffer, byteOffset } = words(bytes!);
          kernels.quantizeRows(floats(x!), new Int8Array(buffer, byteOffset, rows * width), floats(scales!), largest);
        });
      }),
      { numRuns: 400 },
    );
  });
});

const noise = (count: number, key: number, scale = 1) =>
  Float32Array.from({ length: count }, (_, i) => (2 * uniform(key, i) - 1) * scale);

describe("adamw", () => {
  test.each([
    { rate: 1e-3, decay: 0.01, epsilon: 1e-8, gradientScale: 1 },
    { rate: 1e-2, decay: 0.1, epsilon: 0.1, gradientScale: 0.25 },
    { rate: 1e-3, decay: 0, epsilon: 1e-8, gradientScale: 1, beta1: 0.8, beta2: 0.9 },
  ])("is the AdamW of the paper, to float32's rounding: %o", ({ rate, decay, beta1 = 0.9, beta2 = 0.999, ...rest }) => {
    const [count, stepCount] = [500, 30];
    const p = noise(count, 1);
    const [m, v] = [new Float32Array(count), new Float32Array(count)];
    const exact = { p: Float64Array.from(p), m: new Float64Array(count), v: new Float64Array(count) };
    for (let t = 1; t <= stepCount; t++) {
      const g = noise(count, 100 + t);
      referenceKernels.adamw(p, m, v, g, stepOf(t, { rate, beta1, beta2, decay: 1 - rate * decay, ...rest }));
      for (let i = 0; i < count; i++) {
        const gradient = g[i]! * rest.gradientScale;
        exact.m[i] = beta1 * exact.m[i]! + (1 - beta1) * gradient;
        exact.v[i] = beta2 * exact.v[i]! + (1 - beta2) * gradient ** 2;
        const [mHat, vHat] = [exact.m[i]! / (1 - beta1 ** t), exact.v[i]! / (1 - beta2 ** t)];
        exact.p[i]! -= rate * (mHat / (Math.sqrt(vHat) + rest.epsilon) + decay * exact.p[i]!);
      }
    }
    const worst = (found: Float32Array, wanted: Float64Array, unit: (i: number) => number) =>
      wanted.reduce((top, w, i) => Math.max(top, Math.abs(found[i]! - w) / unit(i)), 0);
    const ULP = 2 ** -24;
    expect(worst(m, exact.m, () => ULP * rest.gradientScale)).toBeLessThan(4);
    expect(worst(v, exact.v, (i) => ULP * exact.v[i]!)).toBeLessThan(40);
    // Each step rounds the weight, which is at most about 1, and its decay.
    expect(worst(p, exact.p, () => ULP)).toBeLessThan(stepCount);
  });

  test("clears moments that are smaller than any normal number, so that they do not slow down what follows", () => {
    const [p, m, v] = [1, -2 * 2 ** -126, 2 ** -126].map((x) => new Float32Array(9).fill(x)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const g = new Float32Array(9);
    for (let t = 1; t <= 3; t++) referenceKernels.adamw(p, m, v, g, stepOf(t, { beta1: 0.6, decay: 1 }));
    expect([...v]).toEqual(new Array(9).fill(0));
    expect([...m].every((x) => Object.is(x, 0))).toBe(true);
  });
});

describe.each([
  ["WebAssembly", wasmKernels, memory.buffer] as const,
  ["TypeScript", referenceKernels, referenceBuffer] as const,
])("moments after one gradient and then none, in %s", (_, kernels, buffer) => {
  test("go to zero, and are never below float32's normal range", () => {
    // 1, 0.1, … 1e-22, of either sign: squares from 1 to below the smallest denormal. Not a multiple of four.
    const gradients = Array.from({ length: 23 }, (_, i) => (i % 2 ? -1 : 1) * 10 ** -i);
    const arrays = [0, 1, 2, 3].map((k) => new Float32Array(buffer, 256 * k, gradients.length).fill(0));
    const [p, m, v, g] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
    g.set(gradients);
    let smallest = Number.POSITIVE_INFINITY;
    for (let t = 1; t <= 2000; t++) {
      kernels.adamw(p, m, v, g, stepOf(t, { decay: 1 }));
      for (const moment of [...m, ...v]) if (moment !== 0) smallest = Math.min(smallest, Math.abs(moment));
      g.fill(0);
    }
    expect([...m].every((x) => Object.is(x, 0))).toBe(true);
    // 0.999²⁰⁰⁰ = 0.135: what was large is still there, what was small is gone, whole.
    expect([...v].map((x) => x > 0)).toEqual(gradients.map((gradient) => 0.135 * 0.001 * gradient ** 2 > 2 ** -126));
    expect(smallest).toBeGreaterThanOrEqual(2 ** -126);
    expect(smallest).toBeLessThan(2 ** -125.8); // It came that far down, step by step.
  });
});

test("sumOfSquares is a float64 sum", () => {
  for (const n of [1, 7, 8, 100, 4099]) {
    const x = noise(n, n, 1e15);
    const exact = x.reduce((sum, v) => sum + v * v, 0);
    expect(Math.abs(referenceKernels.sumOfSquares(x) / exact - 1)).toBeLessThan(1e-14);
  }
});

describe("dropout masks", () => {
  const COUNT = 400_000;
  /** Standard deviations; the draws are fixed, so that this fails always or never. */
  const LIMIT = 5;
  const mask = (rate: number, key: number): Uint8Array => {
    const y = new Uint8Array(COUNT);
    referenceKernels.dropoutMask(y, key, Math.round(rate * 65536));
    return y;
  };
  /** Correlation of two masks, in standard deviations of what independent ones have. */
  const correlation = (a: Uint8Array, b: Uint8Array, rate: number, lag = 0): number => {
    let sum = 0;
    for (let i = 0; i < COUNT - lag; i++) sum += (a[i]! / (1 - rate) - 1) * (b[i + lag]! / (1 - rate) - 1);
    return (Math.abs(sum) / Math.sqrt(COUNT - lag)) * ((1 - rate) / rate);
  };
  const KEYS = [0, 1].flatMap((draw) =>
    ["embeddings", "layer.0.output", "layer.0.attention.output", "layer.1.output"].map((site) =>
      randomKey(42, "dropout", draw, site),
    ),
  );

  test.each([0.05, 0.1, 0.5, 0.9])("at rate %d are 0 with that probability, else 1", (rate) => {
    for (const key of KEYS) {
      const y = mask(rate, key);
      expect([...new Set(y)].sort()).toEqual([0, 1]);
      for (const half of [0, 1]) {
        const zeros = y.reduce((n, v, i) => n + (i % 2 === half && v === 0 ? 1 : 0), 0);
        const deviation = Math.sqrt((COUNT / 2) * rate * (1 - rate));
        expect(Math.abs(zeros - (COUNT / 2) * rate) / deviation).toBeLessThan(LIMIT);
      }
    }
  });

  test("at rate 0 keep all", () => expect(mask(0, 7).every((v) => v === 1)).toBe(true));

  test.each([0.1, 0.5])("at rate %d have no pattern", (rate) => {
    for (const lag of [1, 2, 3, 4, 8, 64, 768, 3072])
      for (const key of KEYS.slice(0, 3)) {
        const y = mask(rate, key);
        expect(correlation(y, y, rate, lag)).toBeLessThan(LIMIT);
      }
  });

  test("of two steps or two places have nothing in common", () => {
    const masks = KEYS.map((key) => mask(0.1, key));
    for (const [i, a] of masks.entries())
      for (const b of masks.slice(i + 1)) {
        expect(correlation(a, b, 0.1)).toBeLessThan(LIMIT);
        expect(correlation(a, b, 0.1, 1)).toBeLessThan(LIMIT);
      }
  });

  test("begin alike whatever their length", () => {
    const y = new Uint8Array(64);
    referenceKernels.dropoutMask(y, KEYS[0]!, 6554);
    expect([...y]).toEqual([...mask(0.1, KEYS[0]!).subarray(0, 64)]);
  });
});
