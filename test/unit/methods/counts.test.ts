import { expect, test } from "vitest";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import { buildEncoder } from "../../../src/models/registry.ts";

const encoder = buildEncoder({ model_type: "bert" }, 6, "config.json");
const setting = { semantics: "attune", trainHead: true, trainPooler: false, fresh: new Set<string>() } as const;
const HEAD = 6 * 768 + 6;

/** PEFT's numbers for bert-base with 6 labels. */
test.each<[MethodName, object, number]>([
  ["none", {}, 0],
  ["full", {}, 109_486_854],
  ["probe", {}, HEAD],
  ["bitfit", {}, 102_918 + 4_608],
  ["full", { layers: "top:2" }, 2 * 7_087_872 + 590_592 + HEAD],
  ["full", { layers: [10, 11] }, 2 * 7_087_872 + 590_592 + HEAD],
  ["full", { layers: "top:12" }, 109_486_854 - (30_522 + 512 + 2 + 2) * 768],
  // Six biases of 768 and one of 3,072 a layer, two of them of LayerNorms; that of the pooler.
  ["bitfit", { layers: [0, 3] }, 2 * (7 * 768 + 3_072) + 768 + HEAD],
  ["lora", { layers: "top:2" }, 2 * 24_576 + HEAD],
  ["lora", { rank: 2 }, 78_342],
  ["lora", { rank: 4 }, 152_070],
  ["lora", { rank: 8 }, 299_526],
  ["lora", { rank: 16 }, 594_438],
  ["lora", { rank: 32 }, 1_184_262],
  ["lora", { targets: ["all-linear"] }, 1_344_006],
  ["lora", { bias: "all" }, 402_438],
  ["lora", { dora: true }, 317_958],
  ["ia3", {}, 69_126],
  ["ia3", { targets: ["key", "value", "output"] }, 12 * (2 * 768 + 3_072) + HEAD],
  ["prompt", {}, 15_360 + HEAD],
  ["prefix", {}, 368_640 + HEAD],
])("%s %o trains %d parameters of bert-base", (method, options, count) => {
  const { encoder: adapted, trained } = adaptModel(encoder, chooseMethod(method, options), setting);
  const sizeOf = (parameters: typeof trained) =>
    parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(sizeOf(trained)).toBe(count);
  const added = sizeOf(trained.filter(({ part }) => part === "adapter"));
  expect(sizeOf(adapted.parameters)).toBe(109_486_854 + added);
});

test("virtual tokens leave less room for a text", () => {
  expect(adaptModel(encoder, chooseMethod("prompt"), setting).encoder.maxPositions).toBe(492);
  expect(adaptModel(encoder, chooseMethod("prefix", { virtualTokens: 30 }), setting).encoder.maxPositions).toBe(482);
  expect(() => adaptModel(encoder, chooseMethod("prompt", { virtualTokens: 511 }), setting)).toThrow(
    "--virtual-tokens cannot be 511: the model has 512 positions",
  );
});

test("the pooler is trained where it was drawn, or on request", () => {
  const pooler = (changes: object) =>
    adaptModel(encoder, chooseMethod("lora"), { ...setting, ...changes }).trained.some(({ part }) => part === "pooler");
  expect(pooler({})).toBe(false);
  expect(pooler({ trainPooler: true })).toBe(true);
  expect(pooler({ fresh: new Set(["bert.pooler.dense.weight", "bert.pooler.dense.bias"]) })).toBe(true);
});

test("a head can stay as it is", () => {
  const { trained } = adaptModel(encoder, chooseMethod("lora"), { ...setting, trainHead: false });
  expect(new Set(trained.map(({ part }) => part))).toEqual(new Set(["adapter"]));
});

test.each([
  ["top:13", "--layers cannot be top:13: the model has 12 layers"],
  [[3, 12], "there is no layer 12: the model has layers 0 to 11"],
])("layers that are not there: %j", (layers, message) => {
  for (const method of ["full", "bitfit", "lora"] as const)
    expect(() => adaptModel(encoder, chooseMethod(method, { layers }), setting)).toThrow(message);
});
