import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { uniform } from "../../../src/base/random.ts";
import { float32, int32 } from "../../../src/engine/engine-tensors.ts";
import { engineReadsSharedMemory } from "../../../src/engine/kernels/threads.ts";
import { allocateBlocks, type Block } from "../../../src/engine/memory.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { evaluateShape } from "../../../src/graph/dim.ts";
import { exp, scale } from "../../../src/graph/ops/elementwise.ts";
import { gatherRows } from "../../../src/graph/ops/indexing.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import { product } from "../../../src/graph/ops/linalg.ts";
import { sum } from "../../../src/graph/ops/reduce.ts";
import { slice } from "../../../src/graph/ops/shape.ts";
import type { HostTensor, Tensor } from "../../../src/graph/tensor.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import { LOSS, LOSS_WEIGHT, TARGETS, trainingProgram } from "../../../src/train/program.ts";
import { tinyBert } from "../../tiny-bert.ts";

let copies = 0;
const engine = onnxRuntimeEngine({ threads: 2, onCopy: () => copies++ });
const zeros = (dims: readonly number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
const rows = input("x", "float32", ["tokens", 3]);
const six = () => float32(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

/** Compiles, runs once and disposes. */
async function run(
  outputs: Record<string, Tensor>,
  inputs: Record<string, HostTensor>,
  into: Record<string, HostTensor>,
) {
  const program = await engine.compile(outputs);
  try {
    await program.run(inputs, into);
  } finally {
    await program.dispose();
  }
}

describe("outputs", () => {
  test("are not copied by the onnxruntime-node that is installed", async () => {
    const large = 1 << 20;
    const x = input("x", "float32", ["n"]);
    const y = zeros([large]);
    await run({ y: scale(x, 2) }, { x: float32(new Float32Array(large).fill(1.5), [large]) }, { y });
    expect(y.data.every((v) => v === 3)).toBe(true);
    expect(copies).toBe(0);
  });

  test("go to their place in a larger buffer, and nowhere else", async () => {
    const whole = new Float32Array(16).fill(-7);
    const [y, z] = [float32(whole.subarray(1, 7), [2, 3]), float32(whole.subarray(9, 12), [3])];
    await run({ y: scale(rows, 2), z: sum(rows, [0]) }, { x: six() }, { y, z });
    expect([...whole]).toEqual([-7, 2, 4, 6, 8, 10, 12, -7, -7, 5, 7, 9, -7, -7, -7, -7]);
  });

  test("may not lie in memory that threads share before Node 22, as engineReadsSharedMemory has it", async () => {
    const [{ arrays }] = allocateBlocks([[6, 6]], { shared: true }) as [Block];
    const [x, y] = arrays as [Float32Array, Float32Array];
    x.set([1, 2, 3, 4, 5, 6]);
    const ran = run({ y: scale(rows, 2) }, { x: float32(x, [2, 3]) }, { y: float32(y, [2, 3]) });
    if (!engineReadsSharedMemory) return expect(ran).rejects.toThrow();
    await ran;
    expect([...y]).toEqual([2, 4, 6, 8, 10, 12]);
  });

  test("may lie in a WebAssembly memory, as may inputs", async () => {
    const [{ arrays }] = allocateBlocks([[6, 6, 3]]) as [Block];
    const [x, y, z] = arrays as [Float32Array, Float32Array, Float32Array];
    x.set([1, 2, 3, 4, 5, 6]);
    const program = await engine.compile({ y: scale(rows, 2), z: sum(rows, [0]) });
    const [inputs, into] = [{ x: float32(x, [2, 3]) }, { y: float32(y, [2, 3]), z: float32(z, [3]) }];
    await program.run(inputs, into);
    expect([...y]).toEqual([2, 4, 6, 8, 10, 12]);
    expect([...z]).toEqual([5, 7, 9]);
    // What is bound is the memory, not its content: changes are seen by the next run.
    x.fill(-1);
    await program.run(inputs, into);
    expect([...y]).toEqual(new Array(6).fill(-2));
    expect([...z]).toEqual([-2, -2, -2]);
    await program.dispose();
  });

  test("may be of whole numbers, scalars, inputs or constants", async () => {
    const ids = input("ids", "int32", ["tokens"]);
    const into = { same: int32(new Int32Array(3), [3]), total: zeros([]), fixed: zeros([2]) };
    const table = gatherRows(input("table", "float32", [4, 2]), ids);
    const outputs = { same: ids, total: sum(table, [0, 1]), fixed: constant([8, 9], [2]) };
    const fed = {
      ids: int32(Int32Array.of(3, 0, 3), [3]),
      table: float32(Float32Array.of(1, 2, 0, 0, 0, 0, 5, 6), [4, 2]),
    };
    await run(outputs, fed, into);
    expect([...into.same.data]).toEqual([3, 0, 3]);
    expect([...into.total.data]).toEqual([25]);
    expect([...into.fixed.data]).toEqual([8, 9]);
  });

  test("of one program may differ in size from run to run", async () => {
    const program = await engine.compile({ y: exp(rows) });
    for (const tokens of [1, 50, 2, 7]) {
      const y = zeros([tokens, 3]);
      await program.run({ x: zeros([tokens, 3]) }, { y });
      expect(y.data.every((v) => v === 1)).toBe(true);
    }
    await program.dispose();
  });

  test("do not make the process grow", async () => {
    const megabytes = 48;
    const dims = [megabytes * 256, 1024];
    const wide = input("x", "float32", ["n", 1024]);
    const program = await engine.compile({ first: slice(slice(wide, 0, 0, 1), 1, 0, 1), y: scale(wide, 2) });
    const first = zeros([1, 1]);
    await program.run({ x: zeros([1, 1024]) }, { first, y: zeros([1, 1024]) });
    const [x, y] = [zeros(dims), zeros(dims)];
    for (const { data } of [x, y]) (data as Float32Array).fill(1); // their pages are there before the first run
    const before = process.memoryUsage.rss();
    let most = before;
    for (let i = 0; i < 12; i++) {
      await program.run({ x }, { first, y });
      most = Math.max(most, process.memoryUsage.rss());
    }
    expect([y.data[0], y.data.at(-1)]).toEqual([2, 2]);
    await program.dispose();
    // A copy would be seen right after the run that made it. (Of the first output a sequence is made, which is one.)
    expect((most - before) / 2 ** 20).toBeLessThan(megabytes / 2);
  });
});

describe("what does not fit is refused", () => {
  const y = { y: scale(rows, 2) };
  const failure = async (inputs: Record<string, HostTensor>, into: Record<string, HostTensor>) => {
    const error = await run(y, inputs, into).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AttuneError);
    return error as AttuneError;
  };

  test("a missing input or output, by name", async () => {
    expect(await failure({}, { y: zeros([2, 3]) })).toMatchObject({
      code: "engine/missing-tensor",
      message: 'the program needs "x"',
    });
    expect(await failure({ x: six() }, {})).toMatchObject({
      code: "engine/missing-tensor",
      message: 'the program needs "y"',
    });
  });

  test.each([
    ["an output of another shape", { x: six() }, { y: zeros([3, 2]) }],
    ["an output that is too large", { x: six() }, { y: zeros([3, 3]) }],
    ["an output that is too small", { x: six() }, { y: zeros([1, 3]) }],
    ["an input of another shape", { x: zeros([2, 4]) }, { y: zeros([2, 3]) }],
    ["an input of another type", { x: int32(new Int32Array(6), [2, 3]) }, { y: zeros([2, 3]) }],
  ])("%s", async (_, inputs, into) => {
    const error = await failure(inputs, into);
    expect(error.code).toBe("engine/run");
    expect(error.message).toMatch(/^ONNX Runtime could not run the program: .*(shape|dimension|data type)/i);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test("an index outside its table", async () => {
    const looked = gatherRows(input("table", "float32", [4, 2]), input("ids", "int32", [1]));
    const fed = { table: zeros([4, 2]), ids: int32(Int32Array.of(4), [1]) };
    await expect(run({ looked }, fed, { looked: zeros([1, 2]) })).rejects.toThrow(
      /4 must be within the inclusive range/,
    );
  });

  test("and the program still runs after that", async () => {
    const program = await engine.compile(y);
    await expect(program.run({ x: six() }, { y: zeros([3, 2]) })).rejects.toThrow(AttuneError);
    const into = zeros([2, 3]);
    await program.run({ x: six() }, { y: into });
    expect([...into.data]).toEqual([2, 4, 6, 8, 10, 12]);
    await program.dispose();
  });
});

// 96 columns shared out would be summed otherwise than by one thread; of 256, four threads would get too few each.
test.each([96, 256])(
  "with bits same, a training step of hidden size %i gives the same bits whatever the number of threads",
  async (hidden) => {
    const encoder = tinyBert({
      hidden_size: hidden,
      num_attention_heads: 4,
      intermediate_size: 2 * hidden,
      max_position_embeddings: 40,
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
    });
    const texts = Array.from({ length: 16 }, (_, row) =>
      Int32Array.from({ length: 9 + ((row * 7) % 32) }, (_, i) => (row + i) % 13),
    );
    // An odd number of tokens: not all threads get the same.
    texts.push(Int32Array.of(1, 2, 3));
    const batch = packBatch(texts, encoder);
    const noise = (dims: readonly number[], key: number) =>
      float32(
        Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => (uniform(key, i) - 0.5) / 4),
        dims,
      );
    const inputs: Record<string, HostTensor> = {
      ...batchValues(batch, encoder),
      ...Object.fromEntries(encoder.parameters.map(({ name, shape }, i) => [name, noise(shape, i)])),
      [TARGETS]: float32(new Float32Array(51).fill(1 / 3), [17, 3]),
      [LOSS_WEIGHT]: float32(Float32Array.of(1 / 17), []),
    };
    const { outputs } = trainingProgram(encoder, encoder.parameters);
    const bits: string[][] = [];
    for (const threads of [1, 2, 3, 7]) {
      const program = await onnxRuntimeEngine({ threads, bits: "same" }).compile(outputs);
      const into = Object.fromEntries(
        Object.entries(outputs).map(([name, { shape }]) => [name, zeros(evaluateShape(shape, batch.sizes))]),
      );
      await program.run(inputs, into);
      await program.dispose();
      expect(into[LOSS]!.data[0]).toBeGreaterThan(0.01);
      bits.push(
        Object.entries(into).map(
          ([name, { data }]) => `${name} ${createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex")}`,
        ),
      );
    }
    for (const other of bits.slice(1)) expect(other).toEqual(bits[0]);
  },
);

test("products are right, not only alike", async () => {
  const [n, k] = [70, 130];
  const a = float32(
    Float32Array.from({ length: n * k }, (_, i) => (i % 17) - 8),
    [n, k],
  );
  const into = zeros([n, n]);
  await run(
    { y: product(input("a", "float32", ["n", k]), input("a2", "float32", ["n", k]), { transB: true }) },
    { a, a2: a },
    { y: into },
  );
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let expected = 0;
      for (let l = 0; l < k; l++) expected += Number(a.data[i * k + l]) * Number(a.data[j * k + l]);
      expect(into.data[i * n + j]).toBe(expected); // small whole numbers are exact
    }
});

test.runIf(existsSync("/proc/self/task"))("a program has the threads it was given", async () => {
  const count = () => readdirSync("/proc/self/task").length;
  for (const threads of [1, 2, 5]) {
    const before = count();
    const program = await onnxRuntimeEngine({ threads }).compile({ y: exp(rows) });
    expect(count() - before).toBe(threads - 1); // the caller's own is one of them
    await program.dispose();
  }
  // Four threads would get 64 of the 256 columns each, and sum them otherwise than one.
  const thin = { y: product(input("x", "float32", ["n", 256]), input("w", "float32", [256, 256])) };
  for (const [bits, threads] of [
    ["any", 5],
    ["same", 3],
  ] as const) {
    const before = count();
    const program = await onnxRuntimeEngine({ threads: 5, bits }).compile(thin);
    expect(count() - before).toBe(threads - 1);
    await program.dispose();
  }
});

test("the engine says what it is", () => {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  expect(onnxRuntimeEngine({ threads: 3 })).toMatchObject({
    description: `onnxruntime-node ${version} (cpu)`,
    threads: 3,
  });
  expect(onnxRuntimeEngine().threads).toBe(2);
});

test("no run above has been copied", () => expect(copies).toBe(0));
