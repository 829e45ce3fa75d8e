import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { permutation, randomKey } from "../../../src/base/random.ts";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { type PackedBatch, packBatch } from "../../../src/models/batch.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import type { TrainingOptions } from "../../../src/train/loop-options.ts";
import { Optimizer } from "../../../src/train/optimizer.ts";
import { type TrainingProgram, trainingProgram } from "../../../src/train/program.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { initialState, type StepEvent, type TrainingJob, trainEpochs } from "../../../src/train/trainer.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { assembleGradients } from "../../assemble.ts";
import { engine, loadModel, valuesOf } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

const root = join(fixtures, "training");
const cases = readdirSync(root);
const BATCH = 4;
const SEED = 1;

/** See make_training.py. */
interface Expected {
  readonly options: Pick<
    TrainingOptions,
    "learningRate" | "schedule" | "weightDecay" | "maxGradientNorm" | "beta1" | "beta2" | "epsilon"
  > & {
    readonly warmupSteps: number;
    readonly accumulationSteps: number;
    readonly accumulation: "sum" | "mean";
  };
  readonly examples: { readonly ids: number[]; readonly label: number }[];
  readonly steps: {
    readonly batches: number[][];
    readonly losses: number[];
    readonly loss: number;
    readonly learningRate: number;
    readonly gradientNorm: number;
  }[];
}

const expectedOf = (name: string): Expected => JSON.parse(readFileSync(join(root, name, "expected.json"), "utf8"));

/** A runner that keeps each number's first gradient that is not 0, and can multiply all gradients by a factor. */
class WatchedRunner extends BatchRunner {
  readonly program: TrainingProgram;
  readonly memory: CpuStore;
  readonly firstGradients: Record<string, Float64Array> = {};
  factor: () => number = () => 1;

  constructor(...parts: ConstructorParameters<typeof BatchRunner>) {
    super(...parts);
    this.program = parts[0];
    this.memory = parts[3] as CpuStore;
  }

  override async run(batch: PackedBatch, labels: readonly number[], seed: number, draw: number): Promise<number> {
    const loss = await super.run(batch, labels, seed, draw);
    for (const [name, gradient] of Object.entries(this.gradients(batch))) {
      const first = (this.firstGradients[name] ??= new Float64Array(gradient.length));
      for (const [i, value] of gradient.entries()) if (first[i] === 0) first[i] = value;
    }
    const factor = this.factor();
    for (const { data } of Object.values(this.memory.gradientOutputs(batch)))
      for (const [i, value] of (data as Float32Array).entries()) data[i] = value * factor;
    return loss;
  }

  gradients(batch: PackedBatch): Record<string, Float64Array> {
    const written = Object.entries(this.memory.gradientOutputs(batch)).map(([name, { data }]) => [name, data]);
    const sizes = Object.entries(this.memory.weights).map(([name, { data }]) => [name, data.length]);
    return assembleGradients(this.program, Object.fromEntries(written), batch, Object.fromEntries(sizes));
  }
}

async function prepare(name: string, { options, examples }: Expected) {
  let parts!: readonly [TrainingProgram, CpuStore];
  const model = await loadModel(join(root, name), {}, (encoder) => {
    const program = trainingProgram(encoder, encoder.parameters);
    const maxTokens = BATCH * Math.max(...examples.map(({ ids }) => ids.length));
    parts = [
      program,
      new CpuStore(encoder.parameters, { ...program, maxTokens, gradientAccumulation: options.accumulationSteps }),
    ];
    return parts[1];
  });
  expect(model.notes).toEqual([]);
  const [program, memory] = parts;
  const executable = await engine.compile(program.outputs);
  const runner = new WatchedRunner(program, executable, model.encoder, memory, plainObjective(model.labels.length));
  return { model, memory, runner, dispose: () => executable.dispose() };
}

/** Runs the training loop itself, on examples that its shuffling puts in the fixture's order. */
async function retrace(name: string, { sums }: { readonly sums: boolean }) {
  const expected = expectedOf(name);
  const { examples, steps } = expected;
  const { warmupSteps, accumulationSteps, accumulation: _, ...options } = expected.options;
  const { model, memory, runner, dispose } = await prepare(name, expected);
  const state = initialState();
  if (sums) runner.factor = () => steps[state.step]!.batches.length;
  const shuffled = [...examples];
  const arrange = (epoch: number) => {
    const order = permutation(randomKey(SEED, "shuffle", epoch), examples.length);
    for (const [at, i] of order.entries()) shuffled[i] = examples[at]!;
  };
  arrange(1);
  const job: TrainingJob = {
    options: {
      ...options,
      seed: SEED,
      epochs: steps.length / Math.ceil(Math.ceil(examples.length / BATCH) / accumulationSteps),
      batchSize: BATCH,
      gradientAccumulation: accumulationSteps,
      warmup: warmupSteps,
      bestMetric: "loss",
      earlyStopping: 0,
    },
    texts: { count: examples.length, ids: (i) => Int32Array.from(shuffled[i]!.ids) },
    get labels() {
      return shuffled.map(({ label }) => label);
    },
    layout: model.encoder,
    runner,
    optimizer: new Optimizer(memory, expected.options),
    validate: async () => {
      arrange(state.epochs.length + 2);
      return { loss: 1, calibrationError: 0, accuracy: 0, precision: 0, recall: 0, f1: 0, perClass: [], confusion: [] };
    },
  };
  const events: StepEvent[] = [];
  for await (const event of trainEpochs(job, state)) if (event.type === "step") events.push(event);
  await dispose();
  return { steps, events, weights: memory.weights, firstGradients: runner.firstGradients };
}

