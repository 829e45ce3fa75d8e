import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildEncoder } from "../../../src/models/registry.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { type LoadedModel, loadModel, valuesOf } from "../../loaded-model.ts";
import { fixtures, inputError, scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const LABELS = ["anger", "joy", "fear"];
const CONFIG = {
  model_type: "bert",
  vocab_size: 11,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 5,
  max_position_embeddings: 7,
  id2label: { 0: "anger", 1: "joy", 2: "fear" },
};

/** Every parameter of a classifier, each number different from all others. */
function wholeModel(config: object = CONFIG, labelCount = LABELS.length): TensorToWrite[] {
  let next = 0;
  return buildEncoder(config, labelCount, "config.json").parameters.map(({ name, shape }) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => ++next / 1024);
    return { name, shape, data };
  });
}

function modelFolder(tensors: readonly TensorToWrite[], config: object = CONFIG): string {
  const path = folder({ "config.json": JSON.stringify(config) });
  writeSafetensors(join(path, "model.safetensors"), tensors);
  return path;
}

const renamed = (rename: (name: string) => string) =>
  wholeModel().map((tensor) => ({ ...tensor, name: rename(tensor.name) }));
const without = (part: string) => wholeModel().filter(({ name }) => !name.includes(part));
const withoutHead = () => without("classifier").filter(({ name }) => !name.includes("pooler"));
const original = (name: string) => wholeModel().find((tensor) => tensor.name === name)!.data;
const allValues = (model: LoadedModel) =>
  Object.fromEntries(Object.keys(model.weights).map((n) => [n, valuesOf(model.weights, n)]));

