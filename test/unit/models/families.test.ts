/** Every encoder family besides BERT against PyTorch; see make_families.py. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import type { Executable } from "../../../src/engine/engine.ts";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { pruneRows } from "../../../src/graph/row-pruning.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import type { HostTensor } from "../../../src/graph/tensor.ts";
import { type AdaptedModel, adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { batchValues, packBatch, rowAxes } from "../../../src/models/batch.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { readStored, storedTensors } from "../../../src/models/stored-form.ts";
import { openModel, type PretrainedModel } from "../../../src/pretrained/open-model.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { type AdamWOptions, Optimizer } from "../../../src/train/optimizer.ts";
import { evaluationProgram, LOGITS, type TrainingProgram, trainingProgram } from "../../../src/train/program.ts";
import { scheduleFactor } from "../../../src/train/schedule.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { engine, loadModel, logitsOfEach, textsOf } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

const root = join(fixtures, "families");
const PRECISION = 1e-5;

interface Expected {
  readonly texts: number[][];
  readonly firstTokens?: number[];
  readonly logits?: number[][];
  readonly clsHidden: number[][];
  readonly roundingError: number;
}

interface Training {
  readonly method: string;
  readonly options: object;
  readonly semantics: "peft";
  readonly training: AdamWOptions & {
    readonly learningRate: number;
    readonly schedule: "linear";
    readonly warmupSteps: number;
    readonly totalSteps: number;
  };
  readonly examples: readonly { readonly ids: number[]; readonly label: number }[];
  readonly steps: readonly { readonly batches: [number[]]; readonly loss: number; readonly gradientNorm: number }[];
  readonly roundingError: { readonly final: Readonly<Record<string, number>> };
}

const read = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path), "utf8"));

/** The largest difference, relative to the largest value. */
function relative(actual: Float32Array, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / size;
}

const folders = readdirSync(root).flatMap((family) =>
  readdirSync(join(root, family)).map((name) => [family, name] as const),
);
const models = folders.filter(([, name]) => !name.startsWith("train-"));
const trainings = folders.filter(([, name]) => name.startsWith("train-"));

test("each family has at least six models and three methods", () => {
  for (const family of readdirSync(root)) {
    expect(models.filter(([of]) => of === family).length, family).toBeGreaterThanOrEqual(6);
    expect(trainings.filter(([of]) => of === family).map(([, name]) => name)).toEqual([
      "train-full",
      "train-lora",
      "train-prompt",
    ]);
  }
});

describe.each(models)("%s %s equals PyTorch", (family, name) => {
  const expected: Expected = read(family, name, "expected.json");
  const { texts, firstTokens } = expected;
  const source = (ids: readonly number[][], first = firstTokens) => ({
    ...textsOf(ids),
    ...(first && { firstTokens: (i: number) => first[i]! }),
  });

  const { logits } = expected;
  if (logits)
    test("logits, in company and alone", async () => {
      const model = await loadModel(join(root, family, name));
      expect(model.notes).toEqual([]);
      const single = texts.map((ids, i) => source([ids], firstTokens && [firstTokens[i]!]));
      const [together, ...alone] = await logitsOfEach(model, [source(texts), ...single]);
      expect(relative(together!, logits.flat())).toBeLessThan(PRECISION);
      // Whatever company a text keeps in its batch: of these, most are padded to forty times their length.
      expect(
        relative(
          together!,
          alone.flatMap((own) => [...own]),
        ),
      ).toBeLessThan(1e-6);
    });

  test("the last hidden state of the first token", async () => {
    const { encoder, weights } = await loadModel(join(root, family, name));
    const packed = packBatch(
      texts.map((ids) => Int32Array.from(ids)),
      encoder,
      firstTokens,
    );
    const { hidden } = encoder.encode(plainScope(encoder.parameters, (x) => x));
    const program = await engine.compile(simplify(pruneRows({ hidden }, rowAxes)));
    const dims = [packed.sizes.tokens, encoder.hiddenSize];
    const all = new Float32Array(dims[0]! * dims[1]!);
    await program.run({ ...weights, ...batchValues(packed, encoder) }, { hidden: float32(all, dims) });
    await program.dispose();
    const first = [...packed.firstToken].flatMap((token) => [
      ...all.subarray(token * dims[1]!, (token + 1) * dims[1]!),
    ]);
    expect(relative(Float32Array.from(first), expected.clsHidden.flat())).toBeLessThan(PRECISION);
  });
});

