/** What the README says works: its commands and its example run as they stand there, on tiny models, data sets and a Hub. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

async function run(command: string, cwd = project): Promise<string> {
  const env = { HF_ENDPOINT: hub.url, HF_HOME: join(project, "cache"), HF_TOKEN: TOKEN };
  const { code, stdout, stderr } = await start("sh", ["-c", command], { cwd, env }).ended;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return stdout;
}

test("its first commands are the demo and the tests", async () => {
  const [demo, , tests] = blocks("sh").map((block) => block.trim());
  expect([demo, tests]).toEqual(["npm ci && npm run demo", "npm ci && npm test"]);
  // The demo itself runs from the package, in package.test.ts.
  expect(await run("npm run demo --silent -- --help", repository)).toMatch(/^Usage: attune demo /);
});

test("its pictures are there", () => {
  const pictures = [...readme.matchAll(/!\[.*?\]\((.*?)\)/g)].map((match) => match[1]!);
  expect(pictures).toHaveLength(4);
  expect(pictures.filter((picture) => !existsSync(join(repository, picture)))).toEqual([]);
});

test("its other commands run, in their order", async () => {
  const commands = blocks("sh")
    .flatMap((block) => block.trim().split("\n"))
    .filter((line) => line.startsWith("npx attune") && !line.startsWith("npx attune demo"));
  expect(commands).toHaveLength(17);
  const outputs = new Map<string, string>();
  // By their recipe studies take minutes.
  const shortened = (command: string) => (command.startsWith("npx attune compare") ? `${command} --epochs 1` : command);
  for (const command of commands)
    outputs.set(command, await run(shortened(command).replace("npx attune", `"${process.execPath}" "${commandLine}"`)));
  const outputOf = (part: string): string => outputs.get(commands.find((command) => command.includes(part))!)!;
  expect(outputOf("inspect data")).toContain("bag of words");
  expect(outputOf("audit data")).toContain("audit.html");
  for (const study of ["studies/first", "studies/emotion"])
    expect(outputOf(study)).toMatch(/^method .*macro F1[\s\S]*report\.html$/m);
  expect(outputOf("--out runs/emotion")).toContain("Test, with the weights of epoch");
  expect(outputOf("push")).toBe(`${hub.url}/you/bert-emotion\n`);
  expect(outputOf("--model attune:mini")).toMatch(/^tokens /m);
  expect(outputOf("evaluate")).toContain("macro F1");
  expect(outputOf('predict runs/third "').trim().split("\n")).toHaveLength(2);
  expect(
    outputOf("--json < texts.txt")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text),
  ).toEqual(["good cat", "", "bad dog"]);
});

test("its example runs", async () => {
  const [example] = blocks("ts");
  writeFileSync(join(project, "example.mjs"), example!);
  const lines = (await run(`"${process.execPath}" example.mjs`)).trim().split("\n");
  const result = lines.findIndex((line) => line.startsWith("test"));
  expect(result).toBeGreaterThanOrEqual(3);
  expect(lines.slice(0, result + 1).map((line) => line.replace(/[\d.]+$/, "…"))).toEqual([
    ...Array.from({ length: result }, (_, i) => `epoch ${i + 1}: macro F1 …`),
    "test accuracy …",
  ]);
  expect(lines[result + 1]).toMatch(/^(positive|negative) \{/);
});

test("the example of docs/graph.md prints what the page says", async () => {
  const page = readFileSync(join(repository, "docs/graph.md"), "utf8");
  writeFileSync(join(project, "graph.mjs"), page.match(/```ts\n([\s\S]*?)```/)![1]!);
  const shown = (await run(`"${process.execPath}" graph.mjs`)).trim();
  expect(page).toContain(`It prints \`${shown}\``);
});

test("the example of docs/methods.md trains, loads and lists its method", async () => {
  const page = readFileSync(join(repository, "docs/methods.md"), "utf8");
  writeFileSync(join(project, "gates.mjs"), page.match(/```ts\n([\s\S]*?)```/)![1]!);
  const shown = (await run(`"${process.execPath}" gates.mjs`)).trim().split("\n");
  expect(shown).toEqual([expect.stringMatching(/^(positive|negative)$/), "full, probe, … gates"]);
});