describe("names and files in the wild", () => {
  const plain = (name: string) => name.replace(/^bert\./, "");
  const old = (name: string) =>
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");

  test.each([
    ["as Transformers writes them", (name: string) => name],
    ["without the prefix", plain],
    ["with gamma and beta", old],
    ["with gamma and beta, without the prefix", (name: string) => plain(old(name))],
  ])("%s", async (_, rename) => {
    const extra = { name: "cls.predictions.bias", shape: [2], data: Float32Array.of(1, 2) };
    const model = await loadModel(modelFolder([...renamed(rename), extra]));
    expect(model.notes).toEqual([]);
    expect(model.fresh).toEqual(new Set());
    expect(allValues(model)).toEqual(Object.fromEntries(wholeModel().map(({ name, data }) => [name, data])));
  });

  /** Bits of a float32 that a number of the shorter type leaves at 0. */
  test.each([
    ["float16", 0x1fff],
    ["bfloat16", 0xffff],
  ])("%s becomes float32 with the same values", async (name, rest) => {
    const model = await loadModel(join(fixtures, "bert", name));
    expect(model.fresh).toEqual(new Set());
    for (const values of Object.values(allValues(model))) {
      const bits = [...new Uint32Array(values.slice().buffer)];
      expect(bits.filter((b) => (b & rest) !== 0)).toEqual([]);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
  });

  test("shards are read as one", async () => {
    const path = join(fixtures, "bert/sharded");
    const model = await loadModel(path);
    expect(model.fresh).toEqual(new Set());
    const shards = [1, 2, 3].map((k) => openSafetensors(join(path, `model-0000${k}-of-00003.safetensors`)));
    for (const shard of shards) {
      expect(shard.tensors.size).toBeGreaterThan(0);
      for (const [name] of shard.tensors) {
        const stored = new Float32Array(valuesOf(model.weights, name).length);
        shard.readFloat32(name, stored);
        expect(valuesOf(model.weights, name)).toEqual(stored);
      }
      shard.close();
    }
  });
});

describe("the head", () => {
  const head = ["classifier.weight", "classifier.bias"];
  const pooler = ["bert.pooler.dense.weight", "bert.pooler.dense.bias"];

  test.each([
    ["no head", () => without("classifier"), ["The classifier is drawn fresh: the file has none."], head],
    ["no pooler", () => without("pooler"), ["The pooler is drawn fresh: the file has none."], pooler],
    [
      "neither",
      withoutHead,
      ["The pooler is drawn fresh: the file has none.", "The classifier is drawn fresh: the file has none."],
      [...pooler, ...head],
    ],
    [
      "half a head, drawn as a whole",
      () => without("classifier.bias"),
      ["The classifier is drawn fresh: the file has none."],
      head,
    ],
  ])("%s", async (_, tensors, notes, fresh) => {
    const model = await loadModel(modelFolder(tensors()));
    expect(model.notes).toEqual(notes);
    expect(model.fresh).toEqual(new Set(fresh));
    for (const name of [...pooler, ...head])
      if (fresh.includes(name)) expect(valuesOf(model.weights, name)).not.toEqual(original(name));
      else expect(valuesOf(model.weights, name)).toEqual(original(name));
  });

  test("is kept for the labels of its config, which are the default", async () => {
    const path = modelFolder(wholeModel());
    const model = await loadModel(path);
    expect(model.labels).toEqual(LABELS);
    const asked = await loadModel(path, { labels: LABELS });
    expect(allValues(asked)).toEqual(allValues(model));
    expect(valuesOf(asked.weights, "classifier.weight")).toEqual(original("classifier.weight"));
  });

  test("ids count as numbers, not as text or by their place", async () => {
    const names = Array.from({ length: 12 }, (_, k) => `label ${k}`);
    const id2label = Object.fromEntries(names.map((name, k) => [`${k}`, name]));
    const config = { ...CONFIG, id2label };
    expect((await loadModel(modelFolder(wholeModel(config, 12), config))).labels).toEqual(names);
  });

  test("with the labels in another order, its rows move along", async () => {
    const labels = ["fear", "anger", "joy"];
    const model = await loadModel(modelFolder(wholeModel()), { labels });
    expect(model.notes).toEqual([]);
    expect(model.labels).toEqual(labels);
    const [weight, bias] = head.map(original) as [Float32Array, Float32Array];
    const row = (k: number) => [...weight.slice(8 * k, 8 * (k + 1))];
    expect([...valuesOf(model.weights, head[0]!)]).toEqual([...row(2), ...row(0), ...row(1)]);
    expect([...valuesOf(model.weights, head[1]!)]).toEqual([bias[2], bias[0], bias[1]]);
  });

  test.each([
    ["as many others", ["anger", "joy", "love"]],
    ["fewer", ["anger", "joy"]],
    ["more", [...LABELS, "love"]],
  ])("for other labels it is drawn: %s", async (_, labels) => {
    const model = await loadModel(modelFolder(wholeModel()), { labels });
    expect(model.notes).toEqual([
      "The classifier is drawn fresh: the one in the file is for the labels anger, joy, fear.",
    ]);
    expect(model.fresh).toEqual(new Set(head));
    expect(valuesOf(model.weights, head[0]!).length).toBe(8 * labels.length);
    expect(valuesOf(model.weights, head[0]!).slice(0, 8)).not.toEqual(original(head[0]!).slice(0, 8));
  });

  test("names without numbers are no names: it is drawn, and a model to be used as it is needs them", async () => {
    const path = modelFolder(wholeModel(), { ...CONFIG, id2label: { one: "a", two: "b" } });
    const model = await loadModel(path, { labels: LABELS });
    expect(model.notes).toEqual(["The classifier is drawn fresh: its labels are not named in config.json."]);
    expect(await inputError(() => openModel(path))).toMatch(/config\.json: its id2label does not name the labels/);
  });

  test("without names it is one for two labels, as in Transformers", async () => {
    const { id2label: _, ...config } = CONFIG;
    const two = await loadModel(modelFolder(wholeModel(CONFIG, 2), config));
    expect([two.labels, two.notes]).toEqual([["LABEL_0", "LABEL_1"], []]);
  });
});

describe("what is drawn", () => {
  const large = {
    ...CONFIG,
    hidden_size: 200,
    id2label: Object.fromEntries(Array.from({ length: 100 }, (_, k) => [k, `${k}`])),
  };

  test.each([
    [0.02, large],
    [0.5, { ...large, initializer_range: 0.5 }],
  ])("weights are normal with deviation %d, biases 0", async (deviation, config) => {
    const tensors = wholeModel(config, 100).filter(({ name }) => !/pooler|classifier/.test(name));
    const { weights } = await loadModel(modelFolder(tensors, config));
    for (const part of ["classifier", "bert.pooler.dense"]) {
      const drawn = [...valuesOf(weights, `${part}.weight`)].map((value) => value / deviation);
      const count = drawn.length; // 20,000 and 40,000: bounds are four standard errors
      const moment = (power: number) => drawn.reduce((sum, x) => sum + x ** power, 0) / count;
      expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(count));
      expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
      expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / count));
      const neighbours = drawn.slice(1).reduce((sum, x, i) => sum + x * drawn[i]!, 0) / count;
      expect(Math.abs(neighbours)).toBeLessThan(4 / Math.sqrt(count));
      expect(valuesOf(weights, `${part}.bias`).every((value) => value === 0)).toBe(true);
    }
  });

  test("depends on seed and name, and on nothing else", async () => {
    const bare = modelFolder(withoutHead());
    const first = await loadModel(bare, { seed: 1 });
    expect(allValues(await loadModel(bare, { seed: 1 }))).toEqual(allValues(first));
    const drawn = (model: LoadedModel, name: string) => valuesOf(model.weights, name);
    for (const name of ["classifier.weight", "bert.pooler.dense.weight"])
      expect(drawn(await loadModel(bare, { seed: 2 }), name)).not.toEqual(drawn(first, name));
    // Neither other labels nor a pooler in the file change what the classifier gets.
    const others = await loadModel(modelFolder(without("classifier")), { seed: 1, labels: ["x", "y", "z"] });
    expect(drawn(others, "classifier.weight")).toEqual(drawn(first, "classifier.weight"));
    expect(drawn(first, "bert.pooler.dense.weight").slice(0, 24)).not.toEqual(drawn(first, "classifier.weight"));
  });
});

