/** Masked-language models of each family against Transformers' and PyTorch's AdamW; see make_language_model.py. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import { batchValues } from "../../../src/models/batch.ts";
import type { Encoder } from "../../../src/models/encoder.ts";
import { models } from "../../../src/models/list-models.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { storedShape, storedTensors } from "../../../src/models/stored-form.ts";
import { packMasked } from "../../../src/pretrain/masked-batch.ts";
import { losses, objective } from "../../../src/pretrain/masked-objective.ts";
import { openLanguageModel } from "../../../src/pretrained/open-language-model.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { Optimizer } from "../../../src/train/optimizer.ts";
import { LOSS, trainingProgram } from "../../../src/train/program.ts";
import { scheduleFactor } from "../../../src/train/schedule.ts";
import { BatchRunner, keepAll } from "../../../src/train/step.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { engine } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

interface Expected {
  readonly texts: { readonly ids: number[]; readonly places: number[]; readonly labels: number[] }[];
  readonly loss: number;
  readonly losses: readonly number[];
  readonly options: { learningRate: number; weightDecay: number; maxGradientNorm: number; steps: number };
  readonly roundingError: Readonly<Record<string, number>>;
}

const root = join(fixtures, "language-model");
const cases = readdirSync(root);

test("each family has a case", () => {
  const sameGraph = ["xlm-roberta", "camembert"];
  for (const { type } of models()) if (!sameGraph.includes(type)) expect(cases).toContain(type);
});

describe.each(cases)("%s", (name) => {
  const folder = join(root, name);
  const expected: Expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

  async function open() {
    const { model, notes, readInto } = await openLanguageModel(folder);
    expect(notes).toEqual([]);
    const encoder = model.encoder as Encoder;
    const program = trainingProgram(encoder, encoder.parameters, undefined, (scope) => objective(losses(model, scope)));
    const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 64, gradientAccumulation: 1 });
    readInto((parameter) => memory.weights[parameter]!.data as Float32Array, 0);
    const texts = expected.texts.map((text) => ({ ...text, ids: Int32Array.from(text.ids) }));
    return { model, encoder, program, memory, ...packMasked(texts, encoder) };
  }

  test("the names and shapes that are written are those that Transformers writes", async () => {
    const { encoder, model } = await open();
    const { tensors } = openSafetensors(join(folder, "model.safetensors"));
    const ours = encoder.parameters.map((parameter) => [parameter.name, storedShape(parameter)]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries([...tensors].map(([of, { shape }]) => [of, shape])));
    const { architectures } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    expect([model.architecture]).toEqual(architectures);
  });

  test("the loss of masked tokens is that of Transformers, without dropout in evaluation", async () => {
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
    await executable.dispose();
    expect(Math.abs(loss[0]! - expected.loss) / expected.loss).toBeLessThan(1e-6);
  });

  test("ten steps with the tied decoder follow PyTorch's", async () => {
    const { encoder, program, memory, batch, targets } = await open();
    const noDropout = { ...program, masks: [] };
    const undropped = keepAll(program.masks, batch.sizes);
    const executable = await engine.compile(program.outputs);
    const runner = new BatchRunner(noDropout, executable, encoder, memory, plainObjective(0));
    const { learningRate, weightDecay, maxGradientNorm, steps } = expected.options;
    const optimizer = new Optimizer(memory, {
      ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      ...{ weightDecay, maxGradientNorm },
    });
    for (let step = 0; step < steps; step++) {
      const loss = await runner.runWith(batch, { ...targets, ...undropped }, 0, step);
      expect(Math.abs(loss - expected.losses[step]!) / expected.losses[step]!).toBeLessThan(1e-6);
      optimizer.receive(batch);
      await optimizer.update(learningRate * scheduleFactor("linear", step, 0, steps));
    }
    await executable.dispose();
    const final = openSafetensors(join(folder, "final.safetensors"));
    const valuesOf = (of: string) => memory.weights[of]!.data as Float32Array;
    for (const { name: parameter, data: own } of storedTensors(encoder.parameters, valuesOf)) {
      const error = expected.roundingError[parameter]!;
      // Its gradient is 0 but for rounding (key biases), and AdamW makes whole steps of it.
      if (error > 1e-4) continue;
      const theirs = new Float32Array(own.length);
      final.readFloat32(parameter, theirs);
      const worst = own.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
      expect(worst, parameter).toBeLessThan(1e-5 + 2 * error);
    }
    final.close();
  });
});
