/** Products with weights in 8 bits on ONNX Runtime, against NumPy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { float32, int32 } from "../../../src/engine/engine-tensors.ts";
import { isExact, largestExactInt8 } from "../../../src/engine/int8-saturation.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { type Int8Form, int8Products } from "../../../src/graph/int8-products.ts";
import { gatherRows } from "../../../src/graph/ops/indexing.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { product } from "../../../src/graph/ops/linalg.ts";
import type { PackedBatch } from "../../../src/models/batch.ts";
import { fixtures } from "../tables/scratch.ts";

interface Case {
  readonly largest: number;
  readonly shape: readonly [number, number, number];
  readonly x: number[];
  readonly w: number[];
  readonly dy: number[];
  readonly y: number[];
  readonly dx: number[];
  readonly rows: number[];
  readonly dw: number[];
  readonly after_y: number[];
  readonly after_dx: number[];
}

/** Where two products are added in 16 bits, those of bytes up to 127 are not exact. */
const largestHere = await onnxRuntimeEngine({ threads: 1 }).largestInt8();
const known: readonly Case[] = JSON.parse(readFileSync(join(fixtures, "int8.json"), "utf8"));
const cases = known.filter(({ largest }) => largest <= largestHere);
if (cases.length < known.length)
  console.log(`skipped in ±127: this processor's 8-bit products are exact to ±${largestHere} alone`);

/** x Wᵀ, dy W and some rows of W in 8 bits. */
async function compute({ largest, shape: [tokens, inner, out], x, w, dy }: Case, form: Int8Form = "int8", threads = 1) {
  const weight = input("w", "float32", [out, inner]);
  const outputs = int8Products(
    {
      y: product(input("x", "float32", ["tokens", inner]), weight, { transB: true }),
      dx: product(input("dy", "float32", ["tokens", out]), weight),
      rows: gatherRows(weight, input("ids", "int32", ["ids"])),
    },
    (name) => (name === "w" ? form : undefined),
  );
  const int8 = { form, largest, float32: false };
  const store = new CpuStore([{ name: "w", shape: [out, inner], kind: "weight", part: "encoder", int8 }]);
  store.quantize("w", Float32Array.from(w));
  const program = await onnxRuntimeEngine({ threads }).compile(outputs);
  const ids = Int32Array.of(out - 1, 2, 0, 2);
  const found = {
    y: new Float32Array(tokens * out),
    dx: new Float32Array(tokens * inner),
    rows: new Float32Array(ids.length * inner),
  };
  const inputs = {
    x: float32(Float32Array.from(x), [tokens, inner]),
    dy: float32(Float32Array.from(dy), [tokens, out]),
    ids: int32(ids, [ids.length]),
  };
  await program.run(
    { ...store.weights, ...inputs },
    {
      y: float32(found.y, [tokens, out]),
      dx: float32(found.dx, [tokens, inner]),
      rows: float32(found.rows, [ids.length, inner]),
    },
  );
  await program.dispose();
  return found;
}

