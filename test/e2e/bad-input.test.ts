/** Everything that can be wrong with what a user gives: one line that says where, what and what to do, and nothing written. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, filesBelow, readJson, succeed } from "./attune.ts";
import { type Case, dataCases, HEADER, modelCases, TRAIN, write } from "./bad-files.ts";

const { folder } = scratchFolder();
const shared = folder({});
tinyModel(join(shared, "model"));
tinyData(join(shared, "data"));

/** A folder with model/ and data/ that a case may spoil, and run/, which is finished. */
function workplace(): string {
  const cwd = folder({});
  cpSync(join(shared, "model"), join(cwd, "model"), { recursive: true });
  cpSync(join(shared, "data"), join(cwd, "data"), { recursive: true });
  // Its own: a run is locked while somebody goes on with it.
  cpSync(join(shared, "run"), join(cwd, "run"), { recursive: true });
  return cwd;
}

beforeAll(async () => {
  await succeed(["train", "--model", "model", "--data", "data", "--out", "run", "--epochs", "1"], { cwd: shared });
});

const optionCases: readonly Case[] = [
  { wrong: "an unknown command", args: ["trian"], says: ["unknown command 'trian'", "Did you mean train?"] },
  { wrong: "a misspelt option", args: [...TRAIN, "--epoch", "3"], says: ["'--epoch'", "Did you mean --epochs?"] },
  { wrong: "an option without its value", args: [...TRAIN, "--epochs"], says: ["--epochs", "argument missing"] },
  { wrong: "words that belong to no option", args: [...TRAIN, "now"], says: ["too many arguments for 'train'"] },
  {
    wrong: "no data",
    args: ["train", "--model", "model", "--out", "new"],
    says: ["--data is missing", "labelled texts: CSV, TSV"],
  },
  {
    wrong: "a model that does not come with Attune",
    args: ["train", "--model", "attune:maxi", "--data", "data", "--out", "new"],
    says: ["there is no attune:maxi in Attune", "did you mean attune:mini?"],
  },
  {
    wrong: "no out",
    args: ["train", "--model", "model", "--data", "data"],
    says: ["--out is missing", "folder to write this run to"],
  },
  {
    wrong: "epochs that are no number",
    args: [...TRAIN, "--epochs", "abc"],
    says: ['--epochs cannot be "abc"', "it must be a whole number"],
  },
  { wrong: "no epochs", args: [...TRAIN, "--epochs", "0"], says: ["--epochs cannot be 0", "it must be more than 0"] },
  {
    wrong: "a negative learning rate",
    args: [...TRAIN, "--learning-rate", "-1"],
    says: ["--learning-rate cannot be -1", "it must be more than 0"],
  },
  {
    wrong: "an unknown schedule",
    args: [...TRAIN, "--schedule", "foo"],
    says: ['--schedule cannot be "foo"', '"linear", "cosine" or "constant"'],
  },
  { wrong: "an unknown method", args: [...TRAIN, "--method", "x"], says: ['--method cannot be "x"', '"full"'] },
  {
    wrong: "texts longer than the model can",
    args: [...TRAIN, "--max-length", "17"],
    says: ["--max-length cannot be 17", "16 positions"],
  },
  {
    wrong: "a run that exists",
    args: [...TRAIN.slice(0, -1), "run"],
    says: ["run exists already", "another --out", "--resume run"],
  },
  {
    wrong: "a folder that exists",
    args: [...TRAIN.slice(0, -1), "data"],
    says: ["folder exists already", "another --out"],
  },
  {
    wrong: "a run below a file",
    args: [...TRAIN.slice(0, -1), "data/train.csv/run"],
    says: ["data/train.csv/run: cannot make this folder", "choose another --out"],
  },
  {
    wrong: "no such config",
    args: ["train", "--config", "no.yaml"],
    says: ["no.yaml: cannot be read", "no such file"],
  },
  {
    wrong: "a config that is not YAML",
    args: ["train", "--config", "train.yaml"],
    spoil: write(["train.yaml", "epochs: [1\n"]),
    says: ["train.yaml, line ", "this is not YAML"],
  },
  {
    wrong: "a config that is a list",
    args: ["train", "--config", "train.yaml"],
    spoil: write(["train.yaml", "- epochs\n"]),
    says: ["train.yaml", "one option a line"],
  },
  {
    wrong: "a misspelt key in a config",
    args: [...TRAIN, "--config", "train.yaml"],
    spoil: write(["train.yaml", "learning_rat: 1e-3\n"]),
    says: ["there is no option learning_rat in train.yaml", "did you mean --learning-rate?"],
  },
  {
    wrong: "a wrong value in a config",
    args: [...TRAIN, "--config", "train.yaml"],
    spoil: write(["train.yaml", "batch-size: many\n"]),
    says: ['batchSize in train.yaml cannot be "many"', "it must be a whole number"],
  },
  {
    wrong: "a folder that is no run, to go on with",
    args: ["train", "--resume", "data"],
    says: ["data: there is no run.json in it", "not the folder of a run"],
  },
  {
    wrong: "a finished run, to go on with",
    args: ["train", "--resume", "run"],
    says: ["run: this run is finished", "result.json"],
  },
  {
    wrong: "other options for a run that goes on",
    args: ["train", "--resume", "run", "--learning-rate", "1"],
    says: ["--learning-rate cannot be used with --resume", "a run keeps its options"],
  },
];

