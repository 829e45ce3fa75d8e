import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { resolvePlan } from "../../../src/experiment/plan.ts";
import { readPlanFile } from "../../../src/experiment/plan-file.ts";
import { plannedRuns } from "../../../src/experiment/planned-runs.ts";

test("docs/seed.yaml is the original experiment", () => {
  const { plan, place } = readPlanFile(fileURLToPath(new URL("../../../docs/seed.yaml", import.meta.url)));
  const runs = plannedRuns(resolvePlan(plan, place));
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