/** x Wᵀ and dy W in 8 bits and dyᵀ x in float32 of a weight that is trained, before and after an update. */
async function train({ largest, shape: [tokens, inner, out], x, w, dy }: Case) {
  const weight = input("w", "float32", [out, inner]);
  const [xs, dys] = [input("x", "float32", ["tokens", inner]), input("dy", "float32", ["tokens", out])];
  const outputs = int8Products(
    {
      y: product(xs, weight, { transB: true }),
      dx: product(dys, weight),
      dw: product(dys, xs, { transA: true }),
    },
    () => "int8",
  );
  const int8 = { form: "int8", largest, float32: true } as const;
  const room = { dense: [{ parameter: "w", output: "dw" }], rows: [], maxTokens: 0, gradientAccumulation: 1 };
  const store = new CpuStore([{ name: "w", shape: [out, inner], kind: "weight", part: "encoder", int8 }], room);
  (store.host.w!.data as Float32Array).set(w);
  await store.upload();
  const program = await onnxRuntimeEngine({ threads: 1 }).compile(outputs);
  const batch = { sizes: { tokens } } as PackedBatch;
  const inputs = {
    x: float32(Float32Array.from(x), [tokens, inner]),
    dy: float32(Float32Array.from(dy), [tokens, out]),
  };
  const run = async () => {
    const [y, dx] = [new Float32Array(tokens * out), new Float32Array(tokens * inner)];
    const { dw } = store.gradientOutputs(batch);
    const results = { y: float32(y, [tokens, out]), dx: float32(dx, [tokens, inner]), dw: dw! };
    await program.run({ ...store.weights, ...inputs }, results);
    return { y, dx, dw: dw!.data.slice() as Float32Array };
  };
  const before = await run();
  store.receive(batch);
  // Without decay of moments and with this epsilon AdamW is gradient descent at the rate 30.
  await store.update({
    ...{ step: 1, beta1: 0, beta2: 0, epsilon: 1e6, maxGradientNorm: 0 },
    rateOf: () => ({ learningRate: 30e6, weightDecay: 0 }),
  });
  const after = await run();
  await program.dispose();
  return { ...before, after_y: after.y, after_dx: after.dx };
}

function expectAsNumPy(found: Readonly<Record<string, Float32Array>>, expected: Case): void {
  for (const [key, values] of Object.entries(found)) {
    const exact = expected[key as "y"];
    const size = Math.max(...exact.map(Math.abs));
    expect(size).toBeGreaterThan(0);
    for (const [i, value] of exact.entries())
      expect(Math.abs(values[i]! - value), `${key} ${i}`).toBeLessThan(1e-5 * size);
  }
}

describe.each(cases.map((c) => [`${c.shape} in ±${c.largest}`, c] as const))("tokens, in, out %s", (_, c) => {
  test("of a trained weight, products are in 8 bits and its gradient in float32, and bytes follow its update", async () => {
    const found = await train(c);
    expectAsNumPy(found, c);
    expect(found.after_y).not.toEqual(found.y);
  });

  test.each(["int8", "int8Turned"] as const)("kept as %s, all equal NumPy's whole numbers", async (form) => {
    expectAsNumPy(await compute(c, form), c);
  });
});

test("the bits do not depend on the number of threads", async () => {
  const numbers = (count: number, phase: number) =>
    Array.from({ length: count }, (_, i) => Math.sin(12.9898 * i + phase));
  const [tokens, inner, out] = [70, 96, 200];
  const given = {
    largest: 127,
    shape: [tokens, inner, out],
    x: numbers(tokens * inner, 1),
    w: numbers(out * inner, 2),
  };
  const whole = { ...given, dy: numbers(tokens * out, 3), y: [], dx: [], rows: [] } as unknown as Case;
  const [one, three] = [await compute(whole, "int8", 1), await compute(whole, "int8", 3)];
  expect(three).toEqual(one);
});

describe("saturation", () => {
  const engine = onnxRuntimeEngine({ threads: 1 });
  test("weights in ±64 are exact on every processor, and the range is the widest that is", async () => {
    expect(await isExact(engine, 64)).toBe(true);
    expect(await engine.largestInt8()).toBe((await isExact(engine, 127)) ? 127 : 64);
  });

  test("a processor that adds two products in 16 bits gets ±64", async () => {
    /** What its product makes of each pair of neighbours. */
    const saturating = {
      compile: async () => ({
        run: async (inputs: object, outputs: object) => {
          const { x, values } = inputs as Record<"x" | "values", { data: Float32Array; dims: number[] }>;
          const [rows, inner] = x.dims as [number, number];
          const columns = values.dims[1]!;
          // Bytes of 255 stand for 127 with the zero point 128.
          const pair = Math.min(32767, 2 * 255 * values.data[0]!);
          const sum = Math.floor(inner / 2) * pair + (inner % 2) * 255 * values.data[0]!;
          const y = sum - 128 * inner * values.data[0]!;
          (outputs as { y: { data: Float32Array } }).y.data.fill(y, 0, rows * columns);
        },
        dispose: async () => {},
      }),
    };
    expect(await largestExactInt8(saturating)).toBe(64);
  });
});