const useCases: readonly Case[] = [
  { wrong: "no such run", args: ["predict", "nowhere", "good"], says: ["nowhere: there is no such folder"] },
  { wrong: "nothing to predict with", args: ["predict"], says: ["which model?", "folder of a finished run"] },
  {
    wrong: "a model without a head",
    args: ["predict", "model", "good"],
    says: ["model", "not a trained classifier", "train it first"],
  },
  {
    wrong: "a run that is not finished",
    args: ["predict", "begun", "good"],
    spoil: (cwd) => {
      mkdirSync(join(cwd, "begun"));
      const run = readJson<object>(shared, "run/run.json");
      writeFileSync(join(cwd, "begun/run.json"), JSON.stringify({ ...run, status: "interrupted" }));
    },
    says: ["begun: this run has no model yet", "interrupted", "go on with: attune train --resume begun"],
  },
  {
    wrong: "texts longer than the trained model can",
    args: ["predict", "run", "good", "--max-length", "17"],
    says: ["--max-length cannot be 17", "16 positions"],
  },
  {
    wrong: "no thread",
    args: ["predict", "run", "good", "--threads", "0"],
    says: ["--threads cannot be 0", "from 1 on"],
  },
  { wrong: "nothing to evaluate on", args: ["evaluate", "run"], says: ["--data", "not specified"] },
  {
    wrong: "an unknown split",
    args: ["evaluate", "run", "--data", "data", "--split", "dev"],
    says: ["--split", "'dev' is invalid", "train, validation, test"],
  },
  {
    wrong: "a label that the model does not know",
    args: ["evaluate", "run", "--data", "other.csv"],
    spoil: write(["other.csv", `${HEADER}good,neutral\n`]),
    says: ['other.csv, line 2: the label "neutral"', "the model was not trained on such a label"],
  },
];

describe.concurrent.each([
  ["the model", modelCases],
  ["the data", dataCases],
  ["the options", optionCases],
  ["a trained classifier", useCases],
])("%s:", (_, cases) => {
  test.each(cases)("$wrong", async ({ args, spoil, says }) => {
    const cwd = workplace();
    spoil?.(cwd);
    const before = filesBelow(cwd);
    const { code, stdout, stderr } = await attune(args, { cwd });
    expect(stderr).toMatch(/^attune: [^\n]+\n$/);
    for (const part of says) expect(stderr).toContain(part);
    expect(stderr).not.toContain("this is a fault in Attune");
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(filesBelow(cwd)).toEqual(before);
  });
});

describe("a loss that is no number", () => {
  const HUGE = ["--learning-rate", "1e30", "--batch-size", "48"];

  test("ends the run with exit code 1 and names the step", async () => {
    const { code, stderr } = await attune([...TRAIN, ...HUGE], { cwd: workplace() });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^attune: the validation loss became NaN at step 1 \(epoch 1\): try a lower learning rate, or a warm-up$/,
    );
  });

  test("keeps the best model so far", async () => {
    const cwd = workplace();
    // One step an epoch; the first has a learning rate of 0.
    const { code, stderr } = await attune([...TRAIN, ...HUGE, "--warmup", "3"], { cwd });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^attune: the validation loss became NaN at step 2 \(epoch 2\): .*; the model of epoch 1, the best so far, is in new\/model$/,
    );
    expect(readJson<{ status: string }>(cwd, "new/run.json").status).toBe("failed");
    const { stdout } = await succeed(["predict", "new", "good"], { cwd });
    expect(stdout).toMatch(/^(positive|negative)\t\d+\.\d %\tgood\n$/);
  });
});
