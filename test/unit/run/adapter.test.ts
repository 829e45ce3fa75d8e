import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import type { RunResult } from "../../../src/run/run-result.ts";
import { train } from "../../../src/run/train.ts";
import { resolveOptions, type TrainOptions } from "../../../src/run/train-options.ts";
import { loseTensors } from "../../lose-tensors.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures, inputError } from "../tables/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-adapter-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);
const at = (...parts: readonly string[]) => join(root, ...parts);

const small = { model, data, epochs: 1, batchSize: 16, learningRate: 1e-2, threads: 1 };
async function trained(name: string, options: object): Promise<RunResult> {
  for await (const _ of train({ ...small, out: at(name), ...options } as TrainOptions));
  return JSON.parse(readFileSync(at(name, "result.json"), "utf8"));
}

/** Takes one tensor out of a file. */
const lose = (path: string, end: string): void => loseTensors(path, (name) => name.endsWith(end));

describe("training goes on from an adapter", () => {
  let first: RunResult;
  beforeAll(async () => {
    first = await trained("lora", { method: "lora", rank: 3, targets: ["output"], head: "mean" });
  });

  test("of a run, with its method, options and head", async () => {
    const second = await trained("lora again", { adapter: at("lora") });
    expect(second.method).toBe("lora");
    expect(second.base).toEqual(first.test);
    expect(second.parameters).toEqual(first.parameters);
    expect(second.test.loss).toBeLessThan(first.test.loss);
  });

  test("of PEFT", async () => {
    const prefix = await trained("prefix", { method: "prefix", virtualTokens: 3 });
    await exportRun(at("prefix"), { format: "peft", out: at("prefix-peft") });
    const second = await trained("prefix again", { adapter: at("prefix-peft") });
    expect(second.base.loss).toBeCloseTo(prefix.test.loss, 5);
    expect(second.method).toBe("prefix");
  });

  test("its base is the model where none is named, if it knows it", async () => {
    const { model: _, ...given } = { ...small, out: at("no") };
    expect(resolveOptions({ ...given, adapter: at("lora") }).model).toBe(model);
    const peft = join(fixtures, "peft", "lora");
    expect(await inputError(() => resolveOptions({ ...given, adapter: peft }))).toContain(
      `model is missing: the model that the adapter ${peft} is for`,
    );
  });

  test("what contradicts it is an error", async () => {
    const given = { ...small, out: at("no"), adapter: at("lora") };
    expect(await inputError(() => resolveOptions({ ...given, rank: 4 }))).toContain(
      `rank cannot be 4: in the adapter ${at("lora")} it is 3`,
    );
    expect(await inputError(() => resolveOptions({ ...given, method: "prompt" }))).toContain(
      'method cannot be "prompt"',
    );
    expect(resolveOptions({ ...given, rank: 3 })).toMatchObject({ method: "lora", rank: 3, head: "mean" });
  });

  test("one that lacks a part is an error", async () => {
    await trained("whole", { method: "lora", rank: 2 });
    await exportRun(at("whole"), { format: "peft", out: at("half") });
    lose(at("half", "adapter_model.safetensors"), "layer.1.attention.self.value.lora_B.weight");
    const message =
      "it lacks bert.encoder.layer.1.attention.self.value.lora_B.weight, which adapter_config.json asks for";
    expect(await inputError(() => trained("no", { adapter: at("half") }))).toContain(message);
    expect(await inputError(() => load(model, { adapter: at("half") }))).toContain(message);

    await trained("biases", { method: "bitfit" });
    lose(at("biases", "adapter", "adapter.safetensors"), "layer.0.output.dense.bias");
    expect(await inputError(() => load(at("biases")))).toContain("holds bert.encoder.layer.0.output.dense.bias");
  });

  test("other labels are an error", async () => {
    const other = join(fixtures, "peft", "lora");
    expect(await inputError(() => trained("no", { adapter: other }))).toContain(
      'this adapter is for 3 labels, the data have "down" and "up"',
    );
  });
});

describe("a run keeps its base by path and hash", () => {
  test("a changed base is noticed, and a missing one", async () => {
    const { model: base } = tinyFolder(at("other"));
    await trained("probe", { method: "probe", model: base });
    await (await load(at("probe"))).dispose();
    const weights = join(base, "model.safetensors");
    const bytes = readFileSync(weights);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(weights, bytes);
    expect(await inputError(() => load(at("probe")))).toContain("are not those it was trained on");
    renameSync(base, at("moved"));
    expect(await inputError(() => load(at("probe")))).toContain("is not there any more; put it back");
  });
});
