/** The folder of a study: one that was stopped while it was made goes on, and what others made is refused. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { StudyFolder } from "../../../src/study/study-folder.ts";
import { scratchFolder } from "../tables/scratch.ts";

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
