/** `attune audit`: a page, a table of issues, and the data as a review wants them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AuditResult } from "../../src/index.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, filesBelow, readJson, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));
const OPTIONS = ["--model", "model", "--folds", "2", "--threads", "1"];

test("an audit, its review, and the cleaned data, by the commands that each step names", async () => {
  const train = readFileSync(join(cwd, "data/train.csv"), "utf8").trimEnd().split("\n");
  // The third text stands in test as well.
  const test = readFileSync(join(cwd, "data/test.csv"), "utf8");
  writeFileSync(join(cwd, "data/test.csv"), `${test}${train[3]}\n`);
  const { stdout } = await succeed(["audit", "data", ...OPTIONS], { cwd });
  expect(stdout).toContain("labels are doubtful");
  expect(stdout).toContain("attune audit data --apply audit/issues.csv --out FILE");
  expect(filesBelow(join(cwd, "audit"))).toEqual(["audit.html", "audit.json", "issues.csv"]);
  const { issues } = readJson<AuditResult>(cwd, "audit/audit.json");
  const leak = issues.find(({ kind, split, row }) => kind === "leak" && split === "train" && row === 3)!;
  expect(leak.also).toEqual({ split: "test", row: 17 });
  expect(readFileSync(join(cwd, "audit/audit.html"), "utf8")).toContain("<title>What is wrong with the data</title>");

  expect(readFileSync(join(cwd, "audit/issues.csv"), "utf8").split("\r\n")).toHaveLength(issues.length + 2);
  const review = [
    ["split", "row", "kind", "given", "suggested", "decision", "new_label", "text_hash"],
    ["train", "3", "leak", leak.given, "", "accept", "", leak.textHash],
  ];
  writeFileSync(join(cwd, "reviewed.csv"), review.map((line) => line.join(",")).join("\n"));
  const applied = await succeed(["audit", "data", "--apply", "reviewed.csv", "--out", "cleaned"], { cwd });
  expect(applied.stdout).toContain("0 relabelled, 1 removed");
  expect(readFileSync(join(cwd, "cleaned/train.csv"), "utf8").trimEnd().split("\n")).toEqual(
    train.filter((_, i) => i !== 3),
  );
  expect(readFileSync(join(cwd, "data/train.csv"), "utf8").trimEnd().split("\n")).toEqual(train);

  for (const [args, message] of [
    [["audit", "data", ...OPTIONS], "an audit is there already"],
    [["audit", "data", "--apply", "reviewed.csv", "--out", "cleaned"], "cleaned: this exists already"],
    [
      ["audit", "data", "--apply", "reviewed.csv", "--out", "other", "--folds", "3"],
      "--folds has no effect with --apply",
    ],
    [["audit", "data", "--method", "none", "--out", "other"], "--method cannot be"],
  ] as const) {
    const { code, stderr } = await attune(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  }
});
