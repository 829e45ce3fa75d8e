/** What a classifier's outputs mean: as Transformers' text-classification pipeline has it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import type { LoadOptions } from "../../../src/classifier/opened-model.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { openSafetensors, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { inputError } from "../tables/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-labels-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model: base } = tinyFolder(root);
const TEXT = "the good cat is very happy";
let count = 0;

/** A classifier with so many outputs and these keys in its config.json. */
function classifier(outputs: number, keys: object): string {
  const folder = join(root, `model-${++count}`);
  cpSync(base, folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(base, "config.json"), "utf8"));
  const { parameters } = buildEncoder(config, outputs, "config.json");
  const stored = openSafetensors(join(base, "model.safetensors"));
  const tensors = parameters.map(({ name, shape }, k) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (stored.tensors.has(name) && !name.startsWith("classifier")) stored.readFloat32(name, data);
    else for (const i of data.keys()) data[i] = Math.sin(i + k);
    return { name, shape, data };
  });
  stored.close();
  writeSafetensors(join(folder, "model.safetensors"), tensors);
  const { id2label: _, label2id: __, problem_type: ___, num_labels: ____, ...rest } = config;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...rest, ...keys }));
  return folder;
}

async function predict(folder: string, options: LoadOptions = {}) {
  await using loaded = await load(folder, { threads: 1, ...options });
  const [found] = await loaded.predict([TEXT]);
  return { ...found!, names: loaded.labels };
}
const softmax = (logits: readonly number[]) => {
  const powers = logits.map((x) => Math.exp(x - Math.max(...logits)));
  return powers.map((x) => x / powers.reduce((a, b) => a + b));
};

describe("names of labels", () => {
  test.each<[string, number, object, readonly string[]]>([
    ["none", 2, {}, ["LABEL_0", "LABEL_1"]],
    ["num_labels alone", 3, { num_labels: 3 }, ["LABEL_0", "LABEL_1", "LABEL_2"]],
    ["null", 3, { id2label: null, num_labels: 3 }, ["LABEL_0", "LABEL_1", "LABEL_2"]],
    ["a gap", 3, { id2label: { 0: "a", 2: "c" } }, ["a", "LABEL_1", "c"]],
    ["out of order", 2, { id2label: { 1: "b", 0: "a" } }, ["a", "b"]],
    ["numbers", 2, { id2label: { 0: 10, 1: 2 } }, ["10", "2"]],
    [
      "of objects' own",
      3,
      { id2label: { 0: "constructor", 1: "__proto__", 2: "toString" } },
      ["constructor", "__proto__", "toString"],
    ],
  ])("%s", async (_, outputs, keys, names) => {
    const found = await predict(classifier(outputs, keys));
    expect(found.names).toEqual(names);
    const expected = softmax(found.logits);
    for (const [i, name] of names.entries()) expect(found.probabilities[name]).toBeCloseTo(expected[i]!, 6);
  });

  test.each<[string, number, object, RegExp]>([
    [
      "twice the same",
      3,
      { id2label: { 0: "a", 1: "b", 2: "a" } },
      /config\.json: the labels 0 and 2 have the same name "a"; give each its own/,
    ],
    [
      "more than the head has",
      2,
      { id2label: { 0: "a", 5: "b" } },
      /classifier\.weight has shape \[2, \d+\], but config\.json makes it \[6, /,
    ],
    ["no ids", 2, { id2label: { x: "a", y: "b" } }, /does not name the labels 0, 1/],
    ["an id beyond all", 2, { id2label: { 0: "a", 1e12: "b" } }, /does not name the labels 0, 1/],
    ["of a wrong type", 2, { id2label: { 0: ["a"], 1: "b" } }, /"id2label\.0" cannot be used/],
    [
      "num_labels of a wrong type",
      2,
      { num_labels: "two" },
      /"num_labels" cannot be used: it is "two", and must be a number/,
    ],
  ])("refused: %s", async (_, outputs, keys, message) => {
    expect(await inputError(() => load(classifier(outputs, keys)))).toMatch(message);
  });

  test("given with `labels`, as many as there are", async () => {
    const folder = classifier(3, { id2label: { 0: "a", 1: "b", 2: "a" } });
    const plain = await predict(classifier(3, { num_labels: 3 }));
    const found = await predict(folder, { labels: ["x", "y", "z"] });
    expect(found.names).toEqual(["x", "y", "z"]);
    expect(found.logits).toEqual(plain.logits);
    expect(await inputError(() => load(folder, { labels: ["x", "y"] }))).toMatch(
      /there are 2 labels, but .*config\.json has 3: a, b, a/,
    );
    expect(await inputError(() => load(folder, { labels: ["x", "y", "x"] }))).toMatch(
      /the labels 0 and 2 have the same name "x"/,
    );
  });
});

describe("what probabilities are made of", () => {
  test.each([null, "single_label_classification", "multi_label_classification"])(
    "one logit: its sigmoid (%s)",
    async (type) => {
      const { label, probabilities, logits } = await predict(
        classifier(1, { id2label: { 0: "toxic" }, problem_type: type }),
      );
      expect(label).toBe("toxic");
      expect(probabilities.toxic).toBeCloseTo(1 / (1 + Math.exp(-logits[0]!)), 6);
    },
  );

  test.each([1, 2])("regression is refused (%i outputs)", async (outputs) => {
    const keys = { num_labels: outputs, problem_type: "regression" };
    expect(await inputError(() => load(classifier(outputs, keys)))).toContain('problem_type is "regression"');
  });

  test("scores are in order, the record has them all, logits are in the model's order", async () => {
    const names = ["10", "2", "b", "1"];
    const folder = classifier(4, { id2label: Object.fromEntries(names.map((name, i) => [i, name])) });
    const { scores, probabilities, logits, label } = await predict(folder);
    const expected = softmax(logits);
    const order = names.map((_, i) => i).sort((a, b) => expected[b]! - expected[a]!);
    expect(scores.map((one) => one.label)).toEqual(order.map((i) => names[i]));
    for (const [k, i] of order.entries()) expect(scores[k]!.probability).toBeCloseTo(expected[i]!, 6);
    expect(label).toBe(scores[0]!.label);
    expect(Object.keys(probabilities).sort()).toEqual([...names].sort());
  });
});

test("weights in float64 are read as the nearest float32", async () => {
  const folder = classifier(2, {});
  const expected = await predict(folder);
  const file = join(folder, "model.safetensors");
  const stored = openSafetensors(file);
  const entries: Record<string, object> = {};
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, { shape }] of stored.tensors) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    stored.readFloat32(name, data);
    // Less than half a step of float32 away.
    const bytes = Buffer.from(Float64Array.from(data, (x) => x * (1 + 2 ** -27)).buffer);
    entries[name] = { dtype: "F64", shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    parts.push(bytes);
  }
  stored.close();
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header, ...parts]));
  expect((await predict(folder)).logits).toEqual(expected.logits);
});