describe.each(trainings)("%s %s follows PyTorch", (family, name) => {
  const folder = join(root, family, name);
  const { method, options, semantics, training, examples, steps, roundingError }: Training = read(
    family,
    name,
    "training.json",
  );
  let model: PretrainedModel;
  let adapted: AdaptedModel;
  let program: TrainingProgram;
  let memory: CpuStore;
  let executable: Executable;
  beforeAll(async () => {
    model = await openModel(folder);
    const context = { semantics, trainHead: true, trainPooler: false, fresh: model.fresh };
    adapted = adaptModel(model.encoder, chooseMethod(method, options), context);
    program = trainingProgram(adapted.encoder, adapted.trained);
    memory = new CpuStore(adapted.encoder.parameters, { ...program, maxTokens: 200, gradientAccumulation: 1 });
    model.readInto((parameter) => memory.weights[parameter]!.data as Float32Array, 0);
    model.close();
    executable = await engine.compile(program.outputs);
  });
  afterAll(() => executable.dispose());

  test("20 steps", async () => {
    const start = openSafetensors(join(folder, "start.safetensors"));
    const trained = adapted.trained.map((parameter) => parameter.name);
    // PyTorch lists what gets no gradient in full fine-tuning, too.
    expect([...start.tensors.keys()].sort()).toEqual(trained.sort());
    for (const parameter of adapted.trained)
      readStored(parameter, memory.weights[parameter.name]!.data as Float32Array, (tensor) =>
        start.readFloat32(parameter.name, tensor),
      );
    const { encoder } = adapted;
    const runner = new BatchRunner(program, executable, encoder, memory, plainObjective(3));
    const optimizer = new Optimizer(memory, training);
    for (const [step, { batches, loss, gradientNorm }] of steps.entries()) {
      const rows = batches[0].map((i) => examples[i]!);
      const batch = packBatch(
        rows.map(({ ids }) => Int32Array.from(ids)),
        encoder,
      );
      const found = await runner.run(
        batch,
        rows.map(({ label }) => label),
        0,
        step,
      );
      expect(Math.abs(found - loss), `loss ${step}`).toBeLessThan(PRECISION);
      optimizer.receive(batch);
      const factor = scheduleFactor(training.schedule, step, training.warmupSteps, training.totalSteps);
      const norm = await optimizer.update(training.learningRate * factor);
      expect(Math.abs(norm - gradientNorm) / Math.max(1, gradientNorm), `norm ${step}`).toBeLessThan(PRECISION);
    }
    const final = openSafetensors(join(folder, "final.safetensors"));
    const valuesOf = (name: string) => (memory.weights[name] as HostTensor).data as Float32Array;
    for (const { name: parameter, shape, data } of storedTensors(adapted.trained, valuesOf)) {
      expect(shape, parameter).toEqual(final.tensors.get(parameter)!.shape);
      const values = new Float32Array(data.length);
      final.readFloat32(parameter, values);
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
      // Gradients that are zero but for rounding (key biases) lead PyTorch itself elsewhere.
      const allowed = roundingError.final[parameter]! > PRECISION / 2 ? 1 : PRECISION;
      expect(worst, parameter).toBeLessThan(allowed);
    }
  });

  test("prediction leaves out what training drops", () => {
    expect(Object.keys(evaluationProgram(adapted.encoder))).toEqual([LOGITS]);
  });
});
