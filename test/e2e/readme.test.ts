/** What the README says works: its commands and its example run as they stand there, on a tiny model, data set and Hub. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesFrom } from "../hub-server/folder.ts";
import { HubServer, TOKEN } from "../hub-server/server.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { commandLine, repository, start } from "./attune.ts";

const readme = readFileSync(join(repository, "README.md"), "utf8");
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]!);

// A project of somebody's, with the files that the README names.
const project = mkdtempSync(join(tmpdir(), "attune-readme-"));
afterAll(() => rmSync(project, { recursive: true }));
// Room for a text after twenty virtual tokens.
tinyModel(join(project, "models/bert-base-uncased"), { positions: 64 });
tinyData(join(project, "splits"), { rows: 90 });
mkdirSync(join(project, "data"));
cpSync(join(project, "splits/train.csv"), join(project, "data/reviews.csv"));
writeFileSync(join(project, "texts.txt"), "good cat\n\nbad dog\n");
writeFileSync(join(project, "package.json"), "{}");
mkdirSync(join(project, "node_modules"));
symlinkSync(repository, join(project, "node_modules/attune"));

const hub = new HubServer("you");
hub.add({ name: "google-bert/bert-base-uncased", files: filesFrom(join(project, "models/bert-base-uncased")) });
const config = "---\nconfigs:\n- config_name: split\n  data_files: reviews.csv\n---\n";
hub.add({
  kind: "dataset",
  name: "dair-ai/emotion",
  files: { "README.md": config, ...filesFrom(join(project, "data")) },
});
beforeAll(() => hub.listen());
afterAll(() => hub.close());

async function run(command: string): Promise<string> {
  const env = { HF_ENDPOINT: hub.url, HF_HOME: join(project, "cache"), HF_TOKEN: TOKEN };
  const { code, stdout, stderr } = await start("sh", ["-c", command], { cwd: project, env }).ended;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return stdout;
}

test("its commands run, in their order", async () => {
  const commands = blocks("sh")
    .flatMap((block) => block.trim().split("\n"))
    .map((line) => line.replace(/^npm ci && /, ""))
    .filter((line) => line.startsWith("npx attune"));
  expect(commands).toHaveLength(14);
  const outputs: string[] = [];
  for (const command of commands)
    outputs.push(await run(command.replace("npx attune", `"${process.execPath}" "${commandLine}"`)));
  expect(outputs[0]).toMatch(/^method .*macro F1[\s\S]*report\.html$/m);
  expect(outputs[1]).toContain("Test, with the weights of epoch");
  expect(outputs[2]).toContain("bag of words");
  expect(outputs[4]).toContain("macro F1");
  expect(outputs[5]!.trim().split("\n")).toHaveLength(2);
  expect(
    outputs[6]!
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text),
  ).toEqual(["good cat", "", "bad dog"]);
  expect(outputs.at(-1)).toBe(`${hub.url}/you/bert-emotion\n`);
});

test("its example runs", async () => {
  const [example] = blocks("ts");
  writeFileSync(join(project, "example.mjs"), example!);
  const lines = (await run(`"${process.execPath}" example.mjs`)).trim().split("\n");
  expect(lines.slice(0, 4).map((line) => line.replace(/[\d.]+$/, "…"))).toEqual([
    "epoch 1: macro F1 …",
    "epoch 2: macro F1 …",
    "epoch 3: macro F1 …",
    "test accuracy …",
  ]);
  expect(lines[4]).toMatch(/^(positive|negative) \{/);
});
