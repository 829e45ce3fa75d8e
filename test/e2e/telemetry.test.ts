/** Nothing is sent and nothing is left behind: training in an empty home, with a resolver that records what is asked. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { commandLine, filesBelow, repository } from "./attune.ts";

const cwd = scratchFolder().folder({});
const [home, temporary, lookups] = [join(cwd, "home"), join(cwd, "temporary"), join(cwd, "lookups.txt")];
const shim = join(cwd, "record-lookups.so");
const source = join(repository, "test/fixtures/record-lookups.c");
const built = process.platform === "linux" && spawnSync("cc", ["-shared", "-fPIC", "-o", shim, source]).status === 0;
const model = tinyModel(join(cwd, "model"));
const data = tinyData(join(cwd, "data"));

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  for (const folder of [home, temporary]) mkdirSync(folder, { recursive: true });
  const { PATH = "" } = process.env;
  const clean = { PATH, HOME: home, TMPDIR: temporary, LOOKUPS: lookups, ...(built && { LD_PRELOAD: shim }), ...env };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env: clean, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
const left = () => [...filesBelow(home), ...filesBelow(temporary)];
const asked = () => (existsSync(lookups) ? readFileSync(lookups, "utf8").trim().split("\n") : []);

test("training, comparing and predicting ask for no host and leave nothing in home or temporary folder", () => {
  const shared = ["--model", model, "--data", data, "--epochs", "1", "--quiet"];
  node([commandLine, "train", ...shared, "--out", "run"]);
  node([commandLine, "compare", ...shared, "--methods", "probe", "--recipe", "controlled", "--out", "study"]);
  node([commandLine, "predict", "run", "a good day"]);
  expect(left()).toEqual([]);
  expect(asked()).toEqual([]);
});

test.runIf(built)("the resolver records, so that the test above could fail", () => {
  node(["-e", 'require("node:dns").lookup("example.invalid", () => {})']);
  expect(asked()).toContain("example.invalid");
});

test.runIf(process.platform === "linux")(
  "ONNX Runtime by itself leaves something, so that the test above could fail",
  () => {
    const create = "require('onnxruntime-node').InferenceSession.create(new Uint8Array(3)).catch(() => {})";
    const { status } = spawnSync(process.execPath, ["-e", create], {
      cwd: repository,
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: temporary },
    });
    expect(status).toBe(0);
    expect(left()).not.toEqual([]);
  },
);
