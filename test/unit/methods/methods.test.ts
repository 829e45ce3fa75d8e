/** What every method must do, whatever it is: one table over the registry. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { adaptModel, startAdded } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { type MethodName, methodNames } from "../../../src/methods/registry.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import type { Encoder } from "../../../src/models/encoder.ts";
import type { HeadName } from "../../../src/models/head-choice.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { resume, train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { Optimizer } from "../../../src/train/optimizer.ts";
import { evaluationProgram, LOGITS, trainingProgram } from "../../../src/train/program.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { tinyFolder, tinyLabels } from "../../methods-folder.ts";

interface Row {
  readonly method: MethodName;
  readonly options?: object;
  /** Options that are not the method's own. */
  readonly shared?: { readonly head?: HeadName; readonly mlpSize?: number };
  /** Whether the model computes what the base computes before training begins. */
  readonly startsAsBase: boolean;
  readonly learningRate: number;
}

const rows: readonly Row[] = [
  { method: "none", startsAsBase: true, learningRate: 1e-3 },
  { method: "full", startsAsBase: true, learningRate: 1e-3 },
  { method: "full", options: { layers: "top:1" }, startsAsBase: true, learningRate: 1e-3 },
  { method: "probe", startsAsBase: true, learningRate: 1e-2 },
  ...["cls", "mean", "max", "attention", "mean+mlp", "pooler+mlp"].map((head) => ({
    method: "probe" as const,
    shared: { head: head as HeadName },
    startsAsBase: true,
    learningRate: 1e-2,
  })),
  { method: "full", shared: { head: "attention+mlp", mlpSize: 8 }, startsAsBase: true, learningRate: 1e-3 },
  { method: "lora", shared: { head: "max" }, startsAsBase: true, learningRate: 1e-2 },
  { method: "bitfit", startsAsBase: true, learningRate: 1e-2 },
  { method: "prompt", options: { virtualTokens: 3 }, startsAsBase: false, learningRate: 1e-2 },
  { method: "prompt", options: { virtualTokens: 2, init: "vocabulary" }, startsAsBase: false, learningRate: 1e-2 },
  { method: "prompt", options: { virtualTokens: 2, init: "random" }, startsAsBase: false, learningRate: 1e-2 },
  { method: "prefix", options: { virtualTokens: 3 }, startsAsBase: false, learningRate: 1e-2 },
  { method: "prefix", options: { virtualTokens: 3, projection: true }, startsAsBase: false, learningRate: 1e-2 },
  { method: "lora", startsAsBase: true, learningRate: 1e-2 },
  {
    method: "lora",
    options: { targets: ["all-linear"], rank: 2, dropout: 0.1, bias: "all", rslora: true },
    startsAsBase: true,
    learningRate: 1e-2,
  },
  { method: "lora", options: { dora: true }, startsAsBase: true, learningRate: 1e-2 },
  {
    method: "lora",
    options: { dora: true, targets: ["all-linear"], rank: 2, dropout: 0.1 },
    startsAsBase: true,
    learningRate: 1e-2,
  },
  { method: "ia3", startsAsBase: true, learningRate: 1e-2 },
  {
    method: "ia3",
    options: { targets: ["query", "intermediate", "output"], feedForward: ["output"], layers: "top:1" },
    startsAsBase: true,
    learningRate: 1e-2,
  },
];

const engine = onnxRuntimeEngine({ threads: 1 });
const root = mkdtempSync(join(tmpdir(), "attune-methods-"));
afterAll(() => rmSync(root, { recursive: true }));

const { model: base, data } = tinyFolder(root);

test("the table has every method", () => {
  expect([...new Set(rows.map(({ method }) => method))].sort()).toEqual([...methodNames].sort());
});

