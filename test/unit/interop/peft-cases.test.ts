/** More adapters that PEFT wrote (make_peft_cases.py): the same logits, or refused by name. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { loadModel } from "../../../src/classifier/load-model.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures, inputError } from "../tables/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-peft-cases-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model } = tinyFolder(root);
const cases = join(fixtures, "peft-cases");
const expected: { texts: string[]; logits: Record<string, number[][]> } = JSON.parse(
  readFileSync(join(cases, "expected.json"), "utf8"),
);
const read = Object.keys(expected.logits);

test.each(read)("%s gives PEFT's logits", async (name) => {
  const classifier = await load(model, { adapter: join(cases, name), threads: 1 });
  const found = await classifier.predict(expected.texts);
  await classifier.dispose();
  for (const [i, { logits }] of found.entries())
    for (const [k, logit] of logits.entries())
      expect(Math.abs(logit - expected.logits[name]![i]![k]!)).toBeLessThan(1e-5);
});

const changesBase = (start: string) => `init_lora_weights "${start}", which changes the base model, is not supported`;
const reasons: Readonly<Record<string, string>> = {
  adalora: 'peft_type "ADALORA"',
  corda: changesBase("corda"),
  embeddings: "no place for base_model.model.bert.embeddings.word_embeddings.lora_embedding_A",
  "lora-bias-in-b": "lora_bias is not supported",
  "lora-ga": changesBase("lora_ga"),
  "norms-saved": '"LayerNorm" in modules_to_save is not supported',
  olora: changesBase("olora"),
  pissa: changesBase("pissa"),
  // PEFT's conversion stores the matrices alone, and the classifier that was trained with them is lost.
  "pissa-converted": "there is no classifier.weight in it",
  "pissa-fast": changesBase("pissa_niter_4"),
  "token-classification": 'task_type "TOKEN_CLS" is not supported',
  "token-indices": "trainable_token_indices is not supported",
};

test("every case is read or refused", () => {
  const folders = readdirSync(cases).filter((name) => name !== "expected.json");
  expect(folders.sort()).toEqual([...read, ...Object.keys(reasons)].sort());
});

test.each(Object.entries(reasons))("%s is refused", async (name, reason) => {
  expect(await inputError(() => load(model, { adapter: join(cases, name) }))).toContain(reason);
});

describe("a half of an adapter is not loaded", () => {
  const tensorsOf = (name: string): TensorToWrite[] => {
    const file = openSafetensors(join(cases, name, "adapter_model.safetensors"));
    const tensors = [...file.tensors].map(([stored, { shape }]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      file.readFloat32(stored, data);
      return { name: stored, shape, data };
    });
    file.close();
    return tensors;
  };
  /** A copy of a case with other tensors, or other keys in its config. */
  const changed = (name: string, tensors: readonly TensorToWrite[], keys: object = {}): string => {
    const folder = mkdtempSync(join(root, "changed-"));
    cpSync(join(cases, name), folder, { recursive: true });
    writeSafetensors(join(folder, "adapter_model.safetensors"), tensors);
    const file = join(folder, "adapter_config.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...keys }));
    return folder;
  };
  const refusal = (adapter: string) => inputError(() => loadModel({ folder: model, adapter }));
  /** With bias=all, PEFT stores the head's bias under two more names, which nobody reads. */
  const isStray = (name: string) => /modules_to_save|original_module/.test(name);

  test.each(read)("%s without any one of its tensors", async (name) => {
    const tensors = tensorsOf(name);
    await loadModel({ folder: model, adapter: changed(name, tensors) });
    for (const lost of tensors.filter((tensor) => !isStray(tensor.name))) {
      const folder = changed(
        name,
        tensors.filter((tensor) => tensor !== lost),
      );
      const own = lost.name.replace(/^base_model\.(model\.)?/, "").replace(".base_layer.", ".");
      const message = await refusal(folder);
      expect(message, lost.name).toContain(join(folder, "adapter_model.safetensors"));
      expect(message).toContain(own === "classifier.weight" ? "no classifier.weight" : `it lacks ${own}`);
    }
  });

  test.each(read.filter((name) => !name.startsWith("prompt")))("%s without a layer's two matrices", async (name) => {
    const tensors = tensorsOf(name);
    for (const { name: a } of tensors.filter((tensor) => tensor.name.endsWith(".lora_A.weight"))) {
      const layer = a.slice(0, -".lora_A.weight".length);
      const rest = tensors.filter((tensor) => !tensor.name.startsWith(`${layer}.lora_`));
      const own = layer.replace("base_model.model.", "");
      const others = tensors.length - rest.length - 1;
      expect(await refusal(changed(name, rest))).toContain(`it lacks ${own}.lora_A.weight and ${others} more`);
    }
  });

  test.each<[string, object, string]>([
    ["lora", { target_modules: ["value"] }, "but adapter_config.json does not select that layer"],
    ["lora", { target_modules: ".*value" }, "but adapter_config.json does not select that layer"],
    ["lora", { exclude_modules: ".*1.*query" }, "but adapter_config.json does not select that layer"],
    ["lora", { layers_to_transform: 1 }, "but adapter_config.json does not select that layer"],
    [
      "lora",
      { target_modules: ["query", "value", "word_embeddings"] },
      "it lacks bert.embeddings.word_embeddings.lora_A",
    ],
    ["lora", { target_modules: "all-linear" }, "it lacks bert.encoder.layer.0.attention.self.key.lora_A.weight and 17"],
    ["lora", { target_modules: "(?P<a>query)" }, '"(?P<a>query)" is not a regular expression that Attune can read'],
    ["lora", { target_modules: null }, ""],
    ["lora", { target_modules: ["query", "value", "nothing"] }, ""],
    ["lora-layers-named", { layers_pattern: ["block"] }, "does not select that layer"],
    ["lora-layers-named", { layers_pattern: [] }, ""],
  ])("%s with %j", async (name, keys, reason) => {
    const folder = changed(name, tensorsOf(name), keys);
    if (reason === "") await loadModel({ folder: model, adapter: folder });
    else expect(await refusal(folder)).toContain(reason);
  });

  test("a tensor of the right size in another shape", async () => {
    const tensors = tensorsOf("lora").map((tensor) => ({ ...tensor, shape: [...tensor.shape].reverse() }));
    expect(await refusal(changed("lora", tensors))).toMatch(/has shape \[\d+,\d+\], but its place \[\d+,\d+\]/);
  });
});