describe("a folder that cannot be used is an input error that says what to do", () => {
  const config = JSON.stringify(CONFIG);
  const weights = () => readFileSync(join(modelFolder(wholeModel()), "model.safetensors"));
  const changedConfig = (change: object) => () => modelFolder(wholeModel(), { ...CONFIG, ...change });
  const shards = (change: (path: string) => void) => () => {
    const path = folder({});
    const files = [1, 2, 3].map((k) => `model-0000${k}-of-00003.safetensors`);
    for (const file of ["config.json", "model.safetensors.index.json", ...files])
      copyFileSync(join(fixtures, "bert/sharded", file), join(path, file));
    change(path);
    return path;
  };
  const reshaped = (wanted: string, shape: number[]) => () =>
    modelFolder(
      wholeModel().map((t) =>
        t.name === wanted ? { name: wanted, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) } : t,
      ),
    );

  test.each<[string, () => string, RegExp]>([
    [
      "nothing there",
      () => join(folder({}), "gone"),
      /gone\/config\.json: there is no such file: a model is a folder with/,
    ],
    ["no config.json", () => folder({ "model.safetensors": weights() }), /config\.json: there is no such file/],
    [
      "config.json is a folder",
      () => {
        const p = folder({});
        mkdirSync(join(p, "config.json"));
        return p;
      },
      /config\.json: this is not a regular file/,
    ],
    [
      "not JSON",
      () => folder({ "config.json": "{", "model.safetensors": weights() }),
      /config\.json: this is not JSON \(/,
    ],
    ["a list", () => folder({ "config.json": "[]" }), /config\.json: this is not a JSON object/],
    [
      "another architecture",
      changedConfig({ model_type: "gpt2" }),
      /config\.json: model_type is "gpt2"; Attune can train "bert", ("[a-z0-9-]+", )+"[a-z0-9-]+" or "[a-z0-9-]+" so far/,
    ],
    [
      "a relative of an architecture",
      changedConfig({ model_type: "deberta" }),
      /model_type is "deberta"; Attune can train .* so far; this is version 1; take microsoft\/deberta-v3-small/,
    ],
    ["a decoder's type", changedConfig({ model_type: "llama" }), /so far; it writes text; take an encoder/],
    [
      "weights that are quantized",
      changedConfig({ quantization_config: { quant_method: "bitsandbytes", load_in_4bit: true } }),
      /config\.json: quantization_config says that the weights are quantized; take the model as it was before/,
    ],
    [
      "no architecture",
      changedConfig({ model_type: undefined }),
      /config\.json: model_type is missing; Attune can train "bert"/,
    ],
    [
      "an inherited name",
      changedConfig({ model_type: "toString" }),
      /model_type is "toString"; Attune can train "bert"/,
    ],
    ["a wrong value", changedConfig({ hidden_size: "wide" }), /config\.json: "hidden_size" cannot be used: .*number/],
    [
      "an unknown activation",
      changedConfig({ hidden_act: "mish" }),
      /config\.json: "hidden_act" cannot be used: .*"gelu"/,
    ],
    [
      "heads that do not divide",
      changedConfig({ num_attention_heads: 3 }),
      /"hidden_size" cannot be used: it is not a multiple of num_attention_heads/,
    ],
    [
      "relative positions",
      changedConfig({ position_embedding_type: "relative_key" }),
      /"position_embedding_type" cannot be used: .*"absolute"/,
    ],
    ["a decoder", changedConfig({ is_decoder: true }), /"is_decoder" cannot be used: .*false/],
    ["no weights", () => folder({ "config.json": config }), /there is no model\.safetensors in this folder/],
    [
      "pickled weights",
      () => folder({ "config.json": config, "pytorch_model.bin": "PK" }),
      /pytorch_model\.bin: .*convert it once in Python with .*save_pretrained/,
    ],
    [
      "pickled shards",
      () => folder({ "config.json": config, "pytorch_model.bin.index.json": "{}" }),
      /pytorch_model\.bin\.index\.json: .*weight_map/,
    ],
    [
      "cut off",
      () => folder({ "config.json": config, "model.safetensors": weights().subarray(0, -4) }),
      /model\.safetensors: .*get the file again/,
    ],
    [
      "cut off in its header",
      () => folder({ "config.json": config, "model.safetensors": weights().subarray(0, 100) }),
      /model\.safetensors: .*get the file again/,
    ],
    [
      "empty",
      () => folder({ "config.json": config, "model.safetensors": "" }),
      /model\.safetensors: it is too short .*get the file again/,
    ],
    [
      "a shard missing",
      shards((path) => rmSync(join(path, "model-00002-of-00003.safetensors"))),
      /model-00002-of-00003\.safetensors: this shard is missing/,
    ],
    [
      "a bad index",
      shards((path) => writeFileSync(join(path, "model.safetensors.index.json"), "{}")),
      /index\.json: "weight_map" cannot be used: it is missing/,
    ],
    [
      "a tensor missing",
      () => modelFolder(without("layer.1.output.dense.weight")),
      /lack bert\.encoder\.layer\.1\.output\.dense\.weight; this is not a whole bert/,
    ],
    [
      "a layer missing",
      () => modelFolder(without("layer.1.")),
      /lack bert\.encoder\.layer\.1\.attention\.self\.query\.weight and 15 more;/,
    ],
    [
      "a tensor of wrong shape",
      reshaped("bert.encoder.layer.0.intermediate.dense.weight", [8, 5]),
      /layer\.0\.intermediate\.dense\.weight has shape \[8, 5\], but config\.json makes it \[5, 8\]/,
    ],
    [
      "a head of wrong shape",
      reshaped("classifier.weight", [4, 8]),
      /classifier\.weight has shape \[4, 8\], but config\.json makes it \[3, 8\]/,
    ],
  ])("%s", async (_, make, message) => {
    const path = make();
    const said = await inputError(() => openModel(path));
    expect(said).toMatch(message);
    expect(said.startsWith(path)).toBe(true);
  });
});
