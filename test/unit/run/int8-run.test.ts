/** Runs with precision int8: what they measure, keep and write, and when they are in float32 instead. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { exportRun, load, train } from "../../../src/index.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import type { RunFacts } from "../../../src/run/run-facts.ts";
import type { RunResult } from "../../../src/run/run-result.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { openSafetensors, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { inputError } from "../tables/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-int8-"));
afterAll(() => rmSync(root, { recursive: true }));
const model = tinyModel(join(root, "model"), { layers: 2 });
const data = tinyData(join(root, "data"), { rows: 24 });
const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(root, ...path), "utf8"));
const run = (out: string, options: Partial<TrainOptions>) =>
  train({ model, data, out: join(root, out), epochs: 2, batchSize: 8, threads: 1, ...options } as TrainOptions);

/** All tensors of a file by name. */
function tensorsOf(path: string): Map<string, Float32Array> {
  const file = openSafetensors(path);
  const found = [...file.tensors].map(([name, { shape }]) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    file.readFloat32(name, values);
    return [name, values] as const;
  });
  file.close();
  return new Map(found);
}

describe("a run in int8", () => {
  beforeAll(async () => {
    await run("plain", { method: "lora", rank: 2 });
    await run("int8", { method: "lora", rank: 2, precision: "int8" });
    await run("top", { method: "full", layers: "top:1", precision: "int8" });
    await run("all", { method: "full", precision: "int8-all" });
  }, 60_000);

  test("says what 8 bits changed before training, and what the best epoch is worth in float32", () => {
    const { options, precision } = json<RunFacts>("int8", "run.json");
    expect(options.precision).toBe("int8");
    expect(precision!.used).toBe("int8");
    expect([64, 127]).toContain(precision!.largestWeight);
    const { texts, logits, loss, gradients } = precision!.check;
    expect(texts).toBeGreaterThan(8);
    for (const { cosine, relativeError } of [logits, gradients!]) {
      expect(cosine).toBeGreaterThan(0.98);
      expect(relativeError).toBeGreaterThan(1e-5); // They are not the same.
    }
    expect(loss.int8).not.toBe(loss.float32);
    const { test: inInt8, testFloat32 } = json<RunResult>("int8", "result.json");
    expect(Math.abs(inInt8.loss - testFloat32!.loss)).toBeLessThan(0.02);
    expect(inInt8.loss).not.toBe(testFloat32!.loss);
  });

  test("the figures in float32 are those of the model as anyone else opens it", async () => {
    for (const name of ["int8", "top", "all"]) {
      await using classifier = await load(join(root, name), { threads: 1 });
      const { metrics } = await classifier.evaluate({ data });
      expect(json<RunResult>(name, "result.json").testFloat32).toEqual(metrics);
    }
    expect(json<RunResult>("plain", "result.json").testFloat32).toBeUndefined();
  });

  test("predicts in 8 bits what it was tested with, to the bit, and in float32 nearly the same", async () => {
    await using classifier = await load(join(root, "int8"), { threads: 1, precision: "int8", worker: false });
    const { metrics } = await classifier.evaluate({ data });
    expect(metrics).toEqual(json<RunResult>("int8", "result.json").test);
    const wrong = load(join(root, "int8"), { precision: "int4" as "int8", worker: false });
    await expect(wrong).rejects.toThrow('precision cannot be "int4": it must be "float32" or "int8"');
  });

  test("is exported in float32, which the export says", async () => {
    const notes = await exportRun(join(root, "int8"), { format: "transformers", out: join(root, "exported") });
    const { test, testFloat32 } = json<RunResult>("int8", "result.json");
    const [inInt8, inFloat32] = [test, testFloat32!].map(({ accuracy }) => accuracy.toFixed(4));
    expect(notes).toEqual(
      expect.arrayContaining([
        `The run was in int8; the export is in float32: accuracy ${inFloat32} on test, ${inInt8} in int8.`,
      ]),
    );
  });

  test("in int8-all trains with bytes of weights that change", async () => {
    const { precision } = json<RunFacts>("all", "run.json");
    expect(precision!.used).toBe("int8-all");
    const { base, test: last, testFloat32 } = json<RunResult>("all", "result.json");
    expect(last.loss).toBeLessThan(base.loss);
    // With the bytes of the weights that training began with, the figures would be far from each other.
    expect(Math.abs(last.loss - testFloat32!.loss)).toBeLessThan(0.05 * (base.loss - last.loss));
    expect(last.loss).not.toBe(testFloat32!.loss);
  });

  test("takes less memory for weights", () => {
    const bytes = (name: string) => json<RunResult>(name, "result.json").memory.weightBytes;
    expect(bytes("int8")).toBeLessThan(bytes("plain"));
  });
});

