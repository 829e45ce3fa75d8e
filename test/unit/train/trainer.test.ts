import { describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import type { Executable } from "../../../src/engine/engine.ts";
import type { HostTensors } from "../../../src/engine/engine-tensors.ts";
import { type PackedBatch, packBatch } from "../../../src/models/batch.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import type { TrainingOptions } from "../../../src/train/loop-options.ts";
import type { SplitMetrics } from "../../../src/train/metrics.ts";
import type { Optimizer } from "../../../src/train/optimizer.ts";
import { LOSS, LOSS_WEIGHT, TARGETS } from "../../../src/train/program.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import {
  type EpochEvent,
  initialState,
  type StepEvent,
  stepsPerEpoch,
  type TrainingState,
  trainEpochs,
} from "../../../src/train/trainer.ts";

const OPTIONS: TrainingOptions = {
  seed: 1,
  epochs: 3,
  batchSize: 2,
  gradientAccumulation: 1,
  learningRate: 0.5,
  schedule: "linear",
  warmup: 0,
  weightDecay: 0,
  maxGradientNorm: 1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  bestMetric: "loss",
  earlyStopping: 0,
};

const metrics = (found: Partial<SplitMetrics>): SplitMetrics => ({
  ...{ loss: 1, calibrationError: 0, accuracy: 0, precision: 0, recall: 0, f1: 0, perClass: [], confusion: [] },
  ...found,
});

interface Script extends Partial<TrainingOptions> {
  readonly examples?: number;
  /** Loss of the n-th batch, from 0. */
  readonly loss?: (batch: number) => number;
  readonly norm?: (step: number) => number;
  /** Validation of each epoch; the last one stays. */
  readonly validations?: readonly Partial<SplitMetrics>[];
  readonly state?: TrainingState;
  readonly stopAfter?: number;
}

/** Runs the loop with a runner and an optimizer that follow a script and note what they are asked to do. */
async function run({ examples = 5, loss = () => 1, norm = () => 1, validations = [{}], ...rest }: Script) {
  const { state = initialState(), stopAfter = Number.POSITIVE_INFINITY, ...options } = rest;
  const batches: { texts: number[]; labels: readonly number[]; seed: number; draw: number }[] = [];
  const rates: number[] = [];
  const received: number[] = [];
  let pending = 0;
  const job = {
    options: { ...OPTIONS, ...options },
    // Text i has i + 1 tokens, all of them i; its label is 100 + i.
    texts: { count: examples, ids: (i: number) => new Int32Array(i + 1).fill(i) },
    labels: Array.from({ length: examples }, (_, i) => 100 + i),
    layout: { heads: 1 },
    operations: { forward: "tokens+3", backward: "2*batch*length" },
    runner: {
      run: async ({ firstToken, tokenIds }: PackedBatch, labels: readonly number[], seed: number, draw: number) => {
        batches.push({ texts: [...firstToken].map((at) => tokenIds[at]!), labels, seed, draw });
        return loss(batches.length - 1);
      },
    } as unknown as BatchRunner,
    optimizer: {
      receive: () => void pending++,
      update: (rate: number) => {
        rates.push(rate);
        received.push(pending);
        pending = 0;
        return norm(rates.length);
      },
    } as unknown as Optimizer,
    validate: async () => metrics(validations[Math.min(state.epochs.length, validations.length - 1)]!),
  };
  const steps: StepEvent[] = [];
  const epochs: EpochEvent[] = [];
  for await (const event of trainEpochs(job, state)) {
    if (event.type === "step") steps.push(event);
    else epochs.push(event);
    if (steps.length === stopAfter) break;
  }
  return { steps, epochs, batches, rates, received, state };
}

