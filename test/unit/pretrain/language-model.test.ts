import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import { batchValues } from "../../../src/models/batch.ts";
import type { Encoder } from "../../../src/models/encoder.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { packMasked } from "../../../src/pretrain/masked-batch.ts";
import { losses, objective } from "../../../src/pretrain/masked-objective.ts";
import { openLanguageModel } from "../../../src/pretrained/open-language-model.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { Optimizer } from "../../../src/train/optimizer.ts";
import { LOSS, trainingProgram } from "../../../src/train/program.ts";
import { scheduleFactor } from "../../../src/train/schedule.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { engine } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

/** See make_language_model.py. */
const folder = join(fixtures, "language-model");
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
  readonly texts: { readonly ids: number[]; readonly places: number[]; readonly labels: number[] }[];
  readonly loss: number;
  readonly losses: readonly number[];
  readonly options: { learningRate: number; weightDecay: number; maxGradientNorm: number; steps: number };
};

async function open() {
  const { model, readInto } = await openLanguageModel(folder);
  const encoder = model.encoder as Encoder;
  const program = trainingProgram(encoder, encoder.parameters, undefined, (scope) => objective(losses(model, scope)));
  const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 64, gradientAccumulation: 1 });
  readInto((name) => memory.weights[name]!.data as Float32Array, 0);
  const texts = expected.texts.map((text) => ({ ...text, ids: Int32Array.from(text.ids) }));
  return { model, encoder, program, memory, ...packMasked(texts, encoder) };
}

test("the loss of masked tokens is BertForMaskedLM's, without dropout in evaluation", async () => {
  const { model, encoder, memory, batch, targets } = await open();
  const { masked } = losses(
    model,
    plainScope(encoder.parameters, (x) => x),
  );
  const executable = await engine.compile(simplify({ [LOSS]: masked }));
  const loss = new Float32Array(1);
  await executable.run(
    { ...memory.weights, ...batchValues(batch, encoder), ...targets },
    { [LOSS]: float32(loss, []) },
  );
  expect(Math.abs(loss[0]! - expected.loss)).toBeLessThan(1e-6);
});

test("ten steps with the tied decoder follow PyTorch's", async () => {
  const { encoder, program, memory, batch, targets } = await open();
  const noDropout = { ...program, masks: [] };
  const ones = Object.fromEntries(
    program.masks.map(({ name, shape }) => {
      const dims = shape.map((dim) => (typeof dim === "number" ? dim : sizeOf(dim)));
      return [name, float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims)];
    }),
  );
  function sizeOf(dim: string): number {
    return batch.sizes[dim as keyof typeof batch.sizes];
  }
  const runner = new BatchRunner(noDropout, await engine.compile(program.outputs), encoder, memory, plainObjective(0));
  const { learningRate, weightDecay, maxGradientNorm, steps } = expected.options;
  const optimizer = new Optimizer(memory, {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay,
    maxGradientNorm,
  });
  for (let step = 0; step < steps; step++) {
    const loss = await runner.runWith(batch, { ...targets, ...ones }, 0, step);
    expect(Math.abs(loss - expected.losses[step]!)).toBeLessThan(2e-6);
    optimizer.receive(batch);
    optimizer.update(learningRate * scheduleFactor("linear", step, 0, steps));
  }
  const final = openSafetensors(join(folder, "final.safetensors"));
  for (const { name } of encoder.parameters) {
    // Their gradient is 0 but for rounding, and AdamW makes whole steps of it.
    if (name.endsWith("key.bias")) continue;
    const own = memory.weights[name]!.data as Float32Array;
    const theirs = new Float32Array(own.length);
    final.readFloat32(name, theirs);
    const worst = own.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
    expect(worst, name).toBeLessThan(1e-5);
  }
  final.close();
});
