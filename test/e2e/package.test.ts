/** The packed package in a project of somebody's, where nothing is installed but its dependencies. Needs no network. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import * as attune from "../../src/index.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { filesBelow, readJson, repository, start, succeed } from "./attune.ts";

interface PackageJson {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
}

const project = scratchFolder().folder({ "package.json": '{ "name": "somebody", "type": "module" }' });
const installed = join(project, "node_modules/attune");
const own = readJson<PackageJson>(repository, "package.json");
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await start(command, args, { cwd: project }).ended;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** What `npm install` would put beside the package: all that it needs to run, and no development tools. */
function linkDependencies(): void {
  const { packages } = readJson<{ packages: Record<string, { dev?: boolean }> }>(repository, "package-lock.json");
  for (const [path, { dev }] of Object.entries(packages)) {
    // Absent is what is for another platform; what lies within another package comes with it.
    if (!path || dev || path.lastIndexOf("node_modules/") > 0 || !existsSync(join(repository, path))) continue;
    mkdirSync(dirname(join(project, path)), { recursive: true });
    symlinkSync(join(repository, path), join(project, path), "junction");
  }
}

beforeAll(async () => {
  // The build is there already, and building anew would pull it from under other tests.
  const options = ["--ignore-scripts", "--silent", "--offline"];
  await run(npm, "pack", repository, "--pack-destination", project, ...options);
  mkdirSync(installed, { recursive: true });
  await run("tar", "-xzf", `attune-${own.version}.tgz`, "-C", "node_modules/attune", "--strip-components", "1");
  linkDependencies();
  const bin = join(project, "node_modules/.bin");
  mkdirSync(bin);
  symlinkSync(join("../attune", own.bin.attune!), join(bin, "attune"));
  chmodSync(join(installed, own.bin.attune!), 0o755); // As npm does when it installs.
});

test("holds the build, the licence, and no sources or tests", () => {
  const files = filesBelow(installed).filter((path) => !/^(dist|data|models)/.test(path));
  expect(files).toEqual(["LICENSE", "README.md", "package.json", "plan.schema.json"]);
  for (const folder of ["data", "models"])
    expect(filesBelow(join(installed, folder))).toEqual(filesBelow(join(repository, folder)));
  // What runs in a browser is bundled, and is none of the files that Node reads.
  const isOfNode = (path: string) => !/^(document|web)\/page\//.test(path);
  const endings = new Set(
    filesBelow(join(installed, "dist"))
      .filter(isOfNode)
      .map((path) => path.replace(/^[^.]*/, "")),
  );
  expect([...endings].sort()).toEqual(["", ".d.ts", ".generated.d.ts", ".generated.js", ".js"]);
  const built = filesBelow(join(installed, "dist")).filter((path) => path.endsWith(".js") && isOfNode(path));
  const sources = filesBelow(join(repository, "src")).filter((path) => /(?<!\.d)\.[jt]s$/.test(path) && isOfNode(path));
  expect(built).toEqual(sources.map((path) => path.replace(/\.ts$/, ".js")));
});

test("publint and arethetypeswrong find nothing to say", async () => {
  const archive = join(project, `attune-${own.version}.tgz`);
  const tool = (name: string) => join(repository, "node_modules/.bin", name);
  expect(await run(tool("publint"), "run", archive, "--strict")).toContain("All good!");
  // It ends with another code where it finds something; of other ways to import the package, ES modules have no need.
  const table = await run(tool("attw"), archive, "--profile", "esm-only", "--no-color", "--no-emoji");
  for (const name of ["attune/graph", "attune/methods"]) expect(table).toContain(`"${name}"`);
});

test("npx attune answers with its version and its help", async () => {
  expect(await run("npx", "--offline", "attune", "--version")).toBe(`${own.version}\n`);
  const help = await run("npx", "--offline", "attune", "--help");
  for (const command of ["demo", "train", "evaluate", "predict"])
    expect(help).toMatch(new RegExp(`^  ${command} `, "m"));
  const train = await run("npx", "--offline", "attune", "train", "--help");
  for (const option of ["--model <path>", "--epochs <N>", "--learning-rate <number>", "--resume <run>"])
    expect(train).toContain(option);
});

