import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import { withHead } from "../../../src/models/head.ts";
import type { HeadName } from "../../../src/models/head-choice.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { findFrozenFeatures } from "../../../src/train/frozen-features.ts";
import { trainingProgram } from "../../../src/train/program.ts";
import { tinyFolder } from "../../methods-folder.ts";

const config = { model_type: "bert", hidden_size: 24, num_hidden_layers: 4, num_attention_heads: 2, vocab_size: 9 };

function keptOf(method: MethodName, options: object, head: HeadName = "pooler", trainPooler = false) {
  const setting = { semantics: "attune", trainHead: true, trainPooler, fresh: new Set<string>() } as const;
  const encoder = withHead(buildEncoder(config, 3, "config.json"), { head }, 3);
  const { encoder: adapted, trained } = adaptModel(encoder, chooseMethod(method, options), setting);
  const kept = findFrozenFeatures(adapted, trained);
  return { kept, program: trainingProgram(adapted, trained, kept) };
}

describe("the highest place that training does not reach", () => {
  // Four layers, then the pooled vectors of the head.
  test.each<[string, MethodName, object, HeadName, boolean, { place: number; rows: string } | undefined]>([
    ["a frozen pooler", "probe", {}, "pooler", false, { place: 5, rows: "text" }],
    ["a trained pooler", "probe", {}, "pooler", true, { place: 4, rows: "text" }],
    ["[CLS]", "probe", {}, "cls", false, { place: 4, rows: "text" }],
    ["a mean", "probe", {}, "mean", false, { place: 4, rows: "text" }],
    ["token states for attention pooling", "probe", {}, "attention", false, { place: 3, rows: "token" }],
    ["layers below LoRA's", "lora", { layers: [2, 3] }, "pooler", false, { place: 1, rows: "token" }],
    ["nothing below LoRA in the first layer", "lora", {}, "pooler", false, undefined],
    ["nothing behind a prompt", "prompt", {}, "pooler", false, undefined],
    ["nothing with a prefix", "prefix", {}, "pooler", false, undefined],
    ["layers below the last two", "full", { layers: "top:2" }, "pooler", false, { place: 1, rows: "token" }],
    ["layers below biases", "bitfit", { layers: [3] }, "pooler", false, { place: 2, rows: "token" }],
    ["nothing with all biases", "bitfit", {}, "pooler", false, undefined],
    ["nothing", "full", {}, "pooler", false, undefined],
  ])("%s", (_, method, options, head, trainPooler, expected) => {
    const { kept } = keptOf(method, options, head, trainPooler);
    expect(kept && { place: kept.place, rows: kept.rows }).toEqual(expected);
  });

  test("what is kept has no dropout, what lies above it has", () => {
    const sites = (method: MethodName, options: object) =>
      keptOf(method, options).program.masks.map(({ site }) => site);
    expect(sites("probe", {})).toEqual(["classifier"]);
    expect(sites("lora", { layers: [3], dropout: 0.1 })).toEqual([
      "lora.bert.encoder.layer.3.attention.self.query",
      "lora.bert.encoder.layer.3.attention.self.value",
      "layer.3.attention",
      "layer.3.attention.output",
      "layer.3.output",
      "classifier",
    ]);
    expect(sites("lora", {})).toContain("embeddings");
  });
});

describe("a run with kept values", () => {
  const root = mkdtempSync(join(tmpdir(), "attune-kept-test-"));
  afterAll(() => rmSync(root, { recursive: true }));
  const { model, data } = tinyFolder(root);
  const run = async (name: string, options: object): Promise<Buffer[]> => {
    const shared = { model, data, out: join(root, name), epochs: 2, batchSize: 8, learningRate: 1e-2, threads: 1 };
    for await (const _ of train({ ...shared, ...options } as TrainOptions));
    return ["adapter/adapter.safetensors", "predictions/test.jsonl"].map((file) =>
      readFileSync(join(root, name, file)),
    );
  };

  test.each<[string, object]>([
    ["one row a text", { method: "probe" }],
    ["one row a token", { method: "probe", head: "attention" }],
    ["a layer", { method: "lora", layers: [1] }],
    ["a layer below full fine-tuning", { method: "full", layers: "top:1" }],
  ])("from a file as from memory: %s", async (name, options) => {
    expect(await run(`${name} file`, { ...options, frozenFeatureMegabytes: 0 })).toEqual(
      await run(`${name} memory`, options),
    );
  });

  test.each<[string, object]>([
    ["probe", { method: "probe", head: "mean" }],
    ["full", { method: "full", layers: "top:1", learningRate: 1e-3 }],
    ["bitfit", { method: "bitfit", layers: "top:1" }],
  ])("without dropout it ends where computing everything anew ends: %s", async (name, options) => {
    const without = join(root, `without-dropout-${name}`);
    const { model: folder } = tinyFolder(without);
    const file = join(folder, "config.json");
    const changed = {
      ...JSON.parse(readFileSync(file, "utf8")),
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
    };
    writeFileSync(file, JSON.stringify(changed));
    const logitsOf = ([, predictions]: Buffer[]) =>
      String(predictions)
        .trim()
        .split("\n")
        .flatMap((line) => (JSON.parse(line) as { logits: number[] }).logits);
    const kept = logitsOf(await run(`${name} kept`, { ...options, model: folder }));
    const anew = logitsOf(await run(`${name} anew`, { ...options, model: folder, semantics: "peft" }));
    for (const [i, logit] of kept.entries()) expect(Math.abs(logit - anew[i]!)).toBeLessThan(1e-5);
  });
});
