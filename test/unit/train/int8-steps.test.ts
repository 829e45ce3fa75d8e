/** Whole steps with products in 8 bits against PyTorch's with the same bytes: losses, gradients and their norms. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { packBatch } from "../../../src/models/batch.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { type AdamWOptions, Optimizer } from "../../../src/train/optimizer.ts";
import type { TrainPrecision } from "../../../src/train/precision.ts";
import { type ScheduleName, scheduleFactor } from "../../../src/train/schedule.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { fixtures } from "../tables/scratch.ts";
import { type Fixture, prepareInPrecision } from "./prepared-in-precision.ts";

/** See make_int8_steps.py. */
interface Expected extends Fixture {
  readonly precision: TrainPrecision;
  readonly largest: number;
  readonly start?: string;
  readonly training: AdamWOptions & {
    readonly learningRate: number;
    readonly schedule: ScheduleName;
    readonly warmupSteps: number;
    readonly totalSteps: number;
  };
  readonly steps: readonly { readonly batches: [number[]]; readonly loss: number; readonly gradientNorm: number }[];
}

const root = join(fixtures, "int8-steps");
const engine = onnxRuntimeEngine({ threads: 1 });
/** What weights are rounded to on this processor: the fixtures have both. */
const largestHere = await engine.largestInt8();
const cases = readdirSync(root).flatMap((file) =>
  file.endsWith(`-${largestHere}.json`) ? [file.slice(0, -".json".length)] : [],
);
/** Of the first step. Afterwards weights differ in their last bits, and here and there a number becomes the next byte. */
const PRECISION = 1e-5;
const LATER = 1e-4;

test.each(cases)("%s", async (name) => {
  const expected: Expected = JSON.parse(readFileSync(join(root, `${name}.json`), "utf8"));
  const { examples, training, steps, precision, largest } = expected;
  const { adapted, program, outputs, store } = await prepareInPrecision(
    join(fixtures, "methods", "base"),
    expected,
    precision,
    largest,
  );
  if (expected.start !== undefined) {
    const start = openSafetensors(join(fixtures, "methods", expected.start, "start.safetensors"));
    for (const parameter of start.tensors.keys())
      start.readFloat32(parameter, store.weights[parameter]!.data as Float32Array);
  }
  await store.upload();
  const executable = await engine.compile(outputs);
  const runner = new BatchRunner({ ...program, outputs }, executable, adapted.encoder, store, plainObjective(3));
  const optimizer = new Optimizer(store, training);
  for (const [step, { batches, loss, gradientNorm }] of steps.entries()) {
    const allowed = step === 0 ? PRECISION : LATER;
    const batch = packBatch(
      batches[0].map((i) => Int32Array.from(examples[i]!.ids)),
      adapted.encoder,
    );
    const found = await runner.run(
      batch,
      batches[0].map((i) => examples[i]!.label),
      0,
      step,
    );
    expect(Math.abs(found - loss), `loss ${step}`).toBeLessThan(allowed);
    if (step === 0) {
      const gradients = openSafetensors(join(root, `${name}.safetensors`));
      const ours = store.gradientOutputs(batch);
      for (const parameter of gradients.tensors.keys()) {
        if (program.rows.some((table) => table.parameter === parameter)) continue; // Of each token, not of each row.
        const here = ours[`gradient:${parameter}`]!.data as Float32Array;
        const there = new Float32Array(here.length);
        gradients.readFloat32(parameter, there);
        const distance = there.reduce((worst, value, i) => Math.max(worst, Math.abs(value - here[i]!)), 0);
        expect(distance, parameter).toBeLessThan(PRECISION);
      }
    }
    optimizer.receive(batch);
    const factor = scheduleFactor(training.schedule, step, training.warmupSteps, training.totalSteps);
    const norm = await optimizer.update(training.learningRate * factor);
    expect(Math.abs(norm - gradientNorm), `norm ${step}`).toBeLessThan(allowed);
  }
  await executable.dispose();
});
