import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type LoadedModel, loadModel } from "../../../src/classifier/load-model.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { openPeftAdapter } from "../../../src/interop/peft-read.ts";
import { writePeftAdapter } from "../../../src/interop/peft-write.ts";
import { computeLogits } from "../../../src/train/evaluate.ts";
import { evaluationProgram } from "../../../src/train/program.ts";
import { openSafetensors } from "../../../src/weights/safetensors.ts";
import { fixtures, inputError } from "../tables/scratch.ts";

const base = join(fixtures, "methods", "base");
const root = join(fixtures, "peft");
const families = join(fixtures, "peft-families");
const out = mkdtempSync(join(tmpdir(), "attune-peft-"));
afterAll(() => rmSync(out, { recursive: true }));
const engine = onnxRuntimeEngine({ threads: 1 });

async function logitsOf({ adapted: { encoder }, memory, model }: LoadedModel, texts: readonly number[][]) {
  const executable = await engine.compile(evaluationProgram(encoder));
  const source = { count: texts.length, ids: (i: number) => Int32Array.from(texts[i]!) };
  const program = { executable, encoder, weights: memory.weights, labelCount: model.labels.length };
  const logits = await computeLogits(program, source);
  await executable.dispose();
  return logits;
}

const folders = [root, families].flatMap((of) => readdirSync(of).map((name) => [name, join(of, name)] as const));

describe.each(folders)("%s", (name, folder) => {
  const expected: { base?: string; texts: number[][]; logits: number[][] } = JSON.parse(
    readFileSync(join(folder, "expected.json"), "utf8"),
  );
  const base = join(fixtures, expected.base ?? "methods/base");
  const config = JSON.parse(readFileSync(join(folder, "adapter_config.json"), "utf8"));

  test("gives PEFT's logits", async () => {
    const logits = await logitsOf(await loadModel({ folder: base, adapter: folder }), expected.texts);
    for (const [i, value] of expected.logits.flat().entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-5);
  });

  test("is written again as PEFT wrote it, or refused where PEFT has no such", async () => {
    const { method, adapted, filled, model, memory } = await loadModel({ folder: base, adapter: folder });
    const held = adapted.encoder.parameters.filter((p) => filled.has(p.name));
    const tensors = held.map(({ name, shape }) => ({ name, shape, data: memory.host[name]!.data as Float32Array }));
    const written = join(out, name);
    const write = () =>
      writePeftAdapter(written, { method, semantics: "peft", base: "base", encoder: model.encoder, tensors });
    if (/^(distilbert|mpnet|albert|modernbert|deberta-v2)-prefix$/.test(name)) {
      expect(write).toThrow("PEFT has no prefixes for models of the type");
      return;
    }
    write();
    const [theirs, ours] = [folder, written].map((at) => openSafetensors(join(at, "adapter_model.safetensors")));
    // The head's bias is also stored under names that PEFT itself does not read.
    const names = [...theirs!.tensors.keys()].filter((n) => !/classifier\.(modules_to_save|original_module)/.test(n));
    expect([...ours!.tensors.keys()]).toEqual(names);
    for (const tensor of names) {
      expect(ours!.tensors.get(tensor)!.shape).toEqual(theirs!.tensors.get(tensor)!.shape);
      const size = theirs!.tensors.get(tensor)!.shape.reduce((a, b) => a * b, 1);
      const [a, b] = [new Float32Array(size), new Float32Array(size)];
      theirs!.readFloat32(tensor, a);
      ours!.readFloat32(tensor, b);
      expect(b, tensor).toEqual(a);
    }
    theirs!.close();
    ours!.close();
    const again = JSON.parse(readFileSync(join(written, "adapter_config.json"), "utf8"));
    // What PEFT began with, what it chose its targets by, and its doubled list of head modules.
    const told = [
      "base_model_name_or_path",
      "target_modules",
      "feedforward_modules",
      "modules_to_save",
      "init_weights",
    ];
    const projected = ["encoder_hidden_size", "prefix_projection"];
    const rest = (keys: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(keys).filter(([key]) => ![...told, ...projected].includes(key)));
    expect(rest(again)).toEqual(rest(config));
    expect(Object.keys(again)).toEqual(Object.keys(config));
    expect(again.modules_to_save).toEqual([...new Set(config.modules_to_save)]);
  });
});

describe("what is not supported is refused by name", () => {
  const changed = (changes: object): string => {
    const folder = mkdtempSync(join(out, "changed-"));
    cpSync(join(root, "lora"), folder, { recursive: true });
    const file = join(folder, "adapter_config.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...changes }));
    return folder;
  };
  test.each<[object, string]>([
    [{ use_qalora: true }, "use_qalora is not supported"],
    [
      { peft_type: "ADALORA" },
      'peft_type "ADALORA" (there are "PROMPT_TUNING", "PREFIX_TUNING", "LORA" and "IA3") is not supported',
    ],
    [{ task_type: "CAUSAL_LM" }, 'task_type "CAUSAL_LM" is not supported'],
    [{ init_lora_weights: "pissa" }, 'init_lora_weights "pissa", which changes the base model, is not supported'],
    [{ init_lora_weights: "loftq" }, 'init_lora_weights "loftq", which changes the base model, is not supported'],
    [{ init_lora_weights: "OLoRA" }, 'init_lora_weights "OLoRA", which changes the base model, is not supported'],
    [{ loftq_config: { loftq_bits: 4 } }, "loftq_config is not supported"],
    [{ modules_to_save: ["classifier", "embeddings"] }, '"embeddings" in modules_to_save is not supported'],
    [{ layer_replication: [[0, 1]] }, "layer_replication is not supported"],
    [{ fan_in_fan_out: true }, "fan_in_fan_out is not supported"],
    [{ some_new_key: { a: 1 } }, "some_new_key is not supported"],
  ])("%j", async (changes, message) => {
    expect(await inputError(() => openPeftAdapter(changed(changes)))).toContain(message);
  });

  test("an adapter for another base", async () => {
    const folder = changed({ r: 5 });
    expect(await inputError(() => loadModel({ folder: base, adapter: folder }))).toContain("has shape [4,32]");
  });
});
