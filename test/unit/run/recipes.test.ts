import { describe, expect, test } from "vitest";
import { type MethodName, methodNames, methodOf } from "../../../src/methods/registry.ts";
import { type NamedRecipe, type RecipeFacts, recipeNames, recipeOptions } from "../../../src/run/recipes.ts";
import { resolveOptions } from "../../../src/run/train-options.ts";
import { smallTask } from "../../study.ts";

const valuesOf = (
  recipe: NamedRecipe | "own",
  method: MethodName,
  given: Readonly<Record<string, unknown>> = {},
  facts: Partial<RecipeFacts> = {},
) =>
  Object.fromEntries(
    Object.entries(recipeOptions(recipe, method, given, { ...smallTask, ...facts })).map(([key, { value }]) => [
      key,
      value,
    ]),
  );

describe.each(recipeNames)("%s", (recipe) => {
  test.each(methodNames)("gives %s options that exist, each with where it comes from", (method) => {
    const options = recipeOptions(recipe, method, {}, smallTask);
    const own = Object.fromEntries(Object.entries(options).map(([key, { value }]) => [key, value]));
    expect(() => resolveOptions({ model: "m", data: "d", out: "o", method, ...own })).not.toThrow();
    for (const { source } of Object.values(options)) expect(source).toMatch(/^\S.{3,}$/);
  });

  test("knows a learning rate for every method that trains, and no other", () => {
    for (const method of methodNames)
      expect("learningRate" in valuesOf(recipe, method), method).toBe(method !== "none" || recipe === "controlled");
  });

  test("leaves alone what is given", () => {
    expect(valuesOf(recipe, "full", { learningRate: 1, head: "cls" })).not.toHaveProperty("learningRate");
    expect(valuesOf(recipe, "full", { learningRate: 1, head: "cls" })).not.toHaveProperty("head");
  });
});

test("what methods say of recipes, they say of recipes that exist", () => {
  for (const method of methodNames)
    for (const name of Object.keys(methodOf(method).recipes ?? {})) expect(recipeNames).toContain(name);
});

describe("controlled", () => {
  test("is the original experiment: one learning rate and the model's own head for all, and PEFT's semantics", () => {
    for (const method of methodNames)
      expect(valuesOf("controlled", method)).toMatchObject({
        learningRate: 1e-4,
        epochs: 10,
        batchSize: 16,
        schedule: "linear",
        bestMetric: "loss",
        head: "pooler",
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

test("own gives the head and nothing else", () => {
  for (const method of methodNames) expect(valuesOf("own", method)).toEqual({ head: "mean" });
});

describe("tuned", () => {
  const trained = methodNames.filter((method) => method !== "none");

  test("has one head for every method: the one that the model's files ask for", () => {
    const head = { head: "cls", reason: "as the model was taught (1_Pooling/config.json)", isTrained: false } as const;
    for (const method of methodNames) expect(valuesOf("tuned", method, {}, { head })).toMatchObject({ head: "cls" });
  });

  test("gives a head that is drawn a rate of its own, a high one where it is linear", () => {
    const rateOf = (method: MethodName, head: RecipeFacts["head"]) =>
      valuesOf("tuned", method, {}, { head }).headLearningRate as number | undefined;
    for (const method of trained.filter((name) => name !== "probe")) {
      const [linear, deep] = (["mean", "pooler"] as const).map(
        (head) => rateOf(method, { head, reason: "of a test", isTrained: false })!,
      );
      expect(linear).toBeGreaterThanOrEqual(5e-3);
      expect(deep).toBeLessThan(linear!);
      expect(rateOf(method, { head: "mean", reason: "of a test", isTrained: true })).toBeUndefined();
    }
  });

  test("draws a head that is asked for beside the trained one", () => {
    const head = { head: "pooler", reason: "the model has a trained classifier", isTrained: true } as const;
    expect(valuesOf("tuned", "full", {}, { head })).not.toHaveProperty("headLearningRate");
    expect(valuesOf("tuned", "full", {}, { head })).not.toHaveProperty("head");
    expect(valuesOf("tuned", "full", { head: "mean" }, { head })).toHaveProperty("headLearningRate");
  });

  test("reads few texts more often, and never less than three times", () => {
    const epochsOf = (texts: number, given = {}) => valuesOf("tuned", "lora", given, { texts }).epochs;
    expect([16_000, 9600, 2000, 616, 10].map((texts) => epochsOf(texts))).toEqual([3, 3, 5, 16, 20]);
    expect(epochsOf(2000, { batchSize: 32 })).toBe(10);
    expect(epochsOf(2000, { gradientAccumulation: 2 })).toBe(10);
  });

  test("has lower rates within wider encoders", () => {
    const ratesOf = (method: MethodName) =>
      [256, 384, 768, 1024].map((hiddenSize) => valuesOf("tuned", method, {}, { hiddenSize }).learningRate);
    expect(ratesOf("full")).toEqual([3e-4, 2e-4, 1e-4, 7.5e-5]);
    expect(ratesOf("lora")).toEqual([3e-3, 2e-3, 1e-3, 7.5e-4]);
    expect(ratesOf("prefix")).toEqual([3e-2, 2e-2, 1e-2, 7.5e-3]);
    expect(ratesOf("prompt")).toEqual([7.5e-2, 5e-2, 2.5e-2, 1.9e-2]);
    expect(ratesOf("bitfit")).toEqual([6e-3, 6e-3, 3e-3, 2.3e-3]);
    expect(ratesOf("ia3")).toEqual([4.5e-2, 3e-2, 1.5e-2, 1.1e-2]);
    expect(new Set(ratesOf("probe")).size).toBe(1);
  });

  test("warms up where every weight is trained, in a run that has some steps", () => {
    expect(valuesOf("tuned", "full")).toMatchObject({ warmup: 0.1 });
    expect(valuesOf("tuned", "full", { epochs: 1 }, { texts: 144 })).not.toHaveProperty("warmup");
  });

  test("smooths the targets of full fine-tuning where a text has one label", () => {
    expect(valuesOf("tuned", "full")).toMatchObject({ labelSmoothing: 0.1 });
    expect(valuesOf("tuned", "full", {}, { multiLabel: true })).not.toHaveProperty("labelSmoothing");
  });

  test("begins prefixes with smaller numbers in wide encoders", () => {
    const begins = [256, 384, 768, 1024].map((hiddenSize) => valuesOf("tuned", "prefix", {}, { hiddenSize }).initStd);
    expect(begins).toEqual([undefined, undefined, 0.5, 0.38]);
  });

  test("keeps LoRA's alpha at every rank, on all linear layers", () => {
    for (const rank of [2, 32])
      expect(valuesOf("tuned", "lora", { rank })).toMatchObject({ alpha: 8, targets: ["all-linear"] });
  });
});
