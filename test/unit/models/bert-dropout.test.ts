import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import type { Executable } from "../../../src/engine/engine.ts";
import type { HostTensors } from "../../../src/engine/engine-tensors.ts";
import { evaluateShape } from "../../../src/graph/dim.ts";
import { inputName } from "../../../src/graph/ops/leaf.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import type { HostTensor } from "../../../src/graph/tensor.ts";
import { batchValues, type PackedBatch, packBatch } from "../../../src/models/batch.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { evaluationProgram, LOSS, LOSS_WEIGHT, TARGETS, trainingProgram } from "../../../src/train/program.ts";
import { BatchRunner } from "../../../src/train/step.ts";
import { assembleGradients } from "../../assemble.ts";
import { type NdArray, ndarray, sizeOf } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { fixtures } from "../tables/scratch.ts";

interface Call {
  readonly module: string;
  readonly rate: number;
  readonly shape: number[];
  readonly mask: number[];
}

const fixture: {
  readonly config: Record<string, unknown> & { hidden_size: number };
  readonly weights: Record<string, number[]>;
  readonly texts: { readonly ids: number[]; readonly label: number }[];
  readonly calls: Call[];
  readonly loss: number;
  readonly gradients: Record<string, number[]>;
} = JSON.parse(readFileSync(join(fixtures, "dropout.json"), "utf8"));
const LABELS = 3;

const encoderOf = (change: object = {}) => buildEncoder({ ...fixture.config, ...change }, LABELS, "config.json");
const programOf = (change: object = {}) => {
  const encoder = encoderOf(change);
  return trainingProgram(encoder, encoder.parameters);
};
const maskNames = (outputs: Parameters<typeof nodesInOrder>[0]) =>
  nodesInOrder(outputs)
    .map(({ outputs: [y] }) => inputName(y!))
    .filter((name) => name?.startsWith("mask:"))
    .sort();

/** Our name of the place where a module of Transformers drops out. */
const siteOf = (module: string) =>
  module === "dropout"
    ? "classifier"
    : module
        .replace(/^bert\.(encoder\.)?/, "")
        .replace(/\.self$/, "")
        .replace(/\.dropout$/, "");

describe("dropout is where Transformers has it", () => {
  test("same places, same order, same rates, masks of the same size", () => {
    const { masks } = programOf();
    expect(masks.map(({ site, rate }) => ({ site, rate }))).toEqual(
      fixture.calls.map(({ module, rate }) => ({ site: siteOf(module), rate })),
    );
    // PyTorch's batch of 3 texts is padded to 5 tokens; with 15 tokens ours has the same sizes.
    const sizes = { batch: 3, length: 5, tokens: 15 };
    expect(masks.map(({ shape }) => sizeOf(evaluateShape(shape, sizes)))).toEqual(
      fixture.calls.map(({ shape }) => sizeOf(shape)),
    );
  });

  test("the program takes each mask, and the one for evaluation none", () => {
    const { masks, outputs } = programOf();
    expect(maskNames(Object.values(outputs))).toEqual(masks.map(({ name }) => name).sort());
    expect(new Set(masks.map(({ name }) => name)).size).toBe(8);
    expect(maskNames(Object.values(evaluationProgram(encoderOf())))).toEqual([]);
  });

  const hidden = ["embeddings", ...[0, 1].flatMap((k) => [`layer.${k}.attention.output`, `layer.${k}.output`])];
  const attention = ["layer.0.attention", "layer.1.attention"];
  test.each<[string, object, Record<string, string[]>]>([
    [
      "the defaults",
      { hidden_dropout_prob: undefined, attention_probs_dropout_prob: undefined, classifier_dropout: undefined },
      { 0.1: [...hidden, ...attention, "classifier"] },
    ],
    [
      "classifier_dropout null: the hidden rate",
      { classifier_dropout: null },
      { 0.25: [...hidden, "classifier"], 0.375: attention },
    ],
    [
      "no hidden dropout, and so none before the classifier",
      { hidden_dropout_prob: 0, classifier_dropout: null },
      { 0.375: attention },
    ],
    [
      "no hidden dropout, and some before the classifier",
      { hidden_dropout_prob: 0 },
      { 0.375: attention, 0.5: ["classifier"] },
    ],
    ["no attention dropout", { attention_probs_dropout_prob: 0 }, { 0.25: hidden, 0.5: ["classifier"] }],
    ["none before the classifier", { classifier_dropout: 0 }, { 0.25: hidden, 0.375: attention }],
    ["none at all", { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, classifier_dropout: 0 }, {}],
  ])("%s", (_, change, expected) => {
    const { masks, outputs } = programOf(change);
    const rates = Object.entries(expected).flatMap(([rate, sites]) => sites.map((site) => [site, Number(rate)]));
    expect(Object.fromEntries(masks.map(({ site, rate }) => [site, rate]))).toEqual(Object.fromEntries(rates));
    expect(maskNames(Object.values(outputs)).length).toBe(masks.length);
  });
});

