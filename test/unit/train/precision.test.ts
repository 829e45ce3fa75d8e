/** Every method and every encoder with its frozen products in 8 bits. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { evaluateShape } from "../../../src/graph/dim.ts";
import { int8ProductOp } from "../../../src/graph/ops/int8-product.ts";
import { input, inputName } from "../../../src/graph/ops/leaf.ts";
import { affineOp, productOp } from "../../../src/graph/ops/linalg.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { apply, type HostTensor, type Tensor } from "../../../src/graph/tensor.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { findFrozenFeatures } from "../../../src/train/frozen-features.ts";
import { inPrecision } from "../../../src/train/precision.ts";
import { evaluationProgram } from "../../../src/train/program.ts";
import { targetInputs } from "../../../src/train/step.ts";
import { ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { fixtures } from "../tables/scratch.ts";
import { type Fixture, prepareInPrecision } from "./prepared-in-precision.ts";

const engine = onnxRuntimeEngine({ threads: 1 });

/** The fixtures of methods on BERT, and of methods on the other families: folder of the model, and what is trained. */
const methods = readdirSync(join(fixtures, "methods"))
  .filter((name) => existsSync(join(fixtures, "methods", name, "expected.json")))
  .map((name) => [name, join(fixtures, "methods", "base"), join(fixtures, "methods", name, "expected.json")] as const);
const families = readdirSync(join(fixtures, "families")).flatMap((family) =>
  ["train-full", "train-lora", "train-prompt"].map((name) => {
    const folder = join(fixtures, "families", family, name);
    return [`${family} ${name}`, folder, join(folder, "training.json")] as const;
  }),
);

/** Where everything is trained. */
const whole = families.filter(([name]) => name.endsWith("full"));

describe.each([
  ...[...methods, ...families].map((found) => [...found, "int8"] as const),
  ...whole.map((found) => [...found, "int8-all"] as const),
])("%s", (_, folder, file, precision) => {
  test(`${precision}: products are in 8 bits, forward and backward, and equal to what they read`, async () => {
    const fixture: Fixture = JSON.parse(readFileSync(file, "utf8"));
    const { adapted, program, outputs, store } = await prepareInPrecision(
      folder,
      fixture,
      precision,
      await engine.largestInt8(),
    );
    const { encoder, trained } = adapted;
    const isTrained = new Set(precision === "int8" ? trained.map(({ name }) => name) : []);
    const isQuantized = (weight: Tensor | undefined) => {
      const name = weight && inputName(weight);
      const own = encoder.parameters.find((parameter) => parameter.name === name);
      return own?.part === "encoder" && own.kind === "weight" && !isTrained.has(own.name);
    };
    const nodes = nodesInOrder(Object.values(outputs));
    const before = nodesInOrder(Object.values(program.outputs)).filter(
      ({ op, inputs: [, w], attributes }) =>
        (op === productOp || op === affineOp) && !attributes.transA && isQuantized(w),
    );
    const quick = nodes.filter(({ op }) => op === int8ProductOp);
    expect(quick).toHaveLength(before.length);
    if (precision === "int8-all") expect(quick.length).toBeGreaterThan(8);
    for (const { op, inputs } of nodes.filter(({ op }) => op === productOp || op === affineOp))
      expect(inputs.slice(0, 2).some(isQuantized), op.name).toBe(false);

    // The loss, and what each of these products read and made of it.
    const rows = fixture.examples.slice(0, 4);
    const batch = packBatch(
      rows.map(({ ids }) => Int32Array.from(ids)),
      encoder,
    );
    const seen = Object.fromEntries(
      quick.flatMap(({ inputs: [x], outputs: [y] }, i) => [
        [`x${i}`, x!],
        [`y${i}`, y!],
      ]),
    );
    const watched: Record<string, Tensor> = { loss: outputs.loss!, ...seen };
    const results = Object.fromEntries(
      Object.entries(watched).map(([name, { shape }]) => {
        const dims = evaluateShape(shape, batch.sizes);
        return [name, float32(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims)];
      }),
    );
    const executable = await engine.compile(watched);
    const labels = rows.map(({ label }) => label);
    const targets = targetInputs(labels, plainObjective(outputs.loss ? labelCountOf(adapted) : 0));
    const feeds = { ...store.weights, ...batchValues(batch, encoder), ...targets };
    await executable.run(feeds, results);
    await executable.dispose();
    expect(results.loss!.data[0]).toBeGreaterThan(0);
    for (const [i, { inputs, attributes }] of quick.entries()) {
      const [, weight, scales] = inputs as [Tensor, Tensor, Tensor];
      const given: Record<string, HostTensor> = { x: results[`x${i}`]! };
      for (const {
        outputs: [y],
      } of nodesInOrder([weight, scales])) {
        const name = inputName(y!);
        if (name !== undefined) given[name] = store.weights[name] as HostTensor;
      }
      const values = Object.fromEntries(
        Object.entries(given).map(([name, { dims, data }]) => [name, ndarray(dims, Array.from(data as Float32Array))]),
      );
      const x = input("x", "float32", given.x!.dims);
      const [expected] = evaluate([apply(int8ProductOp, [x, weight, scales], attributes as { alpha: number })], values);
      const largest = Math.max(1e-30, ...expected!.data.map(Math.abs));
      const found = results[`y${i}`]!.data as Float32Array;
      const worst = expected!.data.reduce((most, value, at) => Math.max(most, Math.abs(value - found[at]!)), 0);
      expect(worst / largest).toBeLessThan(1e-5);
    }
  });
});

const labelCountOf = ({ encoder }: Awaited<ReturnType<typeof prepareInPrecision>>["adapted"]): number =>
  encoder.parameters.find(({ name }) => name === encoder.linears.find(({ role }) => role === "classifier")!.weight)!
    .shape[0]!;

test("of a model whose top layers alone are trained, the frozen part is in 8 bits, and its features too", async () => {
  const file = join(fixtures, "methods", "full-top", "expected.json");
  const { adapted } = await prepareInPrecision(
    join(fixtures, "methods", "base"),
    JSON.parse(readFileSync(file, "utf8")),
    "int8",
    127,
  );
  const features = findFrozenFeatures(adapted.encoder, adapted.trained)!;
  const programs = {
    features: features.outputs,
    above: evaluationProgram(adapted.encoder, features),
    whole: evaluationProgram(adapted.encoder),
  };
  const quick = inPrecision({ precision: "int8" }, adapted, programs);
  const count = (outputs: Readonly<Record<string, Tensor>>) =>
    nodesInOrder(Object.values(outputs)).filter(({ op }) => op === int8ProductOp).length;
  expect(count(quick.programs.features)).toBeGreaterThanOrEqual(6);
  expect(count(quick.programs.above)).toBe(0);
  expect(count(quick.programs.whole)).toBe(count(quick.programs.features));
  // Nothing goes back through them, so each stands as the forward pass reads it; the table of words as it is.
  const { wordTable } = adapted.encoder;
  for (const [weight, form] of quick.forms) expect(form, weight).toBe(weight === wordTable ? "int8" : "int8Turned");
  expect(quick.forms.has(wordTable)).toBe(true);
});
