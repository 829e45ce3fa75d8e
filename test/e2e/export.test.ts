/** `attune export`: of a run, and of a base model with an adapter. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));
const texts = ["good cat", "the bad dog", "very unhappy café"];

beforeAll(async () => {
  const options = ["--method", "lora", "--head", "pooler", "--learning-rate", "1e-2", "--batch-size", "4"];
  await succeed(["train", "--model", "model", "--data", "data", "--out", "run", ...options], { cwd });
});

const predicted = async (...model: string[]) =>
  (await succeed(["predict", ...model, "--json", ...texts], { cwd })).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { label: string; probabilities: Record<string, number> });

test("a run as an adapter, and that on its base as a whole model", async () => {
  const first = await succeed(["export", "run", "--format", "peft", "--out", "adapter"], { cwd });
  expect(first).toMatchObject({
    stdout: "adapter\n",
    stderr: expect.stringMatching(/^attune: The card names no license.*\n$/),
  });
  const given = ["--model", "model", "--adapter", "adapter", "--format", "transformers"];
  await succeed(["export", ...given, "--out", "merged"], { cwd });
  const [ours, merged] = [await predicted("run"), await predicted("merged")];
  for (const [i, { label, probabilities }] of merged.entries()) {
    expect(label).toBe(ours[i]!.label);
    for (const [name, share] of Object.entries(probabilities))
      expect(Math.abs(share - ours[i]!.probabilities[name]!)).toBeLessThan(1e-5);
  }
  const onnx = ["export", "model", "--adapter", "run", "--format", "onnx", "--int8", "--max-length", "9"];
  const { stderr } = await succeed([...onnx, "--out", "onnx"], { cwd });
  expect(stderr).toMatch(/^attune: int8: what it changes was not measured/);
  expect(existsSync(join(cwd, "onnx/onnx/model_quantized.onnx"))).toBe(true);
  expect(readFileSync(join(cwd, "onnx/tokenizer_config.json"), "utf8")).toContain('"model_max_length":9');
});

test.each([
  [["run", "--model", "model"], "both model and run are given; one model at a time"],
  [["--model", "model"], "model: this is not a trained classifier, as its weights lack the pooler; train it first"],
  [["model", "--adapter", "data"], "data/attune_adapter.json: cannot be read"],
  [["run", "--max-length", "17"], "--max-length cannot be 17: the model has 16 positions; it is 2 to 16"],
  [[], "which model?"],
])("%j is refused, and nothing is written", async (args, reason) => {
  const { code, stderr } = await attune(["export", ...args, "--format", "onnx", "--out", "no"], { cwd });
  expect(stderr).toContain(`attune: ${reason}`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(2);
  expect(existsSync(join(cwd, "no")) || existsSync(join(cwd, "no.partial"))).toBe(false);
});