describe.each(rows)("$method $options $shared", ({ method, options = {}, shared = {}, startsAsBase, learningRate }) => {
  const head = shared.head && { ...shared, head: shared.head };
  const trainOptions = (out: string, changes: object = {}) =>
    ({
      model: base,
      data,
      out: join(root, out),
      method,
      ...(method === "none" ? {} : { epochs: 2, batchSize: 8, learningRate }),
      threads: 1,
      ...options,
      ...shared,
      ...changes,
    }) as TrainOptions;
  const outs = (name: string) => `${method}-${JSON.stringify({ ...options, ...shared }).replace(/\W/g, "")}-${name}`;
  const kept = (out: string) =>
    [
      method === "full" && !("layers" in options) ? "model/model.safetensors" : "adapter/adapter.safetensors",
      "predictions/test.jsonl",
    ].map((file) => readFileSync(join(root, out, file)));

  test("starts where it should, changes only what it declares, and merges", async () => {
    const model = await openModel(base, tinyLabels, head);
    const setting = { semantics: "attune", trainHead: true, trainPooler: false, fresh: model.fresh } as const;
    const { encoder, trained, adaptation } = adaptModel(model.encoder, chooseMethod(method, options), setting);
    const program = trainingProgram(encoder, trained);
    const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 100, gradientAccumulation: 1 });
    const valuesOf = (name: string) => memory.weights[name]!.data as Float32Array;
    model.readInto(valuesOf, 1);
    model.close();
    const adapted = { encoder, trained, adaptation };
    startAdded(adapted, { seed: 1, weights: valuesOf, tokenize: () => Int32Array.of(2, 7, 9, 3) });
    const before = await logitsOf(encoder, memory);
    const plain = await logitsOf(model.encoder, memory);
    if (startsAsBase) expectClose(before, plain, 1e-6);
    else expect(Math.max(...before.map((x, i) => Math.abs(x - plain[i]!)))).toBeGreaterThan(1e-4);

    const saved = new Map(encoder.parameters.map(({ name }) => [name, valuesOf(name).slice()]));
    const executable = await engine.compile(program.outputs);
    const runner = new BatchRunner(program, executable, encoder, memory, plainObjective(tinyLabels.length));
    const optimizer = new Optimizer(memory, { ...ADAMW });
    const batch = packBatch(IDS, encoder);
    const losses: number[] = [];
    for (let step = 0; step < 12; step++) {
      losses.push(await runner.run(batch, [0, 1, 0], 1, step));
      optimizer.receive(batch);
      await optimizer.update(learningRate);
    }
    await executable.dispose();
    const changed = encoder.parameters.filter(({ name }) => saved.get(name)!.some((v, i) => v !== valuesOf(name)[i]));
    expect(changed.map((p) => p.name)).toEqual(trained.map((p) => p.name));
    if (trained.length > 0) expect(losses.at(-1)!).toBeLessThan(losses[0]!);

    const { merge } = adaptation;
    if (!merge) return;
    const separate = await logitsOf(encoder, memory);
    const unmerged = new Map(model.encoder.parameters.map(({ name }) => [name, valuesOf(name).slice()]));
    merge(valuesOf, 1);
    expectClose(await logitsOf(model.encoder, memory), separate, 1e-5);
    merge(valuesOf, -1);
    for (const [name, values] of unmerged) expectClose(valuesOf(name), values, 1e-6);
  });

  test("no memory for gradients or moments of frozen weights", async () => {
    const model = await openModel(base, tinyLabels, head);
    model.close();
    const setting = { semantics: "attune", trainHead: true, trainPooler: false, fresh: model.fresh } as const;
    const { encoder, trained } = adaptModel(model.encoder, chooseMethod(method, options), setting);
    const program = trainingProgram(encoder, trained);
    const { trainables } = new CpuStore(encoder.parameters, { ...program, maxTokens: 100, gradientAccumulation: 1 });
    expect(trainables.map(({ parameter }) => parameter)).toEqual(trained);
    const outputs = [...program.dense, ...program.rows].map(({ parameter }) => parameter);
    expect(outputs.sort()).toEqual(trained.map(({ name }) => name).sort());
  });

  test("a run is kept, loaded and repeated to the bit, interrupted or not", async () => {
    const [first, second, third] = [outs("first"), outs("second"), outs("third")] as const;
    for await (const _ of train(trainOptions(first)));
    for await (const _ of train(trainOptions(second)));
    expect(kept(second)).toEqual(kept(first));

    const lines = readFileSync(join(root, first, "predictions", "test.jsonl"), "utf8")
      .trim()
      .split("\n");
    const predictions: { text: string; logits: number[] }[] = lines.map((line) => JSON.parse(line));
    const classifier = await load(join(root, first), { threads: 1 });
    const again = await classifier.predict(predictions.map(({ text }) => text));
    await classifier.dispose();
    // What a projection makes is computed once more, and more exactly, when it is folded away.
    const precision = "projection" in options ? 1e-5 : 0;
    for (const [i, { logits }] of again.entries()) expectClose(logits, predictions[i]!.logits, precision);

    if (method === "none") return;
    const stop = new AbortController();
    const interrupted = async () => {
      for await (const event of train(trainOptions(third), { signal: stop.signal }))
        if (event.type === "step" && event.step === 7) stop.abort();
    };
    await expect(interrupted()).rejects.toThrow("stopped after step 7");
    for await (const _ of resume(join(root, third)));
    expect(kept(third)).toEqual(kept(first));
  });
});

const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 };
const IDS = [
  [2, 7, 3],
  [2, 9, 30, 41, 3],
  [2, 12, 13, 3],
].map((ids) => Int32Array.from(ids));

async function logitsOf(encoder: Encoder, memory: CpuStore): Promise<Float32Array> {
  const executable = await engine.compile(evaluationProgram(encoder));
  const logits = new Float32Array(IDS.length * tinyLabels.length);
  const batch = packBatch(IDS, encoder);
  const inputs = { ...memory.weights, ...batchValues(batch, encoder) };
  await executable.run(inputs, { [LOGITS]: float32(logits, [IDS.length, tinyLabels.length]) });
  await executable.dispose();
  return logits;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, precision: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThanOrEqual(precision);
}
