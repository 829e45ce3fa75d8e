/** `attune demo`, on a tiny model and few texts. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { methodNames } from "../../src/methods/registry.ts";
import type { Study } from "../../src/study/study.ts";
import { tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, type Outcome, readJson, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
// Room for a text after twenty virtual tokens.
tinyModel(join(cwd, "model"), { positions: 128 });
const SHORT = ["--model", "model", "--limit", "32", "--epochs", "1"];

let first: Outcome;
beforeAll(async () => {
  first = await succeed(["demo", ...SHORT], { cwd });
});

test("shows the data, compares every method, and ends at a report", () => {
  expect(first.stdout).toMatch(/^All +1,561 /m);
  expect(first.stdout).toMatch(/^surprise +116 /m);
  expect(first.stdout).toMatch(/^Bag of words +0\.6/m);
  expect(first.stdout).toContain(`\n${join("attune-demo", "report.html")}\n`);
  expect(readFileSync(join(cwd, "attune-demo/report.html"), "utf8")).toContain("Full fine-tuning");
  const study = readJson<Study>(cwd, "attune-demo/study.json");
  expect(study).toMatchObject({ data: "attune:emotions", recipes: ["demo"] });
  expect(new Set(study.runs.map(({ method }) => method))).toEqual(new Set(methodNames));
  expect(study.runs.filter(({ method }) => method === "lora").length).toBeGreaterThan(1);
});

test("asked again, says the same without training", async () => {
  const before = readFileSync(join(cwd, "attune-demo/results.csv"), "utf8");
  const again = await succeed(["demo", ...SHORT], { cwd });
  expect(again.stderr).toMatch(/^(\d+) runs in attune-demo, \1 of them finished before$/m);
  expect(again.stdout).toBe(first.stdout);
  expect(readFileSync(join(cwd, "attune-demo/results.csv"), "utf8")).toBe(before);
});

test("predicts with the model that is best on validation", async () => {
  const texts = ["I miss her so much.", "Leave me alone!"];
  const { stdout, stderr } = await succeed(["demo", ...SHORT, "--predict", ...texts], { cwd });
  expect(stderr).toBe("");
  const [reason, run] = stdout.trim().split("\n");
  expect(reason).toMatch(/the best validation macro F1, 0\.\d{4}/);
  const folder = /^Its run is (attune-demo[\\/]runs[\\/]\S+)\.$/.exec(run!)![1]!;
  expect(existsSync(join(cwd, folder, "result.json"))).toBe(true);
  const predicted = (await succeed(["predict", folder, ...texts], { cwd })).stdout;
  expect(stdout.endsWith(`\n\n${predicted}`)).toBe(true);
  expect((await succeed(["demo", ...SHORT, "--quiet", "--predict", ...texts], { cwd })).stdout).toBe(predicted);
});

test("another plan in the same folder is refused, also where nothing would be trained", async () => {
  for (const more of [[], ["--predict", "x"]]) {
    const { code, stderr } = await attune(["demo", ...SHORT.slice(0, -1), "2", ...more], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("attune-demo: this study was begun with another plan (epochs was 1 and is now 2)");
  }
  const { code, stderr } = await attune(["demo", "--epochs", "x"], { cwd });
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'attune: --epochs cannot be "x": it must be a whole number\n' });
});

test("asked to predict without a finished study, makes it first", async () => {
  // All but one run, as if it had been stopped.
  cpSync(join(cwd, "attune-demo"), join(cwd, "stopped"), {
    recursive: true,
    filter: (path) => !/runs[\\/]demo-bitfit-s42/.test(path),
  });
  const { stdout, stderr } = await succeed(["demo", ...SHORT, "--out", "stopped", "--predict", "Oh!"], { cwd });
  expect(stdout).toContain("There is no finished study in stopped yet, so it comes first.");
  expect(stderr).toContain("demo-bitfit-s42: begins");
  expect(stderr).not.toContain("demo-full-s42: begins");
  expect(stdout).toMatch(/\n\w+\t\d+\.\d %\tOh!\n$/);
});
