/** The folder of a study: one that was stopped while it was made goes on, and what others made is refused. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resumeComparison } from "../../../src/study/compare.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { planText } from "../../../src/study/plan-file.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { StudyFolder } from "../../../src/study/study-folder.ts";
import { smallTask } from "../../study.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const PLAN = "# yaml-language-server: $schema=x\nmethods: [bitfit]\n";

test.each<[string, Record<string, string>]>([
  ["nothing", {}],
  ["its plan", { "plan.yaml": PLAN }],
  ["half of its plan", { "plan.yaml.0123abcd-4000000-1-89abcdef.partial": "# ya" }],
])("a folder that holds %s and no run becomes a study", (_, files) => {
  const path = scratch.folder(files);
  mkdirSync(join(path, "runs"));
  StudyFolder.open(path).close();
  expect(readdirSync(path).sort()).toEqual([...Object.keys(files), "runs"].sort());
});

test.each<[string, Record<string, string>]>([
  ["a file of others", { "notes.txt": "mine" }],
  ["a plan that others wrote", { "plan.yaml": "methods: [bitfit]\n" }],
  ["a name that only looks like ours", { "plan.yaml.partial": PLAN }],
])("a folder with %s is none", (_, files) => {
  const path = scratch.folder(files);
  expect(() => StudyFolder.open(path)).toThrow("holds no study");
});

test("nor is one with a run of others", () => {
  const path = scratch.folder({ "plan.yaml": PLAN });
  mkdirSync(join(path, "runs/theirs"), { recursive: true });
  writeFileSync(join(path, "runs/theirs/run.json"), "{}");
  expect(() => StudyFolder.open(path)).toThrow("holds no study");
});

test("a study that has its plan alone goes on by that, as it would have begun", async () => {
  const root = scratch.folder({});
  const [model, data] = [tinyModel(join(root, "model")), tinyData(join(root, "data"), { rows: 6 })];
  const plan = resolvePlan({ model, data, recipe: "own", methods: ["none"], seeds: [3], jobs: 1, threads: 1 });
  const path = scratch.folder({ "plan.yaml": planText(plan) });
  for await (const event of resumeComparison(path, { estimate: false })) if (event.type === "plan") break;
  const study = JSON.parse(readFileSync(join(path, "study.json"), "utf8"));
  expect(study).toMatchObject({ plan, runs: plannedRuns(plan, smallTask) });
});

test.each<[string, Record<string, string>]>([
  ["nothing", {}],
  ["a plan that others wrote", { "plan.yaml": "methods: [bitfit]\n" }],
  ["a plan and other files", { "plan.yaml": PLAN, "notes.txt": "mine" }],
])("where there is %s, there is nothing to go on with", async (_, files) => {
  expect(await inputError(() => resumeComparison(scratch.folder(files)))).toMatch(/there is no study.json in it/);
});
