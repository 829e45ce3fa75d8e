/** Model and data by their names on a Hub of ours on loopback: fetched, trained, used without it, and sent back. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunFacts } from "../../src/run/run-facts.ts";
import type { Study } from "../../src/study/study.ts";
import { filesFrom } from "../hub-server/folder.ts";
import { HubServer } from "../hub-server/server.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, filesBelow, LEARNING, readJson, repository, startAttune, succeed } from "./attune.ts";

const emotion = join(repository, "../shared/data/dair-ai/emotion");
const { folder } = scratchFolder();
const cwd = folder({});
const hub = new HubServer();
let env: Record<string, string> = {};
const run = (...args: readonly string[]) => succeed(args, { cwd, env });
const offline = (...args: readonly string[]) =>
  succeed(args, { cwd, env: { ...env, HF_HUB_OFFLINE: "1", HF_ENDPOINT: "http://127.0.0.1:9" } });
const train = (out: string, ...more: readonly string[]): string[] => [
  ...["train", "--model", "org/tiny-bert", "--data", "org/reviews", "--out", out, "--epochs", "2", ...LEARNING],
  ...more,
];
const weights = (out: string): Buffer => readFileSync(join(cwd, out, "model/model.safetensors"));

const model = hub.add({ name: "org/tiny-bert", files: filesFrom(tinyModel(folder({}))) });
const reviews = hub.add({ kind: "dataset", name: "org/reviews", files: filesFrom(tinyData(folder({}))) });
const card =
  "---\nconfigs:\n- config_name: films\n  data_files:\n  - {split: train, path: train.csv}\n  - {split: test, path: test.csv}\n- config_name: books\n  data_files: test.csv\n---\n";
const films = hub.add({
  kind: "dataset",
  name: "org/films",
  files: { ...filesFrom(tinyData(folder({}))), "README.md": card },
});
const [modelCommit, dataCommit] = [model.resolve("main")!, reviews.resolve("main")!];

beforeAll(async () => {
  await hub.listen();
  // Empty is as good as not set, whatever this machine has.
  const unset = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"];
  const more = ["HF_ASSETS_CACHE", "HUGGINGFACE_ASSETS_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
  env = {
    ...Object.fromEntries([...unset, ...more].map((name) => [name, ""])),
    HF_HOME: folder({}),
    HF_ENDPOINT: hub.url,
  };
});
afterAll(() => hub.close());

test("a run by names: what comes is shown in bytes, and run.json has the commits", async () => {
  const { stderr } = await run(...train("run"));
  const lines = stderr.split("\n");
  expect(lines[0]).toMatch(/^fetching org\/tiny-bert: \d+ kB$/);
  expect(lines).toContainEqual(expect.stringMatching(/^fetching org\/reviews: \d+ kB$/));
  expect(lines).toContain(`org/tiny-bert: commit ${modelCommit.slice(0, 12)} of main.`);
  const { hub: facts, options } = readJson<{ hub: object; options: object }>(cwd, "run/run.json");
  expect(facts).toEqual({
    model: { repo: "org/tiny-bert", revision: "main", commit: modelCommit },
    data: { repo: "org/reviews", revision: "main", commit: dataCommit },
  });
  expect(options).toMatchObject({ model: "org/tiny-bert", data: "org/reviews" });
});

test("offline it comes from the cache, and so do the same bytes", async () => {
  const before = hub.requests.length;
  const { stderr } = await offline(...train("offline"));
  expect(stderr).not.toContain("fetching");
  expect(hub.requests).toHaveLength(before);
  expect(weights("offline").equals(weights("run"))).toBe(true);
});

test("inspect takes a configuration of data on the Hub", async () => {
  const args = ["inspect", "org/films", "--config-name", "films", "--model", "org/tiny-bert"];
  const { stdout } = await run(...args);
  expect(stdout).toContain(`org/films (films): commit ${films.resolve("main")!.slice(0, 12)} of main.`);
  expect(stdout).toMatch(/^positive +22 /m);
  expect(stdout).toMatch(/^tokens +\d/m);
});

test("a study by names asks the Hub once, keeps its commits, and is the same from the cache", async () => {
  const fresh = { ...env, HF_HOME: folder({}) };
  const argsOf = (out: string, ...more: readonly string[]) => [
    ...["compare", "--model", "org/tiny-bert", "--data", "org/films", "--config-name", "films", "--out", out],
    ...["--recipe", "own", "--methods", "full,probe", "--epochs", "2", ...LEARNING, ...more],
  ];
  const before = hub.requests.length;
  const { stderr } = await succeed(argsOf("study"), { cwd, env: fresh });
  const asked = hub.requests.slice(before).map(({ path }) => path);
  for (const what of [/models\/org\/tiny-bert\/revision/, /datasets\/org\/films\/revision/])
    expect(asked.filter((path) => what.test(path))).toHaveLength(1);
  expect(stderr).toMatch(/^fetching org\/tiny-bert: \d+ kB$/m);
  expect(stderr).toContain(`\norg/tiny-bert: commit ${modelCommit.slice(0, 12)} of main.\n`);
  const sources = {
    model: { repo: "org/tiny-bert", revision: "main", commit: modelCommit },
    data: { repo: "org/films", revision: "main", commit: films.resolve("main")!, configName: "films" },
  };
  expect(readJson<Study>(cwd, "study/study.json")).toMatchObject({ model: "org/tiny-bert", hub: sources });
  const facts = (out: string, run: string) => readJson<RunFacts>(cwd, out, "runs", run, "run.json");
  for (const run of ["own-full-s42", "own-probe-s42"]) {
    expect(facts("study", run)).toMatchObject({ hub: sources, options: { model: "org/tiny-bert", data: "org/films" } });
  }
  const report = readFileSync(join(cwd, "study/report.md"), "utf8");
  expect(report).toContain(`org/tiny-bert@${modelCommit}`);
  expect(report).toContain(`org/films@${sources.data.commit} (films)`);
  expect(report).not.toContain(fresh.HF_HOME);

  const away = { ...fresh, HF_HUB_OFFLINE: "1", HF_ENDPOINT: "http://127.0.0.1:9" };
  await succeed(argsOf("study-offline", "--no-estimate"), { cwd, env: away });
  const predictions = (out: string, run: string) => readFileSync(join(cwd, out, "runs", run, "predictions/test.jsonl"));
  const same = (out: string, run: string) => predictions(out, run).equals(predictions("study", run));
  for (const run of ["own-full-s42", "own-probe-s42"]) expect(same("study-offline", run)).toBe(true);

  // Goes on with what it had, whatever the Hub has by now.
  rmSync(join(cwd, "study-offline/runs/own-probe-s42"), { recursive: true });
  films.commit({ "train.csv": "text,label\nnothing,left\n" });
  await succeed(["compare", "--resume", "study-offline", "--no-estimate"], { cwd, env: fresh });
  expect(same("study-offline", "own-probe-s42")).toBe(true);
  expect(facts("study-offline", "own-probe-s42").hub).toEqual(sources);
});

test("pre-training takes names as well", async () => {
  const { stderr } = await run(
    ...["pretrain", "--from", "org/tiny-bert", "--teacher", "org/tiny-bert", "--data", "org/reviews", "--out", "more"],
    ...["--epochs", "1", "--max-length", "16", "--evaluations", "1"],
  );
  expect(stderr).toContain("Only the training split of org/reviews is read.");
  const tiny = { repo: "org/tiny-bert", revision: "main", commit: modelCommit };
  expect(readJson<{ hub: object }>(cwd, "more/run.json").hub).toEqual({
    from: tiny,
    teacher: tiny,
    data: { repo: "org/reviews", revision: "main", commit: dataCommit },
  });
});

test("when the Hub has moved on, the commit repeats the run", async () => {
  model.commit({ "config.json": Buffer.from('{"model_type": "other"}') });
  const failed = await attune(train("moved"), { cwd, env });
  expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining("other") });
  await run(...train("repeated", "--revision", modelCommit, "--data-revision", dataCommit));
  expect(weights("repeated").equals(weights("run"))).toBe(true);
});

test("evaluate and predict take names as well", async () => {
  const { stdout } = await run("evaluate", "run", "--data", "org/reviews", "--split", "test", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ examples: 16 });
});

test("inspect takes names as well, and sees the same from the cache", async () => {
  const args = ["inspect", "org/reviews", "--model", "org/tiny-bert", "--revision", modelCommit];
  const { stdout } = await run(...args, "--data-revision", dataCommit);
  expect(stdout).toContain(`org/reviews: commit ${dataCommit.slice(0, 12)}.\n`);
  expect(stdout).toMatch(/^tokens +\d/m);
  expect((await offline(...args, "--data-revision", dataCommit)).stdout).toBe(stdout);
});

test.skipIf(!existsSync(emotion))(
  "dair-ai/emotion by its name: looked at and trained on, then offline (needs ../shared; skipped without)",
  async () => {
    hub.add({ kind: "dataset", name: "dair-ai/emotion", files: filesFrom(emotion) });
    const data = ["--config-name", "split"];
    const inspect = ["inspect", "dair-ai/emotion", "--json", ...data];
    const { stdout } = await run(...inspect);
    expect(JSON.parse(stdout)).toMatchObject({
      texts: { train: 15984, validation: 1997, test: 2000 },
      labels: ["sadness", "joy", "love", "anger", "fear", "surprise"],
    });
    expect((await offline(...inspect)).stdout).toBe(stdout);
    const args = (out: string) =>
      train(out, "--data", "dair-ai/emotion", ...data, "--revision", modelCommit, "--limit", "64", "--epochs", "1");
    await run(...args("emotion"));
    await offline(...args("emotion-offline"));
    expect(weights("emotion-offline").equals(weights("emotion"))).toBe(true);
  },
);

test("push sends it, private, with its card, and it can be used by its name", async () => {
  const token = { ...env, HF_TOKEN: "hf_valid" };
  const { stdout, stderr } = await succeed(["push", "run", "--repo", "tester/mood"], { cwd, env: token });
  expect(stdout).toBe(`${hub.url}/tester/mood\n`);
  expect(stderr).toMatch(/^sending tester\/mood: \d+ kB$/m);
  const pushed = hub.find("model", "tester/mood")!;
  expect(pushed.isPrivate).toBe(true);
  const files = pushed.filesOf(pushed.resolve("main")!);
  expect([...files.keys()].sort()).toEqual([
    "README.md",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  expect(files.get("model.safetensors")!.bytes.equals(weights("run"))).toBe(true);
  const card = files.get("README.md")!.bytes.toString();
  expect(card).toMatch(/^base_model: org\/tiny-bert\n/m);
  expect(card).toMatch(/^datasets:\n {2}- org\/reviews\n/m);
  expect(card).toContain('from_pretrained("tester/mood")');
  expect(card).toContain(`| model | org/tiny-bert@${modelCommit} |`);
  expect(card).not.toContain(cwd);
  expect(filesBelow(cwd).filter((path) => path.includes(".attune-push"))).toEqual([]);

  const here = await run("predict", "run", "--json", "a good cat", "bad");
  const there = await succeed(["predict", "tester/mood", "--json", "a good cat", "bad"], { cwd, env: token });
  expect(there.stdout).toBe(here.stdout);
});

test("an adapter goes as one, and an exported folder as it is", async () => {
  const token = { ...env, HF_TOKEN: "hf_valid" };
  await run(...train("lora", "--method", "lora", "--revision", modelCommit));
  await succeed(["push", "lora", "--repo", "tester/lora", "--public"], { cwd, env: token });
  const pushed = hub.find("model", "tester/lora")!;
  expect(pushed.isPrivate).toBe(false);
  const files = pushed.filesOf(pushed.resolve("main")!);
  expect(JSON.parse(files.get("adapter_config.json")!.bytes.toString())).toMatchObject({
    base_model_name_or_path: "org/tiny-bert",
    revision: modelCommit,
  });
  await run("export", "lora", "--format", "onnx", "--out", "web");
  await succeed(["push", "web", "--repo", "tester/web"], { cwd, env: token });
  const web = hub.find("model", "tester/web")!;
  expect([...web.filesOf(web.resolve("main")!).keys()]).toContain("onnx/model.onnx");
});

test("a download that was killed goes on with the next run, and so does one that was stopped", async () => {
  const fresh = { ...env, HF_HOME: folder({}) };
  const blobs = join(fresh.HF_HOME, "hub/models--org--tiny-bert/blobs");
  const { sha256, bytes } = model.filesOf(modelCommit).get("model.safetensors")!;
  const partial = join(blobs, `${sha256}.incomplete`);
  const sizeOf = () => (existsSync(partial) ? statSync(partial).size : 0);
  const before = hub.requests.length;
  for (const [signal, stallsAfter, code] of [
    ["SIGKILL", 20_000, undefined],
    ["SIGINT", 15_000, 130],
  ] as const) {
    hub.fail({ path: new RegExp(`^/${sha256}`), fault: { stallsAfter } });
    const begun = sizeOf();
    const { process: child, ended } = startAttune(train("killed", "--revision", modelCommit), { cwd, env: fresh });
    while (sizeOf() < begun + stallsAfter) await setTimeout(20);
    child.kill(signal);
    const outcome = await ended;
    expect(outcome.code).toBe(code);
    if (code)
      expect(outcome.stderr).toContain("attune: stopped while org/tiny-bert was fetched; started again, it goes on");
  }
  await succeed(train("killed", "--revision", modelCommit, "--data-revision", dataCommit), { cwd, env: fresh });
  const ranges = hub.requests
    .slice(before)
    .filter(({ host }) => host === "store")
    .map(({ range }) => range);
  expect(ranges).toEqual([undefined, "bytes=20000-", "bytes=35000-"]);
  expect(bytes.length).toBeGreaterThan(35_000);
  expect(weights("killed").equals(weights("run"))).toBe(true);
});

const refusals: readonly [string, readonly string[], Record<string, string>, number, string][] = [
  [
    "a wrong name",
    ["--model", "org/tiny-bret"],
    {},
    2,
    "org/tiny-bret: there is nothing of this name here, and no such model at",
  ],
  [
    "a mistyped path",
    ["--model", "models/tiny"],
    {},
    2,
    "models/tiny: there is a folder models here without that in it",
  ],
  [
    "offline and not in the cache",
    ["--model", "org/new"],
    { HF_HUB_OFFLINE: "1" },
    2,
    "org/new: HF_HUB_OFFLINE is set",
  ],
  [
    "no network and not in the cache",
    ["--data", "org/new"],
    { HF_ENDPOINT: "http://nowhere.invalid" },
    1,
    "http://nowhere.invalid cannot be reached (E",
  ],
  ["an endpoint that is none", [], { HF_ENDPOINT: "nowhere" }, 2, 'HF_ENDPOINT cannot be "nowhere"'],
  [
    "a revision of a folder",
    ["--data", "models", "--data-revision", "v1"],
    {},
    2,
    "--data-revision goes with a name on the Hub",
  ],
  [
    "a configuration that is not there",
    ["--config-name", "split"],
    {},
    2,
    "org/reviews: it describes no configurations; leave --config-name out",
  ],
];

test.each(refusals)("%s is one line that says what to do", async (_, more, changes, code, says) => {
  mkdirSync(join(cwd, "models"), { recursive: true });
  const args = [...train("refused", "--revision", modelCommit), ...more].filter(
    (arg, i, all) => !(more.includes("--model") && (arg === "--revision" || all[i - 1] === "--revision")),
  );
  const { code: found, stderr, stdout } = await attune(args, { cwd, env: { ...env, ...changes } });
  const lines = stderr
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("fetching"));
  expect({ code: found, lines: lines.length, stdout }).toEqual({ code, lines: 1, stdout: "" });
  expect(stderr).toContain(says);
  expect(filesBelow(cwd).filter((path) => path.startsWith("refused"))).toEqual([]);
});

const pushes: readonly [string, readonly string[], Record<string, string>, number, string][] = [
  [
    "without a token",
    ["run", "--repo", "tester/new"],
    {},
    2,
    "tester/new: sending needs a token that may write; make one",
  ],
  [
    "of somebody else",
    ["run", "--repo", "other/new"],
    { HF_TOKEN: "hf_valid" },
    2,
    "other/new: the Hub refuses this (You don't have the rights",
  ],
  [
    "to a public one",
    ["run", "--repo", "tester/lora"],
    { HF_TOKEN: "hf_valid" },
    2,
    "everybody can read it; say --public",
  ],
  [
    "offline",
    ["run", "--repo", "tester/new"],
    { HF_HUB_OFFLINE: "1" },
    2,
    "HF_HUB_OFFLINE is set, so nothing can be sent",
  ],
  [
    "a name without a user",
    ["run", "--repo", "new"],
    { HF_TOKEN: "hf_valid" },
    2,
    '--repo cannot be "new": it must be like user/name',
  ],
  [
    "of a folder that is none",
    ["models", "--repo", "tester/new"],
    { HF_TOKEN: "hf_valid" },
    2,
    "models: this is neither a run nor a folder",
  ],
  [
    "in a format that does not fit",
    ["run", "--repo", "tester/new", "--format", "peft"],
    { HF_TOKEN: "hf_valid" },
    2,
    "this cannot be a PEFT adapter",
  ],
];

test.each(pushes)("a push %s is refused, and nothing is made", async (_, args, changes, code, says) => {
  const { code: found, stderr, stdout } = await attune(["push", ...args], { cwd, env: { ...env, ...changes } });
  expect({ code: found, stdout }).toEqual({ code, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr).toContain(says);
  expect(hub.find("model", "tester/new")).toBeUndefined();
  expect(filesBelow(cwd).filter((path) => path.includes(".attune-push"))).toEqual([]);
});