describe("with masks fixed", () => {
  const { texts } = fixture;
  const encoder = encoderOf();
  const program = programOf();
  const batch = packBatch(
    texts.map(({ ids }) => Int32Array.from(ids)),
    encoder,
  );
  const targets = texts.flatMap(({ label }) => Array.from({ length: LABELS }, (_, k) => (k === label ? 1 : 0)));
  const batchTensors = Object.entries(batchValues(batch, encoder)).map(([name, { dims, data }]) => [
    name,
    ndarray(dims, Array.from(data, Number)),
  ]);
  const values: Record<string, NdArray> = {
    ...Object.fromEntries(batchTensors),
    ...Object.fromEntries(encoder.parameters.map(({ name, shape }) => [name, ndarray(shape, fixture.weights[name]!)])),
    ...Object.fromEntries(
      program.masks.flatMap(({ name, factor, shape, rate }, i) => [
        [name, ndarray(evaluateShape(shape, batch.sizes), maskOf(fixture.calls[i]!, batch))],
        [factor, ndarray([], [1 / (1 - rate)])],
      ]),
    ),
    [TARGETS]: ndarray([texts.length, LABELS], targets),
    [LOSS_WEIGHT]: ndarray([], [1 / texts.length]),
  };
  const sizes = Object.fromEntries(encoder.parameters.map(({ name, shape }) => [name, sizeOf(shape)]));
  const names = Object.keys(program.outputs);
  const found = evaluate(Object.values(program.outputs), values, batch.sizes).map(({ data }) => data);
  const outputs = Object.fromEntries(names.map((name, i) => [name, found[i]!]));
  const gradients = assembleGradients(program, outputs, batch, sizes);

  test("loss and all gradients equal PyTorch's in float64", () => {
    expect(Math.abs(outputs[LOSS]![0]! - fixture.loss)).toBeLessThan(1e-13);
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(fixture.gradients).sort());
    for (const [name, expected] of Object.entries(fixture.gradients))
      for (const [i, value] of expected.entries())
        expect(Math.abs(gradients[name]![i]! - value), name).toBeLessThan(1e-13);
  });

  test("gradients equal finite differences", () => {
    const loss = program.outputs[LOSS]!;
    let largest = 0;
    for (const { name, shape } of encoder.parameters) {
      const lossAt = (at: number, delta: number) => {
        const moved = Float64Array.from(values[name]!.data);
        moved[at]! += delta;
        return evaluate([loss], { ...values, [name]: ndarray(shape, moved) }, batch.sizes)[0]!.data[0]!;
      };
      // Every seventh number: no row has a multiple of seven, so all columns get their turn.
      for (let at = 0; at < sizes[name]!; at += sizes[name]! > 7 ? 7 : 1) {
        const slope = (h: number) => (lossAt(at, h) - lossAt(at, -h)) / (2 * h);
        const expected = (4 * slope(5e-4) - slope(1e-3)) / 3;
        expect(Math.abs(gradients[name]![at]! - expected), `${name} ${at}`).toBeLessThan(1e-9);
        largest = Math.max(largest, Math.abs(expected));
      }
    }
    expect(largest).toBeGreaterThan(0.1);
  });
});

/** A mask of PyTorch's padded batch as ours: [batch, length, …] without its padding, others as they are. */
function maskOf({ shape, mask }: Call, { sizes, unpadIndex }: PackedBatch): number[] {
  if (shape.length !== 3) return mask;
  const width = shape[2]!;
  const heads = unpadIndex.length / sizes.tokens;
  return Array.from({ length: sizes.tokens }, (_, token) => {
    const place = unpadIndex[token * heads]!; // of head 0
    const row = Math.floor(place / (heads * sizes.length)) * sizes.length + (place % sizes.length);
    return mask.slice(row * width, (row + 1) * width);
  }).flat();
}

describe("the masks of a step", () => {
  const encoder = encoderOf({ hidden_size: 60, max_position_embeddings: 40 });
  const program = trainingProgram(encoder, encoder.parameters);
  const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 200, gradientAccumulation: 1 });
  const batch = packBatch(
    [40, 39, 40, 38].map((length) => new Int32Array(length).fill(2)),
    encoder,
  );

  /** The masks that a runner feeds, by site. */
  async function masksOf(seed: number, draw: number): Promise<Record<string, number[]>> {
    const fed: Record<string, HostTensor> = {};
    const executable: Executable = {
      run: async (inputs) => {
        for (const { name, factor, site, rate } of program.masks) {
          const mask = (inputs as HostTensors)[name]!;
          fed[site] = { ...mask, data: mask.data.slice() as Uint8Array };
          expect((inputs as HostTensors)[factor]!.data).toEqual(Float32Array.of(1 / (1 - rate)));
        }
      },
      dispose: async () => {},
    };
    const runner = new BatchRunner(program, executable, encoder, memory, plainObjective(LABELS));
    await runner.run(batch, [0, 1, 2, 0], seed, draw);
    for (const { site, shape } of program.masks) expect(fed[site]!.dims).toEqual(evaluateShape(shape, batch.sizes));
    return Object.fromEntries(Object.entries(fed).map(([site, { data }]) => [site, Array.from(data, Number)]));
  }

  test("hold 0 and 1, 0 with the probability `rate`, and come with the factor 1/(1 - rate)", async () => {
    const masks = await masksOf(1, 0);
    for (const { site, rate } of program.masks) {
      const values = masks[site]!;
      expect(new Set(values)).toEqual(new Set([0, 1]));
      const share = values.filter((value) => value === 0).length / values.length;
      expect(Math.abs(share - rate), site).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / values.length));
    }
  });

  test("depend on seed, draw and site, and on nothing else", async () => {
    const first = await masksOf(1, 5);
    expect(await masksOf(1, 5)).toEqual(first);
    const start = (mask: number[]) => mask.slice(0, 200).join("");
    const others = [first, await masksOf(1, 6), await masksOf(2, 5)].flatMap((masks) =>
      Object.values(masks).map(start),
    );
    expect(new Set(others).size).toBe(3 * 8);
  });
});
