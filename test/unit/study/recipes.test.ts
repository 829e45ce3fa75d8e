import { describe, expect, test } from "vitest";
import { type MethodName, methodNames, methodOf } from "../../../src/methods/registry.ts";
import { resolveOptions } from "../../../src/run/train-options.ts";
import { type NamedRecipe, recipeNames, recipeOptions } from "../../../src/study/recipes.ts";

const valuesOf = (recipe: NamedRecipe, method: MethodName, given: object = {}) =>
  Object.fromEntries(
    Object.entries(recipeOptions(recipe, method, given as Record<string, unknown>)).map(([key, { value }]) => [
      key,
      value,
    ]),
  );

describe.each(recipeNames)("%s", (recipe) => {
  test.each(methodNames)("gives %s options that exist, each with where it comes from", (method) => {
    const options = recipeOptions(recipe, method, {});
    const own = Object.fromEntries(Object.entries(options).map(([key, { value }]) => [key, value]));
    expect(() => resolveOptions({ model: "m", data: "d", out: "o", method, ...own })).not.toThrow();
    for (const { source } of Object.values(options)) expect(source).toMatch(/^\S.{3,}$/);
  });

  test("knows a learning rate for every method that trains, and no other", () => {
    for (const method of methodNames)
      expect("learningRate" in recipeOptions(recipe, method, {}), method).toBe(
        method !== "none" || recipe === "controlled",
      );
  });

  test("leaves alone what is given", () => {
    expect(valuesOf(recipe, "full", { learningRate: 1 })).not.toHaveProperty("learningRate");
  });
});

test("what methods say of recipes, they say of recipes that exist", () => {
  for (const method of methodNames)
    for (const name of Object.keys(methodOf(method).recipes ?? {})) expect(recipeNames).toContain(name);
});

describe("controlled", () => {
  test("is the original experiment: one learning rate for all, and PEFT's semantics", () => {
    for (const method of methodNames)
      expect(valuesOf("controlled", method)).toMatchObject({
        learningRate: 1e-4,
        epochs: 10,
        batchSize: 16,
        schedule: "linear",
        bestMetric: "loss",
        semantics: method === "probe" ? "attune" : "peft",
      });
  });

  test("has alpha 8 for every rank", () => {
    for (const rank of [2, 32]) expect(valuesOf("controlled", "lora", { rank })).toMatchObject({ alpha: 8 });
  });

  test("says why the probe is without dropout in frozen layers", () => {
    expect(methodOf("probe").recipes!.controlled!.note).toMatch(/frozen layers run without dropout/);
  });
});

test("demo has rates of its own and few epochs for every method", () => {
  for (const method of methodNames) expect(valuesOf("demo", method)).toMatchObject({ epochs: 3, head: "mean" });
  const rates = methodNames.filter((name) => name !== "none").map((method) => valuesOf("demo", method).learningRate);
  for (const rate of rates) expect(rate).toBeGreaterThan(5e-5);
});

test("tuned keeps LoRA's alpha at every rank, and lets the probe choose a head", () => {
  for (const rank of [2, 32]) expect(valuesOf("tuned", "lora", { rank })).toMatchObject({ alpha: 8 });
  expect(valuesOf("tuned", "probe")).toMatchObject({ head: "auto" });
});
