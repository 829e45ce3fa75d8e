import { describe, expect, test } from "vitest";
import { normal } from "../../../src/base/random.ts";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { packBatch } from "../../../src/models/batch.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { Optimizer } from "../../../src/train/optimizer.ts";
import { trainingProgram } from "../../../src/train/program.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { tinyBert } from "../../tiny-bert.ts";

const encoder = tinyBert({ hidden_size: 32, num_attention_heads: 4, intermediate_size: 64 });
const batches = [
  [
    [2, 7, 3],
    [2, 9, 9, 4, 12, 3],
    [2, 3],
    [2, 5, 3],
  ],
  [
    [2, 8, 1, 3],
    [2, 3],
    [2, 12, 12, 3],
    [2, 7, 7, 7, 3],
  ],
].map((texts) =>
  packBatch(
    texts.map((ids) => Int32Array.from(ids)),
    encoder,
  ),
);

/** Weights and moments after some steps, and the memories that they lie in. */
async function trained(gradientAccumulation: number, memoryBytes?: number) {
  const program = trainingProgram(encoder, encoder.parameters);
  const limits = { maxTokens: 16, gradientAccumulation, ...(memoryBytes !== undefined && { memoryBytes }) };
  const memory = new CpuStore(encoder.parameters, { ...program, ...limits });
  const weights = encoder.parameters.map(({ name }) => memory.weights[name]!.data as Float32Array);
  for (const [k, array] of weights.entries())
    for (let i = 0; i < array.length; i++) array[i] = 0.3 * normal(k, i) + (array.length === 32 ? 0.5 : 0);
  const executable = await onnxRuntimeEngine({ threads: 1 }).compile(program.outputs);
  const runner = new BatchRunner(program, executable, encoder, memory, plainObjective(3));
  const optimizer = new Optimizer(memory, {
    ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 },
  });
  const norms: number[] = [];
  for (let step = 0; step < 6; step++) {
    for (let k = 0; k < gradientAccumulation; k++) {
      const batch = batches[(step + k) % 2]!;
      await runner.run(batch, [0, 1, 2, 0], 42, step * gradientAccumulation + k);
      optimizer.receive(batch);
    }
    norms.push(await optimizer.update(1e-3));
  }
  await executable.dispose();
  const moments = memory.trainables.flatMap((trainable) => {
    const { first, second } = trainable.state();
    return [first, second];
  });
  const bits = [...weights, ...moments].map((array) => Buffer.from(Float32Array.from(array).buffer).toString("base64"));
  return { norms, bits, buffers: new Set(weights.map(({ buffer }) => buffer)) };
}

describe("what does not fit one memory lies in several", () => {
  test.each([1, 2])("and training ends with the same bits, %i batches a step", async (gradientAccumulation) => {
    const limit = 49_152;
    const [one, many] = [await trained(gradientAccumulation), await trained(gradientAccumulation, limit)];
    expect(one.buffers.size).toBe(1);
    expect(many.buffers.size).toBeGreaterThanOrEqual(4);
    for (const { byteLength } of many.buffers) expect(byteLength).toBeLessThanOrEqual(65_536); // one page
    expect(many.norms).toEqual(one.norms);
    expect(many.norms.every((norm) => norm > 0.1)).toBe(true);
    expect(many.bits).toEqual(one.bits);
  });
});

test("a weight in 8 bits takes no room as float32, unless programs read it so", () => {
  const parameter = { name: "w", shape: [4, 6], kind: "weight", part: "encoder" } as const;
  const kept = (form: "int8" | "int8Turned", float32: boolean) =>
    new CpuStore([{ ...parameter, int8: { form, largest: 127, float32 } }]);
  expect(Object.keys(kept("int8", false).weights).sort()).toEqual(["int8 scales:w", "int8:w"]);
  expect(Object.keys(kept("int8Turned", false).weights).sort()).toEqual(["int8 scales:w", "int8Turned:w"]);
  for (const form of ["int8", "int8Turned"] as const) {
    expect(kept(form, false).weightBytes).toBe(24 + 4 * 4);
    expect(kept(form, true).weightBytes).toBe(24 * 4 + 24 + 4 * 4);
  }
});
