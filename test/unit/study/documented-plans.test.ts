import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { recipeOptions } from "../../../src/run/recipes.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { readPlanFile } from "../../../src/study/plan-file.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { smallTask } from "../../study.ts";

const documented = (name: string) =>
  readPlanFile(fileURLToPath(new URL(`../../../docs/${name}.yaml`, import.meta.url)));

test("docs/seed.yaml is the original experiment", () => {
  const { plan, place } = documented("seed");
  const runs = plannedRuns(resolvePlan(plan, place), smallTask);
  expect(runs.map(({ title }) => title)).toEqual([
    ...["No training", "Full fine-tuning", "Linear probe", "Prompt tuning", "Prefix tuning"],
    ...[2, 4, 8, 16, 32].map((rank) => `LoRA, rank ${rank}`),
  ]);
  for (const { options, seed, method } of runs) {
    expect(options).toMatchObject({ learningRate: 1e-4, epochs: 10, batchSize: 16, schedule: "linear" });
    expect(options).toMatchObject({ bestMetric: "loss", semantics: method === "probe" ? "attune" : "peft" });
    expect(seed).toBe(42);
    expect(options.sharedTexts).toBe("keep");
    const isFrozen = (options as { trainHead?: boolean }).trainHead === false;
    expect(isFrozen).toBe(method === "prompt" || method === "prefix");
    if (method === "lora") expect(options).toMatchObject({ alpha: 8 });
  }
});

test("docs/recipes-demo.yaml searches among several rates for each method, that of the recipe demo with them", () => {
  const { plan, place } = documented("recipes-demo");
  const runs = plannedRuns(resolvePlan({ ...plan, model: "model", data: "data" }, place), smallTask);
  const methods = [...new Set(runs.map(({ method }) => method))];
  expect(methods).toEqual(["full", "probe", "prompt", "prefix", "lora", "bitfit", "ia3"]);
  for (const method of methods) {
    const rates = runs.flatMap(({ method: of, options }) => (of === method ? [options.learningRate] : []));
    expect(new Set(rates).size).toBeGreaterThan(1);
    expect(rates).toContain(recipeOptions("demo", method, {}, smallTask).learningRate!.value);
  }
});

test("docs/recipes-lora.yaml searches LoRA's alpha at the tuned rate, the tuned one with them at every rank", () => {
  const { plan, place } = documented("recipes-lora");
  const runs = plannedRuns(resolvePlan({ ...plan, model: "model", data: "data" }, place), smallTask);
  const tuned = recipeOptions("tuned", "lora", {}, smallTask);
  const found = runs.flatMap(({ options }) => {
    const { rank, alpha, learningRate } = options as typeof options & { rank: number; alpha: number };
    expect(learningRate).toBe(tuned.learningRate!.value);
    return alpha === tuned.alpha!.value ? [rank] : [];
  });
  expect(found).toEqual([2, 4, 8, 16, 32]);
  expect(runs.length).toBeGreaterThan(found.length);
});