describe("on a processor that adds two products in 16 bits", () => {
  // The product with ±127 is one that saturates there; where it does not, that changes nothing of what ±64 gives.
  const makeEngine = (threads: number): Engine => ({ ...onnxRuntimeEngine({ threads }), largestInt8: async () => 64 });

  test("a run has weights within ±64, says so, and predicts with them what it was tested with", async () => {
    const out = join(root, "small");
    const options = { model, data, out, epochs: 1, batchSize: 8, threads: 1, method: "lora", rank: 2 } as const;
    await train({ ...options, precision: "int8" }, { makeEngine });
    const { precision } = json<RunFacts>("small", "run.json");
    expect(precision).toMatchObject({ used: "int8", largestWeight: 64 });
    await using there = await load(out, { threads: 1, precision: "int8", makeEngine });
    await using here = await load(out, { threads: 1, precision: "int8", worker: false });
    const [ofThere, ofHere] = [await there.evaluate({ data }), await here.evaluate({ data })];
    expect(ofThere.metrics).toEqual(json<RunResult>("small", "result.json").test);
    // This processor may be one of those itself; else its weights are within ±127.
    const isSame = (await onnxRuntimeEngine({ threads: 1 }).largestInt8()) === 64;
    expect(ofHere.metrics.loss === ofThere.metrics.loss).toBe(isSame);
    expect(Math.abs(ofHere.metrics.loss - ofThere.metrics.loss)).toBeLessThan(0.02);
  });
});

describe("a model whose channels 8 bits cannot hold", () => {
  const broken = join(root, "broken");
  beforeAll(() => {
    cpSync(model, broken, { recursive: true });
    const path = join(broken, "model.safetensors");
    const tensors = tensorsOf(path);
    // One channel of what the second layer of each feed-forward block reads is huge, so all others of its rows become 0 in 8
    // bits. Its weights are 0, so that in float32 the channel changes nothing.
    const { tensors: shapes, close } = openSafetensors(path);
    for (const [name, values] of tensors) {
      if (/intermediate\.dense\.bias$/.test(name)) values[0] = 1e4;
      if (!/\d\.output\.dense\.weight$/.test(name)) continue;
      for (let at = 0; at < values.length; at += shapes.get(name)!.shape[1]!) values[at] = 0;
    }
    writeSafetensors(
      path,
      [...tensors].map(([name, data]) => ({ name, shape: shapes.get(name)!.shape, data })),
    );
    close();
  });

  test("is trained in float32, and the run says so", async () => {
    await run("fallen", { model: broken, method: "lora", rank: 2, epochs: 1, precision: "int8" });
    const { precision, notes } = json<RunFacts>("fallen", "run.json");
    expect(precision!.used).toBe("float32");
    expect(notes.join("\n")).toMatch(
      /in float32 and not in int8: on \d+ texts 8-bit products change the logits by .* %/,
    );
    expect(json<RunResult>("fallen", "result.json").testFloat32).toBeUndefined();
  });

  test("is refused with strict, before anything is written", async () => {
    const refused = run("refused", { model: broken, method: "lora", rank: 2, precision: "int8", strict: true });
    expect(await inputError(async () => void (await refused))).toMatch(/8-bit products change .*without strict/);
    expect(() => json("refused", "run.json")).toThrow();
  });
});

test("the store of a run in int8 has no float32 copy of what is quantized", async () => {
  const opened = await openModel(model);
  const weight = opened.encoder.linears.find(({ role }) => role === "query")!.weight;
  const parameters = opened.encoder.parameters.map((parameter) =>
    parameter.name === weight
      ? { ...parameter, int8: { form: "int8Turned" as const, largest: 127, float32: false } }
      : parameter,
  );
  expect(new CpuStore(parameters).weights[weight]).toBeUndefined();
  opened.close();
});
