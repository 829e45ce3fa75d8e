/** Every method against PEFT and PyTorch: logits, loss, gradients and 20 steps of training. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import type { Semantics } from "../../../src/methods/semantics.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import type { HeadChoice } from "../../../src/models/head-choice.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { type AdamWOptions, Optimizer } from "../../../src/train/optimizer.ts";
import { evaluationProgram, LOGITS, trainingProgram } from "../../../src/train/program.ts";
import { type ScheduleName, scheduleFactor } from "../../../src/train/schedule.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { fixtures } from "../tables/scratch.ts";

interface Expected {
  readonly method: MethodName;
  readonly options: object;
  readonly semantics: Semantics;
  readonly head?: HeadChoice;
  readonly training: AdamWOptions & {
    readonly learningRate: number;
    readonly schedule: ScheduleName;
    readonly warmupSteps: number;
    readonly totalSteps: number;
  };
  readonly examples: { readonly ids: number[]; readonly label: number }[];
  readonly logits: number[][];
  readonly steps: { readonly batches: [number[]]; readonly loss: number; readonly gradientNorm: number }[];
  readonly roundingError: { readonly final: Readonly<Record<string, number>> };
  readonly trainable: number;
}

const root = join(fixtures, "methods");
const engine = onnxRuntimeEngine({ threads: 1 });
const PRECISION = 1e-5;

describe.each([
  "lora",
  "lora-all-linear",
  "lora-bias-all",
  "lora-patterns",
  "dora",
  "dora-all-linear",
  "ia3",
  "ia3-chosen",
  "bitfit",
  "bitfit-top",
  "full-top",
  "prompt",
  "prompt-cls",
  "prompt-text",
  "prefix",
  "prefix-projection",
  "probe",
  "probe-cls",
  "probe-mean",
  "probe-max",
  "probe-attention",
  "probe-attention-mlp",
  "probe-pooler-mlp",
])("%s", async (name) => {
  const expected: Expected = JSON.parse(readFileSync(join(root, name, "expected.json"), "utf8"));
  const { examples, training, steps } = expected;
  const model = await openModel(join(root, "base"), undefined, expected.head);
  const setting = { semantics: expected.semantics, trainHead: true, trainPooler: false, fresh: model.fresh };
  const { encoder, trained } = adaptModel(model.encoder, chooseMethod(expected.method, expected.options), setting);
  const program = trainingProgram(encoder, trained);
  const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 200, gradientAccumulation: 1 });
  const valuesOf = (parameter: string) => memory.weights[parameter]!.data as Float32Array;
  model.readInto(valuesOf, 0);
  model.close();
  const start = openSafetensors(join(root, name, "start.safetensors"));
  for (const parameter of start.tensors.keys()) start.readFloat32(parameter, valuesOf(parameter));
  const packed = (indices: readonly number[]) =>
    packBatch(
      indices.map((i) => Int32Array.from(examples[i]!.ids)),
      encoder,
    );

  /** The largest difference between what a file holds and what is here. */
  const distances = (file: string, actual: (parameter: string) => Float32Array): Record<string, number> => {
    const stored = openSafetensors(join(root, name, file));
    const found = [...stored.tensors.keys()].map((parameter) => {
      const values = new Float32Array(actual(parameter).length);
      stored.readFloat32(parameter, values);
      const ours = actual(parameter);
      return [parameter, values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - ours[i]!)), 0)];
    });
    return Object.fromEntries(found);
  };

  test("the same parameters are trained", () => {
    expect(trained.map((p) => p.name).sort()).toEqual([...start.tensors.keys()].sort());
    expect(trained.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(expected.trainable);
    for (const { name: parameter, shape } of trained) expect(start.tensors.get(parameter)!.shape).toEqual(shape);
  });

  test("logits", async () => {
    const executable = await engine.compile(evaluationProgram(encoder));
    const batch = packed(examples.map((_, i) => i));
    const dims = [examples.length, expected.logits[0]!.length];
    const logits = new Float32Array(dims[0]! * dims[1]!);
    const inputs = { ...memory.weights, ...batchValues(batch, encoder) };
    await executable.run(inputs, { [LOGITS]: float32(logits, dims) });
    await executable.dispose();
    for (const [i, value] of expected.logits.flat().entries())
      expect(Math.abs(logits[i]! - value)).toBeLessThan(PRECISION);
  });

  test("gradients, and 20 steps", async () => {
    const executable = await engine.compile(program.outputs);
    const runner = new BatchRunner(program, executable, encoder, memory, plainObjective(expected.logits[0]!.length));
    const optimizer = new Optimizer(memory, training);
    for (const [step, { batches, loss, gradientNorm }] of steps.entries()) {
      const batch = packed(batches[0]);
      const labels = batches[0].map((i) => examples[i]!.label);
      expect(Math.abs((await runner.run(batch, labels, 0, step)) - loss), `loss ${step}`).toBeLessThan(PRECISION);
      if (step === 0) {
        const outputs = memory.gradientOutputs(batch);
        const gradients = distances("gradients.safetensors", (p) => outputs[`gradient:${p}`]!.data as Float32Array);
        for (const [parameter, distance] of Object.entries(gradients))
          expect(distance, parameter).toBeLessThan(PRECISION);
      }
      optimizer.receive(batch);
      const factor = scheduleFactor(training.schedule, step, training.warmupSteps, training.totalSteps);
      const norm = await optimizer.update(training.learningRate * factor);
      expect(Math.abs(norm - gradientNorm), `norm ${step}`).toBeLessThan(PRECISION);
    }
    await executable.dispose();
    for (const [parameter, distance] of Object.entries(distances("final.safetensors", valuesOf))) {
      // Gradients that are zero but for rounding (key biases) lead PyTorch itself elsewhere.
      const allowed = expected.roundingError.final[parameter]! > PRECISION / 2 ? 1 : PRECISION;
      expect(distance, parameter).toBeLessThan(allowed);
    }
  });
});