test("an adapter whose weights are no archive of PyTorch's says how to convert it", async () => {
  const folder = join(root, "pickled");
  cpSync(join(root, "base"), join(root, "again"), { recursive: true });
  cpSync(join(base, "config.json"), join(folder, "adapter_config.json"));
  writeFileSync(
    join(folder, "adapter_config.json"),
    JSON.stringify({ peft_type: "LORA", task_type: "SEQ_CLS", r: 4, lora_alpha: 8, target_modules: ["query"] }),
  );
  writeFileSync(join(folder, "adapter_model.bin"), "");
  expect(await inputError(() => load(base, { adapter: folder }))).toMatch(
    /adapter_model\.bin: it is no zip archive.*convert it once .*AutoPeftModel.*save_pretrained/,
  );
});

describe("what types would have refused", () => {
  let folder: string;
  beforeAll(() => {
    folder = classifier(2, {});
  });

  test.each([5, null, undefined, "", {}])("load(%j)", async (given) => {
    expect(await inputError(() => load(given as never))).toMatch(
      /the folder of the model cannot be .*: it must be a path or a name/,
    );
  });

  test("options and texts of other kinds", async () => {
    expect(await inputError(() => load(folder, null as never))).toMatch(
      /load takes options, an object; it was given null/,
    );
    const loaded = await load(folder, { threads: 1 });
    for (const [given, said] of [
      [null, /predict takes a list of texts, like \["a text"\]; it was given null/],
      [{ 0: "abc" }, /it was given \{"0":"abc"\}/],
      [undefined, /it was given undefined/],
      [[1], /text 0 is 1: it must be a text, or a pair of two/],
      [["a", null], /text 1 is null/],
      [[["a", "b", "c"]], /text 0 is \["a","b","c"\]/],
    ] as const)
      expect(await inputError(() => loaded.predict(given as never))).toMatch(said);
    expect(await inputError(() => loaded.evaluate(null as never))).toMatch(/evaluate takes \{ data: … \}/);
    expect(await inputError(() => loaded.evaluate({ data: 5 } as never))).toMatch(/data cannot be 5/);
    expect(await loaded.predict([])).toEqual([]);
    expect([await loaded.predict("abc")]).toEqual(await loaded.predict(["abc"]));
    await Promise.all([loaded.dispose(), loaded.dispose()]);
    await loaded.dispose();
    expect(await inputError(() => loaded.predict(["a"]))).toContain("this classifier was disposed; load it again");
  });
});