describe("batches", () => {
  const textsOf = ({ batches }: Awaited<ReturnType<typeof run>>) => batches.map(({ texts }) => texts);

  test("an epoch takes each text once, with its label; its last batch is short", async () => {
    const { batches, steps } = await run({ examples: 5, epochs: 2 });
    expect(batches.map(({ texts }) => texts.length)).toEqual([2, 2, 1, 2, 2, 1]);
    for (const { texts, labels } of batches) expect(labels).toEqual(texts.map((i) => 100 + i));
    for (const epoch of [batches.slice(0, 3), batches.slice(3)])
      expect(epoch.flatMap(({ texts }) => texts).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(steps.map(({ examples }) => examples)).toEqual([2, 2, 1, 2, 2, 1]);
    expect(steps.map(({ tokens }) => tokens)).toEqual(batches.map(({ texts }) => texts.reduce((a, i) => a + i + 1, 0)));
  });

  test("the operations of each are added up, by its sizes", async () => {
    const { state, batches } = await run({ examples: 5, epochs: 2 });
    const sizes = batches.map(({ texts }) => texts.map((i) => i + 1));
    const forward = sizes.reduce((sum, lengths) => sum + lengths.reduce((a, b) => a + b) + 3, 0);
    const backward = sizes.reduce((sum, lengths) => sum + 2 * lengths.length * Math.max(...lengths), 0);
    expect(state.operations).toEqual({ forward, backward });
  });

  test("the order depends on seed and epoch, and on nothing else", async () => {
    const script = { examples: 40, epochs: 2, batchSize: 40 };
    const [first, second] = textsOf(await run(script)) as [number[], number[]];
    const [other] = textsOf(await run({ ...script, seed: 2 })) as [number[]];
    const plain = Array.from({ length: 40 }, (_, i) => i);
    expect(new Set([first, second, other, plain].map(String)).size).toBe(4);
    const again = await run({ ...script, batchSize: 7, learningRate: 1e-3, gradientAccumulation: 3 });
    expect(textsOf(again).flat()).toEqual([...first, ...second]);
  });

  test("each batch draws masks of its own, the same whatever went before", async () => {
    const { batches } = await run({ examples: 8, epochs: 2, gradientAccumulation: 3, seed: 7 });
    // Steps of 3 batches and of 1; a short group leaves numbers out.
    expect(batches.map(({ draw }) => draw)).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
    expect(new Set(batches.map(({ seed }) => seed))).toEqual(new Set([7]));
  });
});

describe("steps", () => {
  test.each([
    [10, 2, 1, 5],
    [11, 2, 1, 6],
    [11, 2, 3, 2],
    [13, 2, 3, 3],
    [1, 16, 8, 1],
  ])(
    "%d texts in batches of %d, %d batches a step: %d",
    async (examples, batchSize, gradientAccumulation, expected) => {
      const { steps, received } = await run({ examples, batchSize, gradientAccumulation, epochs: 2 });
      expect(stepsPerEpoch(examples, { ...OPTIONS, batchSize, gradientAccumulation })).toBe(expected);
      expect(steps.length).toBe(2 * expected);
      expect(received.reduce((a, b) => a + b, 0)).toBe(2 * Math.ceil(examples / batchSize));
      expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
      expect(new Set(steps.map(({ totalSteps }) => totalSteps))).toEqual(new Set([2 * expected]));
      expect(steps.map(({ epoch }) => epoch)).toEqual(steps.map((_, i) => (i < expected ? 1 : 2)));
    },
  );

  test("the loss of a step is the mean over its batches, however short; the epoch's is the mean over its steps", async () => {
    const losses = [1, 2, 6, 10, 20, 8, 16, 40];
    const { steps, epochs } = await run({
      examples: 7, // batches of 2, 2, 2, 1: steps of 3 batches and of 1
      epochs: 2,
      gradientAccumulation: 3,
      loss: (batch) => losses[batch]!,
    });
    expect(steps.map(({ loss }) => loss)).toEqual([3, 10, 44 / 3, 40]);
    expect(epochs.map(({ trainLoss }) => trainLoss)).toEqual([6.5, (44 / 3 + 40) / 2]);
  });

  test("the learning rate follows the schedule over all epochs, after a warm-up", async () => {
    const { rates, steps } = await run({ examples: 4, epochs: 3, warmup: 0.3 }); // 6 steps, 2 of them warm-up
    expect(rates).toEqual([0, 0.25, 0.5, 0.375, 0.25, 0.125]);
    expect(steps.map(({ learningRate }) => learningRate)).toEqual(rates);
  });

  test("the gradient norm is what the optimizer says", async () => {
    const { steps } = await run({ examples: 4, epochs: 1, norm: (step) => 10 * step });
    expect(steps.map(({ gradientNorm }) => gradientNorm)).toEqual([10, 20]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a loss of %d ends training before its update", async (bad) => {
    let updates = 0;
    const error = await run({
      loss: (batch) => (batch === 4 ? bad : 1),
      norm: () => ++updates,
    }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AttuneError);
    const { code, kind, message } = error as AttuneError;
    expect([code, kind]).toEqual(["train/diverged", "failure"]);
    expect(message).toBe(`the loss became ${bad} at step 5 (epoch 2): try a lower learning rate, or a warm-up`);
    expect(updates).toBe(4);
  });

  test("so does a gradient norm that is no number", async () => {
    const error = await run({ norm: (step) => (step === 2 ? Number.NaN : 1) }).catch((e: unknown) => e);
    expect(String(error)).toContain("the gradient norm became NaN at step 2 (epoch 1)");
  });
});

describe("BatchRunner", () => {
  const encoder = buildEncoder({ model_type: "bert", vocab_size: 9, hidden_size: 4, num_attention_heads: 2 }, 3, "");
  const program = { outputs: {}, dense: [], rows: [], masks: [], operations: { forward: 0, backward: 0 } };

  test("the loss of a batch is the mean over its texts, however few", async () => {
    const fed: HostTensors[] = [];
    const executable: Executable = {
      run: async (inputs, outputs) => {
        fed.push(inputs as HostTensors);
        (outputs as HostTensors)[LOSS]!.data[0] = 0.25 * fed.length;
      },
      dispose: async () => {},
    };
    const runner = new BatchRunner(program, executable, encoder, new CpuStore(encoder.parameters), plainObjective(3));
    const batchOf = (count: number) =>
      packBatch(
        Array.from({ length: count }, () => Int32Array.of(2, 3)),
        { heads: 2 },
      );
    expect(await runner.run(batchOf(4), [0, 1, 2, 1], 1, 0)).toBe(0.25);
    expect(await runner.run(batchOf(1), [2], 1, 1)).toBe(0.5);
    expect(fed.map((inputs) => [...(inputs[LOSS_WEIGHT]!.data as Float32Array)])).toEqual([[1 / 4], [1]]);
    expect(fed.map((inputs) => [...(inputs[TARGETS]!.data as Float32Array)])).toEqual([
      [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0],
      [0, 0, 1],
    ]);
    expect(fed.map((inputs) => inputs[TARGETS]!.dims)).toEqual([
      [4, 3],
      [1, 3],
    ]);
  });
});

describe("the best epoch", () => {
  const loss = (...values: number[]) => values.map((value) => ({ loss: value }));

  test("is never one whose loss is NaN: that ends the run", async () => {
    const error = await run({ validations: loss(2, Number.NaN, 1) }).catch((e: unknown) => e);
    expect(String(error)).toMatch(/the validation loss became NaN at step \d+ \(epoch 2\)/);
  });

  test.each<[string, Script, number, boolean[]]>([
    ["the lowest loss", { validations: loss(3, 1, 2) }, 2, [true, true, false]],
    ["the earliest of equals", { validations: loss(2, 2, 2) }, 1, [true, false, false]],
    ["lower by however little", { validations: loss(2, 2 - 1e-15, 2) }, 2, [true, true, false]],
    ["infinity is better than nothing", { validations: loss(Infinity, Infinity, 5) }, 3, [true, false, true]],
    [
      "the highest accuracy",
      {
        bestMetric: "accuracy",
        validations: [
          { accuracy: 0.1, loss: 1 },
          { accuracy: 0.3, loss: 3 },
          { accuracy: 0.2, loss: 0 },
        ],
      },
      2,
      [true, true, false],
    ],
    [
      "the highest F1, the earliest of equals",
      { bestMetric: "f1", validations: [{ f1: 0.2 }, { f1: 0.3, accuracy: 1 }, { f1: 0.3, loss: 0 }] },
      2,
      [true, true, false],
    ],
    ["an accuracy of 0 is better than nothing", { bestMetric: "accuracy" }, 1, [true, false, false]],
  ])("%s", async (_, script, best, flags) => {
    const { state, epochs } = await run(script);
    expect(state.bestEpoch).toBe(best);
    expect(epochs.map((epoch) => epoch.best)).toEqual(flags);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(state.epochs.map(({ validation }) => validation)).toEqual(epochs.map(({ validation }) => validation));
  });

  test.each<[string, Script, number]>([
    ["never, unless asked for", { validations: loss(1, 2, 3, 4, 5, 6) }, 6],
    ["after one epoch that is no better", { earlyStopping: 1, validations: loss(3, 2, 2, 1) }, 3],
    ["after two", { earlyStopping: 2, validations: loss(3, 4, 2, 5, 6, 1) }, 5],
    ["not while it gets better", { earlyStopping: 1, validations: loss(6, 5, 4, 3, 2, 1) }, 6],
    [
      "by the metric that was chosen",
      {
        earlyStopping: 1,
        bestMetric: "f1",
        validations: [
          { f1: 0.1, loss: 1 },
          { f1: 0.2, loss: 2 },
          { f1: 0.2, loss: 0 },
        ],
      },
      3,
    ],
  ])("training stops early: %s", async (_, script, epochs) => {
    const { state, steps } = await run({ epochs: 6, ...script });
    expect(state.epochs.length).toBe(epochs);
    expect(steps.length).toBe(3 * epochs);
    expect(steps[0]!.totalSteps).toBe(18);
  });
});

describe("a run that goes on from its state", () => {
  const script = {
    examples: 9,
    epochs: 3,
    gradientAccumulation: 2,
    seed: 3,
    loss: (batch: number) => 1 / (batch + 1),
    validations: [{ loss: 3 }, { loss: 2 }, { loss: 4 }],
  };
  const timeless = <E extends { seconds: number }>(events: readonly E[]) =>
    events.map(({ seconds: _, ...rest }) => rest);

  test.each([1, 2, 3, 4, 5, 7, 8])("after step %d does what it would have done", async (stopAfter) => {
    const whole = await run(script);
    const before = await run({ ...script, stopAfter });
    const done = before.batches.length;
    const state: TrainingState = JSON.parse(JSON.stringify(before.state));
    const after = await run({ ...script, state, loss: (batch) => script.loss(batch + done) });
    expect([...before.batches, ...after.batches]).toEqual(whole.batches);
    expect([...before.rates, ...after.rates]).toEqual(whole.rates);
    expect(timeless([...before.steps, ...after.steps])).toEqual(timeless(whole.steps));
    expect(timeless([...before.epochs, ...after.epochs])).toEqual(timeless(whole.epochs));
    expect(after.state.bestEpoch).toBe(2);
    expect(after.state.tokens).toBe(3 * 45);
  });

  test("seconds of an epoch are those of its steps and its validation", async () => {
    const { steps, epochs, state } = await run(script);
    const sum = (values: readonly { readonly seconds: number }[]) => values.reduce((a, { seconds }) => a + seconds, 0);
    expect(sum(epochs)).toBeCloseTo(sum(steps) + state.evaluationSeconds, 9);
    expect(state.trainSeconds).toBeCloseTo(sum(steps), 9);
  });
});