test("npx attune trains and predicts with nothing but its dependencies", async () => {
  tinyModel(join(project, "model"));
  tinyData(join(project, "data"));
  await run("npx", "--offline", "attune", "train", "--model", "model", "--data", "data", "--out", "run", "--quiet");
  expect(await run("npx", "--offline", "attune", "predict", "run", "good")).toMatch(/^(positive|negative)\t/);
});

test("npx attune demo needs nothing but the package, and its runs open in another checkout", async () => {
  // A whole demo takes minutes.
  const demo = ["--offline", "attune", "demo", "--limit", "32", "--epochs", "1"];
  const shown = await run("npx", ...demo);
  expect(shown).toMatch(/^method .*macro F1[\s\S]*LoRA, rank /m);
  const report = `${join("attune-demo", "report.html")}\n`;
  expect(shown).toContain(`\n${report}`);
  expect(await run("npx", ...demo, "--quiet")).toBe(report);
  const readme = readFileSync(join(installed, "README.md"), "utf8");
  const question = /^npx attune demo --predict (".*")$/m.exec(readme)![1]!;
  const answer = await run("sh", "-c", `npx ${demo.join(" ")} --predict ${question}`);
  expect(answer.match(/^(anger|fear|joy|love|sadness|surprise)\t/gm)).toHaveLength(2);
  const probe = join(project, "attune-demo/runs/demo-probe-s42");
  for (const file of ["run.json", "adapter/attune_adapter.json"])
    expect(readFileSync(join(probe, file), "utf8")).not.toContain("node_modules");
  expect((await succeed(["predict", probe, "What a day!"])).stdout).toMatch(/^\w+\t\d+\.\d %\tWhat a day!$/m);
});

test("can be imported, by its name only", async () => {
  writeFileSync(
    join(project, "import.js"),
    `import * as attune from "attune";
     import { createRequire } from "node:module";
     const { version } = createRequire(import.meta.url)("attune/package.json");
     const deep = await import("attune/dist/run/train.js").catch(({ code }) => code);
     console.log(JSON.stringify({ names: Object.keys(attune), version, deep }));`,
  );
  expect(JSON.parse(await run(process.execPath, "import.js"))).toEqual({
    // Which these are to be stands in guards.test.ts.
    names: Object.keys(attune).sort(),
    version: own.version,
    deep: "ERR_PACKAGE_PATH_NOT_EXPORTED",
  });
});

const PROGRAM = `import { AttuneError, type Classifier, load, type RunResult, type TrainOptions, train } from "attune";

const options: TrainOptions = { model: "model", data: "data", out: "run", schedule: "cosine", epochs: 2 };
let result: RunResult | undefined;
for await (const event of train(options, { signal: AbortSignal.timeout(1000) }))
  if (event.type === "step") console.log(event.loss.toFixed(3));
  else if (event.type === "result") result = event.result;
const classifier: Classifier = await load("run", { threads: 1 });
const [first] = await classifier.predict(["good"]);
export const probability: number | undefined = first?.probabilities.positive;
export const f1: number | undefined = result?.test.f1;
export const isInput = (error: unknown): boolean => error instanceof AttuneError && error.kind === "input";
`;

const compile = () =>
  start(
    process.execPath,
    [
      join(repository, "node_modules/typescript/bin/tsc"),
      ...["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--module", "nodenext", "--target", "es2023"],
      ...["--types", "", "program.ts"],
    ],
    { cwd: project },
  ).ended;

test("has types that a strict program compiles with", async () => {
  writeFileSync(join(project, "program.ts"), PROGRAM);
  expect(await compile()).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("has types that find mistakes", async () => {
  writeFileSync(join(project, "program.ts"), PROGRAM.replace('"cosine"', '"cubic"').replace("event.loss", "event.los"));
  const { code, stdout } = await compile();
  expect(code).not.toBe(0);
  expect(stdout).toContain(`Type '"cubic"' is not assignable`);
  expect(stdout).toContain("Property 'los' does not exist");
  expect(readFileSync(join(installed, "dist/index.d.ts"), "utf8")).toContain("train");
});
