/** New models of each family that can be made from nothing: trained, written, opened again; with ATTUNE_PYTHON in Transformers. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { newConfig, newFamilies } from "../../../src/pretrain/new-config.ts";
import { pretrain } from "../../../src/pretrain/pretrain.ts";
import { resolvePretrainOptions } from "../../../src/pretrain/pretrain-options.ts";
import { newLanguageModel, openLanguageModel } from "../../../src/pretrained/open-language-model.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { tinyData } from "../../tiny.ts";
import { fixtures, scratchFolder } from "../tables/scratch.ts";

const python = process.env.ATTUNE_PYTHON;
const root = scratchFolder().folder({});
const data = tinyData(join(root, "data"));
const sizes = { layers: 2, hidden: 16, heads: 2, positions: 16, vocab: 40 };

describe.each(newFamilies)("%s", (family) => {
  const out = join(root, family);
  const folder = join(out, "model");

  test("learns, and opens again with its language head and as a classifier", async () => {
    const { result } = await pretrain({
      ...{ data, out, new: true, family, ...sizes, heldOut: 0.2, threads: 1 },
      ...{ epochs: 20, batchSize: 4, learningRate: 5e-3, evaluations: 1, maxLength: 16 },
    });
    expect(result.heldOut.at(-1)!.loss).toBeLessThan(0.9 * result.heldOut[0]!.loss);
    expect((await openLanguageModel(folder)).notes).toEqual([]);
    const classifier = await openModel(folder, ["a", "b"]);
    classifier.close();
    // ModernBERT's classifier goes on with the dense layer that guessed tokens.
    const pooler = family === "modernbert" ? [] : ["The pooler is drawn fresh: the file has none."];
    expect(classifier.notes).toEqual([...pooler, "The classifier is drawn fresh: the file has none."]);
  });

  test.skipIf(!python)("Transformers opens it", () => {
    const texts = join(root, "texts.json");
    writeFileSync(texts, JSON.stringify(["the good cat", "a bad dog is running"]));
    const script = join(fixtures, "check_masked.py");
    const [found] = JSON.parse(execFileSync(python!, [script, texts, folder], { encoding: "utf8" }));
    const { vocab_size } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    expect(found.shape.at(-1)).toBe(vocab_size);
  });
});

test("ModernBERT's weights are drawn as Transformers draws them: smaller where a layer adds to the ones before, cut at two deviations", () => {
  const config = newConfig({ family: "modernbert", ...sizes, hidden: 64, layers: 8 }, { largestId: 99 });
  const { model, readInto } = newLanguageModel(config);
  const weights = new Map(
    model.encoder.parameters.map(({ name, shape }) => [
      name,
      float32(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape).data as Float32Array,
    ]),
  );
  readInto((name) => weights.get(name)!, 1);
  const out = 0.02 / Math.sqrt(2 * 8);
  const deviations = {
    "model.embeddings.tok_embeddings.weight": 0.02,
    "model.layers.1.attn.Wqkv.weight": 0.02,
    "model.layers.1.mlp.Wi.weight": 0.02,
    "model.layers.1.attn.Wo.weight": out,
    "model.layers.1.mlp.Wo.weight": out,
    "head.dense.weight": out,
  };
  // A normal distribution that is cut at two deviations has 0.8796 of its deviation.
  for (const [name, deviation] of Object.entries(deviations)) {
    const values = weights.get(name)!;
    const found = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(found / (0.8796 * deviation), name).toBeGreaterThan(0.95);
    expect(found / (0.8796 * deviation), name).toBeLessThan(1.05);
    expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(2 * deviation);
  }
});

test("a width that heads cannot have is refused", () => {
  const asked = { data, out: "x", new: true, hidden: 30, heads: 5 };
  expect(() => resolvePretrainOptions({ ...asked, family: "bert" })).not.toThrow();
  expect(() => resolvePretrainOptions({ ...asked, hidden: 25, family: "modernbert" })).toThrow(
    "hidden cannot be 25: it must be a multiple of twice heads 5",
  );
});
