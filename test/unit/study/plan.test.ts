import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resolvePlan } from "../../../src/study/plan.ts";
import { planSchemaText, planText, readPlanFile } from "../../../src/study/plan-file.ts";
import { settledNotes } from "../../../src/study/plan-notes.ts";
import type { ResolvedPlan } from "../../../src/study/plan-schema.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { smallTask } from "../../study.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const MINIMAL = { model: "m", data: "d" };

/** A plan in a file, after all defaults; keys come after model and data, from line 3 on. */
function planOf(...lines: readonly string[]): ResolvedPlan {
  const { plan, place } = readPlanFile(scratch.file("study.yaml", ["model: m", "data: d", ...lines].join("\n")));
  return resolvePlan(plan, place);
}
const namesOf = (plan: ResolvedPlan) => plannedRuns(plan, smallTask).map(({ name }) => name);
const settingsOf = (plan: ResolvedPlan) =>
  plannedRuns(plan, smallTask).map(({ setting }) => setting.replace(/^\w+\//, ""));

describe("a plan that says nothing but model and data", () => {
  const runs = plannedRuns(resolvePlan(MINIMAL), smallTask);

  test("means every method of the original experiment once, LoRA with five ranks, and full fine-tuning of upper layers, as many as validation asks for", () => {
    expect(runs.map(({ name }) => name)).toEqual([
      "tuned-none-s42",
      "tuned-full-s42",
      "tuned-probe-s42",
      "tuned-prompt-s42",
      "tuned-prefix-s42",
      ...[2, 4, 8, 16, 32].map((rank) => `tuned-lora-r${rank}-s42`),
      "tuned-full-layers-top-auto-s42",
    ]);
  });

  test("gives each run its title, its options, and where they come from", () => {
    expect(runs.find(({ name }) => name === "tuned-lora-r8-s42")).toEqual({
      name: "tuned-lora-r8-s42",
      setting: "tuned/lora-r8",
      title: "LoRA, rank 8",
      recipe: "tuned",
      method: "lora",
      seed: 42,
      options: expect.objectContaining({ ...MINIMAL, method: "lora", rank: 8, alpha: 8, seed: 42 }),
      sources: expect.objectContaining({ rank: "the plan", alpha: expect.stringContaining("docs/recipes.md") }),
    });
  });
});

describe("the runs of a plan", () => {
  test("come seed by seed, and within a seed recipe by recipe", () => {
    expect(namesOf(planOf("recipe: both", "methods: [full, probe]", "seeds: 2"))).toEqual([
      "controlled-full-s42",
      "controlled-probe-s42",
      "tuned-full-s42",
      "tuned-probe-s42",
      "controlled-full-s43",
      "controlled-probe-s43",
      "tuned-full-s43",
      "tuned-probe-s43",
    ]);
    expect(namesOf(planOf("methods: [full]", "seeds: [7, 3]"))).toEqual(["tuned-full-s7", "tuned-full-s3"]);
  });

  test("have the same made splits for all seeds, those of the first or what the plan says", () => {
    const splitSeeds = (...lines: readonly string[]) =>
      plannedRuns(planOf("methods: [full]", ...lines), smallTask).map(({ options }) => [
        options.seed,
        options.splitSeed,
      ]);
    expect(splitSeeds("seeds: [7, 3]")).toEqual([
      [7, 7],
      [3, 7],
    ]);
    expect(splitSeeds("seeds: [7, 3]", "splitSeed: 5")).toEqual([
      [7, 5],
      [3, 5],
    ]);
    expect(splitSeeds("seeds: [7]")).toEqual([[7, undefined]]);
  });

  test("are only those of `runs`, where no methods are named", () => {
    expect(settingsOf(planOf("runs:", "  - method: full"))).toEqual(["full"]);
    expect(settingsOf(planOf("methods: [none]", "runs:", "  - method: full"))).toEqual(["none", "full"]);
  });

  test("are every choice from the lists of a grid, named by what differs", () => {
    const plan = planOf(
      "runs:",
      "  - method: lora",
      "    rank: [4, 8]",
      "    learningRate: [0.001, 1e-4]",
      "    dropout: 0.1",
    );
    expect(settingsOf(plan)).toEqual(["lora-r4-lr0.001", "lora-r8-lr0.001", "lora-r4-lr0.0001", "lora-r8-lr0.0001"]);
    expect(plannedRuns(plan, smallTask)[2]).toMatchObject({
      title: "LoRA, rank 4, learning rate 0.0001",
      options: { rank: 4, learningRate: 1e-4, dropout: 0.1, alpha: 8 },
    });
  });

  test("are as many of each method as an option of all runs has values", () => {
    const plan = planOf(
      "methods: [full, lora]",
      "ranks: [2]",
      "precision: [float32, int8]",
      "options:",
      "  full: { precision: float32 }",
    );
    expect(settingsOf(plan)).toEqual(["full", "lora-r2-precision-float32", "lora-r2-precision-int8"]);
    expect(plannedRuns(plan, smallTask)[2]).toMatchObject({
      title: "LoRA, rank 2, precision int8",
      options: { precision: "int8" },
    });
    expect(plannedRuns(planOf("methods: [probe]", "limit: [100, 200]"), smallTask).map(({ name }) => name)).toEqual([
      "tuned-probe-limit-100-s42",
      "tuned-probe-limit-200-s42",
    ]);
  });

  test("take a list as one value where the option takes it, and as several where it does not", () => {
    const layersOf = (layers: string) =>
      plannedRuns(planOf("runs:", `  - { method: bitfit, layers: ${layers} }`), smallTask).map(
        ({ options }) => (options as { layers?: unknown }).layers,
      );
    expect(layersOf("[0, 1]")).toEqual([[0, 1]]);
    expect(layersOf('["top:1", "top:2"]')).toEqual(["top:1", "top:2"]);
    expect(layersOf('[[0, 1], "top:2"]')).toEqual([[0, 1], "top:2"]);
  });

  test("take a list of lists for an option that is a list itself", () => {
    const one = planOf("runs:", "  - { method: lora, rank: 2, targets: [query, value] }");
    expect(plannedRuns(one, smallTask).map(({ options }) => (options as { targets?: unknown }).targets)).toEqual([
      ["query", "value"],
    ]);
    const two = planOf("runs:", "  - { method: lora, rank: 2, targets: [[query], [query, value]] }");
    expect(settingsOf(two)).toEqual(["lora-r2-targets-query", "lora-r2-targets-query-value"]);
  });

  test("that are said twice are done once", () => {
    expect(
      settingsOf(planOf("methods: [lora]", "ranks: [2, 4]", "runs:", "  - { method: lora, rank: [4, 8] }")),
    ).toEqual(["lora-r2", "lora-r4", "lora-r8"]);
  });

  test("take what is nearest: recipe, plan, options of the method, the run's own", () => {
    const [first, second, third] = plannedRuns(
      planOf(
        "recipe: controlled",
        "epochs: 4",
        "methods: [full, prompt]",
        "options:",
        "  prompt: { epochs: 6, virtualTokens: 5 }",
        "runs:",
        "  - { method: prompt, epochs: 8, learningRate: 0.3 }",
      ),
      smallTask,
    );
    expect(first!.options).toMatchObject({ method: "full", epochs: 4, learningRate: 1e-4 });
    expect(second!.options).toMatchObject({ method: "prompt", epochs: 6, learningRate: 1e-4, virtualTokens: 5 });
    expect(third!.options).toMatchObject({ method: "prompt", epochs: 8, learningRate: 0.3, virtualTokens: 5 });
    expect(third!.sources).toMatchObject({ epochs: "the plan", batchSize: "the original experiment" });
  });

  test("are all of texts with one label, or all of texts with any number of them", () => {
    const mixed = planOf("methods: [full]", "runs:", "  - { method: full, multiLabel: true }");
    expect(() => plannedRuns(mixed, smallTask)).toThrow(
      expect.objectContaining({ code: "plan/multi-label", kind: "input" }),
    );
    expect(plannedRuns(planOf("methods: [full, lora]", "ranks: [2]", "multiLabel: true"), smallTask)).toHaveLength(2);
    expect(plannedRuns(planOf("methods: [full]", "multiLabel: false"), smallTask)).toHaveLength(1);
  });

  test("have only what the plan says, and the head that fits the model, with the recipe `own`", () => {
    const [run] = plannedRuns(planOf("recipe: own", "methods: [full]", "limit: 10"), smallTask);
    expect(run!.options).toEqual({ ...MINIMAL, recipe: "own", method: "full", head: "mean", limit: 10, seed: 42 });
  });
});

test("a probe is called what its head makes of it", () => {
  const titleWith = (head: string) => plannedRuns(planOf("methods: [probe]", `head: ${head}`), smallTask)[0]!.title;
  expect(["mean", "mean+mlp", "attention", "auto"].map(titleWith)).toEqual([
    "Linear probe",
    "MLP probe",
    "Attention probe",
    "Probe",
  ]);
});

test("what rules gave the runs is said once", () => {
  const runs = plannedRuns(planOf("methods: [none, full, probe]"), smallTask);
  expect(settledNotes(runs)).toEqual([
    "Head of all runs: mean (the model has no pooler).",
    "Epochs at most, of Full fine-tuning: 5.",
    "Epochs at most, of Linear probe: 12.",
  ]);
  expect(settledNotes(plannedRuns(planOf("methods: [full]", "head: cls", "epochs: 2"), smallTask))).toEqual([]);
});

describe("a plan file that is wrong", () => {
  test.each([
    [["epoch: 3"], 'line 3: there is no key "epoch"; did you mean "epochs"?'],
    [["methods: [full, lorra]"], 'line 3: there is no method "lorra"; did you mean "lora"?'],
    [["methods:", "  - full", "  - probes"], 'line 5: there is no method "probes"; did you mean "probe"?'],
    [["options:", "  loar:", "    rank: 3"], 'line 4: there is no method "loar"; did you mean "lora"?'],
    [["runs:", "  - method: lora", "    rnk: 4"], 'line 5: there is no key "rnk"; did you mean "rank"?'],
    [["runs:", "  - method: full", "  - method: prefx"], 'line 5: there is no method "prefx"; did you mean "prefix"?'],
    [["runs:", "  - method: full", "    rank: 4"], 'line 5: rank is an option of "lora"; the method here is "full"'],
    [["rank: 4"], 'line 3: rank is an option of "lora"; it stands under options or runs'],
    [["", "epochs: many"], 'line 4: epochs cannot be "many": it must be a whole number'],
    [["seeds: 0"], "line 3: seeds cannot be 0: it must be more than 0"],
    [["recipe: best"], 'line 3: recipe cannot be "best": it must be "controlled", "tuned", "demo", "both" or "own"'],
    [["runs:", "  - method: lora", "    rank: [2, x]"], 'line 5: rank cannot be "x": it must be a whole number'],
    [["runs: 3"], "line 3: runs cannot be 3: it must be a list"],
    [["epochs: 3", "epochs: 4"], "line 4: this is not YAML (Map keys must be unique)"],
  ])("%j: the sentence names the line", async (lines, sentence) => {
    const message = await inputError(() => planOf(...lines));
    expect(message.replace(/^.*study\.yaml, /, "")).toBe(sentence);
  });

  test("without data says which key is missing", async () => {
    const { plan, place } = readPlanFile(scratch.file("study.yaml", "model: m\n"));
    expect(await inputError(() => resolvePlan(plan, place))).toMatch(/study\.yaml: data is missing: labelled texts/);
  });

  test("without a model has the one that comes with Attune", () => {
    const { plan, place } = readPlanFile(scratch.file("study.yaml", "data: d\n"));
    expect(resolvePlan(plan, place).model).toBe("attune:mini");
  });

  test("that is no map says so", async () => {
    expect(await inputError(() => readPlanFile(scratch.file("study.yaml", "- full\n")))).toMatch(/one key a line/);
  });
});

test("a plan in code is refused by the place in it", async () => {
  const message = await inputError(() => resolvePlan({ ...MINIMAL, runs: [{ method: "lora", rank: [2, 0.5] }] }));
  expect(message).toBe("runs[0].rank[1] cannot be 0.5: it must be a whole number");
});

describe("a plan that is written", () => {
  const plan = planOf(
    "recipe: both",
    "seeds: 3",
    "limit: 100",
    "runs:",
    "  - { method: lora, rank: [2, 4], targets: [[query], [key]] }",
  );
  const text = planText(plan);

  test("reads back to the same plan", () => {
    const { plan: again, place } = readPlanFile(scratch.file("again.yaml", text));
    expect(resolvePlan(again, place)).toEqual(plan);
  });

  test("tells editors where its schema is, and the schema is that of this version", () => {
    const schema = /^# yaml-language-server: \$schema=(.+)$/m.exec(text)![1]!;
    expect(readFileSync(schema, "utf8"), "run: npm run schema").toBe(planSchemaText());
  });
});
