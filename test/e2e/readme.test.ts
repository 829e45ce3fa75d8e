/** What the README says works: its commands and its example run as they stand there, on a tiny model and data set. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(repository, "README.md"), "utf8");
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]!);

// A project of somebody's, with the files that the README names.
const project = mkdtempSync(join(tmpdir(), "attune-readme-"));
afterAll(() => rmSync(project, { recursive: true }));
tinyModel(join(project, "models/bert-base-uncased"));
tinyData(join(project, "splits"), { rows: 90 });
mkdirSync(join(project, "data"));
cpSync(join(project, "splits/train.csv"), join(project, "data/reviews.csv"));
writeFileSync(join(project, "texts.txt"), "good cat\n\nbad dog\n");
writeFileSync(join(project, "package.json"), "{}");
mkdirSync(join(project, "node_modules"));
symlinkSync(repository, join(project, "node_modules/attune"));

const run = (command: string): string =>
  execFileSync("sh", ["-c", command], { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

test("its commands run, in their order", () => {
  const commands = blocks("sh")
    .flatMap((block) => block.trim().split("\n"))
    .map((line) => line.replace(/^npm ci && /, ""))
    .filter((line) => line.startsWith("npx attune"));
  expect(commands).toHaveLength(11);
  const outputs = commands.map((command) =>
    run(command.replace("npx attune", `"${process.execPath}" "${join(repository, "dist/cli/main.js")}"`)),
  );
  expect(outputs[0]).toContain("Test, with the weights of epoch");
  expect(outputs[1]).toContain("bag of words");
  expect(outputs[3]).toContain("macro F1");
  expect(outputs[4]!.trim().split("\n")).toHaveLength(2);
  expect(
    outputs[5]!
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text),
  ).toEqual(["good cat", "", "bad dog"]);
});

test("its example runs", () => {
  const [example] = blocks("ts");
  writeFileSync(join(project, "example.mjs"), example!);
  const lines = run(`"${process.execPath}" example.mjs`).trim().split("\n");
  expect(lines.slice(0, 4).map((line) => line.replace(/[\d.]+$/, "…"))).toEqual([
    "epoch 1: macro F1 …",
    "epoch 2: macro F1 …",
    "epoch 3: macro F1 …",
    "test accuracy …",
  ]);
  expect(lines[4]).toMatch(/^(positive|negative) \{/);
});