function storedIn(name: string, file: string): Record<string, Float32Array> {
  const stored = openSafetensors(join(root, name, file));
  const tensors = [...stored.tensors.keys()].map((tensor) => {
    const values = new Float32Array(stored.tensors.get(tensor)!.shape.reduce((a, b) => a * b, 1));
    stored.readFloat32(tensor, values);
    return [tensor, values];
  });
  stored.close();
  return Object.fromEntries(tensors);
}

const relativeError = (actual: number, expected: number) => Math.abs(actual - expected) / Math.abs(expected);

/**
 * A key's bias moves all scores of a query alike, and softmax does not notice: its gradient is 0 but for rounding. AdamW
 * divides a gradient by its own size and makes whole steps of that rounding, so there is nothing to compare.
 */
const isKeyBias = (name: string) => name.endsWith("attention.self.key.bias");

/** The same happens to the few numbers whose first gradient is no larger than the rounding of gradients around 1. */
const TINY_GRADIENT = 3e-7;
const MOST_TINY = 4;

/**
 * Trainer 5.18 adds up the gradients of the batches of a step where it meant to take their mean
 * (huggingface/transformers#47688); Attune takes the mean. `accumulate` is Trainer's sum: to retrace it, the gradients
 * are multiplied by the number of batches, which is then the only difference. `accumulate-mean` needs nothing.
 */
describe.each(cases)("20 steps of %s follow PyTorch", (name) => {
  const sums = expectedOf(name).options.accumulation === "sum";
  let run: Awaited<ReturnType<typeof retrace>>;
  beforeAll(async () => {
    run = await retrace(name, { sums });
  });

  test("losses, gradient norms and learning rates", () => {
    const { steps, events } = run;
    expect(events.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
    for (const [i, { loss, gradientNorm, learningRate, batches }] of steps.entries()) {
      const event = events[i]!;
      expect(relativeError(event.loss, loss)).toBeLessThan(2e-6);
      expect(relativeError(event.gradientNorm, gradientNorm)).toBeLessThan(3e-6);
      expect(Math.abs(event.learningRate - learningRate)).toBeLessThanOrEqual(4 * Number.EPSILON * learningRate);
      expect(event.examples).toBe(batches.flat().length);
    }
  });

  test("final weights", () => {
    const { weights, firstGradients } = run;
    const final = storedIn(name, "final.safetensors");
    const first = storedIn(name, "model.safetensors");
    expect(Object.keys(final).sort()).toEqual(Object.keys(weights).sort());
    let tiny = 0;
    let worst = 0;
    let moved = 0;
    for (const [tensor, values] of Object.entries(final)) {
      if (isKeyBias(tensor)) continue;
      const actual = valuesOf(weights, tensor);
      for (const [i, value] of values.entries()) {
        const gradient = Math.abs(firstGradients[tensor]![i]!);
        if (gradient > 0 && gradient < TINY_GRADIENT) tiny++;
        else worst = Math.max(worst, Math.abs(actual[i]! - value));
        moved = Math.max(moved, Math.abs(first[tensor]![i]! - value));
      }
    }
    expect(worst).toBeLessThan(3e-6);
    expect(tiny).toBeLessThanOrEqual(MOST_TINY);
    expect(moved).toBeGreaterThan(5e-3);
  });
});

test("the gradients of the first step equal PyTorch's", async () => {
  const expected = expectedOf("plain");
  const { model, runner, dispose } = await prepare("plain", expected);
  const examples = expected.steps[0]!.batches[0]!.map((i) => expected.examples[i]!);
  const ids = examples.map((example) => Int32Array.from(example.ids));
  const batch = packBatch(ids, model.encoder);
  const labels = examples.map(({ label }) => label);
  await runner.run(batch, labels, SEED, 0);
  await dispose();
  const gradients = runner.gradients(batch);
  const stored = storedIn("plain", "gradients.safetensors");
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(stored).sort());
  for (const [name, values] of Object.entries(stored)) {
    const worst = Math.max(...values.map((value, i) => Math.abs(value - gradients[name]![i]!)));
    const largest = Math.max(...values.map(Math.abs));
    if (isKeyBias(name)) expect(worst + largest).toBeLessThan(1e-6);
    else expect(worst / largest, name).toBeLessThan(5e-6);
  }
});

test("without the factor, a step's gradient is the mean of its batches' gradients", async () => {
  const { steps, events } = await retrace("accumulate", { sums: false });
  // Two steps without a difference in weights: the first of a warm-up has rate 0.
  for (const [i, { gradientNorm, batches }] of steps.slice(0, 2).entries())
    expect(relativeError(batches.length * events[i]!.gradientNorm, gradientNorm)).toBeLessThan(3e-6);
  const differences = steps.map(({ loss }, i) => relativeError(events[i]!.loss, loss));
  expect(Math.max(...differences)).toBeGreaterThan(1e-3);
});

test("the cases cover both accumulations, every schedule, decay and clipping", () => {
  const options = cases.map((name) => expectedOf(name).options);
  expect(cases.length).toBe(6);
  expect(new Set(options.map(({ schedule }) => schedule))).toEqual(new Set(["linear", "cosine", "constant"]));
  expect(new Set(options.map(({ accumulation }) => accumulation))).toEqual(new Set(["sum", "mean"]));
  for (const key of ["weightDecay", "warmupSteps", "maxGradientNorm"] as const)
    expect(new Set(options.map((o) => o[key] > 0))).toEqual(new Set([true, false]));
});
