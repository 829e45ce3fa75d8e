/** A trained classifier in use: `attune predict`, `attune evaluate`, and the same from TypeScript. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Evaluation, Prediction, RunResult, TrainEvent } from "../../src/index.ts";
import { loseTensors } from "../lose-tensors.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import {
  attune,
  LEARNING,
  type PredictedText,
  readJson,
  readLines,
  repository,
  start,
  startAttune,
  succeed,
} from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));
const LABELS = ["negative", "positive"];

let result: RunResult;
let predictions: PredictedText[];
beforeAll(async () => {
  await succeed(["train", "--model", "model", "--data", "data", "--out", "run", "--max-length", "8", ...LEARNING], {
    cwd,
  });
  result = readJson(cwd, "run/result.json");
  predictions = readLines(cwd, "run/predictions/test.jsonl");
});

interface JsonLine {
  readonly text: string;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

const jsonLines = (stdout: string): JsonLine[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonLine);

describe("attune predict", () => {
  test("prints label, probability and text for each argument", async () => {
    const { stdout, stderr } = await succeed(["predict", "run", "good\tcat", "bad dog", ""], { cwd });
    const lines = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
    expect(lines.map(([, , text]) => text)).toEqual(["good cat", "bad dog", ""]);
    for (const [label, share] of lines) {
      expect(LABELS).toContain(label);
      expect(share).toMatch(/^\d+\.\d %$/);
      expect(Number.parseFloat(share!)).toBeGreaterThanOrEqual(50);
    }
    expect(stderr).toBe("");
  });

  test.each([
    ["run", []],
    ["run/", []],
    ["run/model", ["--max-length", "8"]],
  ])("--json on %s gives the probabilities of the run", async (folder, options) => {
    const texts = predictions.map(({ text }) => text);
    const fromArguments = await succeed(["predict", folder, ...options, "--json", ...texts], { cwd });
    const fromStdin = await succeed(["predict", folder, ...options, "--json"], {
      cwd,
      input: texts.map((text) => `${text}\n`).join(""),
    });
    expect(fromStdin.stdout).toBe(fromArguments.stdout);
    for (const [i, line] of jsonLines(fromStdin.stdout).entries()) {
      expect(Object.keys(line)).toEqual(["text", "label", "probabilities", "scores"]);
      expect(Object.keys(line.probabilities)).toEqual(LABELS);
      expect(line).toMatchObject({ text: texts[i], label: predictions[i]!.predicted });
      expect(Object.values(line.probabilities)).toEqual(predictions[i]!.probabilities);
    }
  });

  test.each([
    ["an empty line is an empty text", "good\n\nbad\n", ["good", "", "bad"]],
    ["CRLF ends a line", "good\r\n\r\nbad\r\n", ["good", "", "bad"]],
    ["the last line needs no end", "good\nbad", ["good", "bad"]],
    ["a byte-order mark is no text", "\ufeffgood\n", ["good"]],
    ["nothing gives nothing", "", []],
    ["letters of several bytes stay whole", "café ☃\n👍🏽\n", ["café ☃", "👍🏽"]],
  ])("reads lines: %s", async (_, input, texts) => {
    const { stdout } = await succeed(["predict", "run", "--json"], { cwd, input });
    expect(stdout === "" ? [] : jsonLines(stdout).map(({ text }) => text)).toEqual(texts);
  });

  test("answers each line as it comes", async () => {
    const { process: child, ended } = startAttune(["predict", "run"], { cwd, input: "open" });
    const answer = new Promise((resolve) => child.stdout!.once("data", resolve));
    child.stdin!.write("good cat\n");
    expect(String(await answer)).toMatch(/\tgood cat\n$/);
    child.stdin!.end();
    expect((await ended).code).toBe(0);
  });

  test("names the line that is not UTF-8, after the answers to those before it", async () => {
    const input = Buffer.from("good\nbad\ncaf\xe9\ngood\n", "latin1");
    const { code, stdout, stderr } = await attune(["predict", "run"], { cwd, input });
    expect(code).toBe(2);
    expect(stderr).toBe("attune: standard input, line 3: this is not UTF-8\n");
    expect(stdout.split("\n").map((line) => line.split("\t")[2])).toEqual(["good", "bad", undefined]);
  });

  test("CSV with a header on standard input is a table, wherever the pipe cuts it: the same file as with --data", async () => {
    const table = `id,text,label\n${predictions.map(({ text }, i) => `r${i},"${text}, ""so""\nsaid",x`).join("\n")}\n`;
    writeFileSync(join(cwd, "given.csv"), table);
    await succeed(["predict", "run", "--data", "given.csv", "--out", "expected.csv", "--top", "2"], { cwd });
    const { process: child, ended } = startAttune(["predict", "run", "--out", "piped.csv", "--top", "2"], {
      cwd,
      input: "open",
    });
    child.stdin!.write(table.slice(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.stdin!.end(table.slice(5));
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "piped.csv\n" });
    expect(stderr).toContain('text from "text"');
    const written = readFileSync(join(cwd, "piped.csv"), "utf8");
    expect(written).toBe(readFileSync(join(cwd, "expected.csv"), "utf8"));
    expect(written.split("\n")[0]).toBe("id,label,probability,label_2,probability_2");
    expect(written.trimEnd().split("\n")).toHaveLength(1 + predictions.length);
    // Lines of text that only look a little like a header stay lines.
    const { stdout: lines } = await succeed(["predict", "run", "--json"], { cwd, input: "good,bad\nbad\n" });
    expect(jsonLines(lines).map(({ text }) => text)).toEqual(["good,bad", "bad"]);
  });

  test("a reader that has seen enough is no error", async () => {
    const input = "good\n".repeat(5000);
    const command = `"${process.execPath}" "${join(repository, "dist/cli/main.js")}" predict run | head -n 2`;
    const { code, stdout, stderr } = await start("sh", ["-c", command], { cwd, input }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toHaveLength(3);
  });
});

describe("attune evaluate", () => {
  test.each([
    ["run", []],
    ["run/model", ["--max-length", "8"]],
  ])("--json on %s equals what the run found on test", async (folder, options) => {
    const { stdout } = await succeed(["evaluate", folder, ...options, "--data", "data", "--json"], { cwd });
    expect(stdout.endsWith("}\n")).toBe(true);
    const { examples, ...metrics } = JSON.parse(stdout);
    expect(examples).toBe(16);
    expect(metrics).toEqual(result.test);
  });

  test("--split chooses another one", async () => {
    const { stdout } = await succeed(["evaluate", "run", "--data", "data", "--split", "validation", "--json"], { cwd });
    const { examples, ...metrics } = JSON.parse(stdout);
    expect(examples).toBe(16);
    expect(metrics).toEqual(result.epochs[result.bestEpoch - 1]!.validation);
  });

  test("all rows of one file, with other names for its columns", async () => {
    const [, ...rows] = readFileSync(join(cwd, "data/test.csv"), "utf8").trimEnd().split("\n");
    writeFileSync(join(cwd, "other.csv"), ["sentence,mood", ...rows, ...rows, ",positive"].join("\n"));
    const args = ["evaluate", "run", "--data", "other.csv", "--text", "sentence", "--label", "mood"];
    const { stdout, stderr } = await succeed([...args, "--json"], { cwd });
    const { examples, perClass } = JSON.parse(stdout);
    expect(examples).toBe(33);
    expect(perClass.map(({ support }: { support: number }) => support)).toEqual([16, 17]);
    expect(stderr).toContain("attune: 1 text is empty; it is used as it is.\n");
  });

  test("the split of a file that the run made, by the run's own seed", async () => {
    const options = ["--data", "data/train.csv", "--seed", "5", "--epochs", "1"];
    await succeed(["train", "--model", "model", "--out", "made", ...options, ...LEARNING], { cwd });
    const args = ["evaluate", "made", "--data", "data/train.csv", "--split", "test", "--json"];
    const { examples, ...metrics } = JSON.parse((await succeed(args, { cwd })).stdout);
    expect(examples).toBe(4);
    expect(metrics).toEqual(readJson<RunResult>(cwd, "made/result.json").test);
  });

  test("prints totals, classes and confusions as a table", async () => {
    const { stdout } = await succeed(["evaluate", "run", "--data", "data"], { cwd });
    const fixed = (value: number) => value.toFixed(4);
    const { test: metrics } = result;
    const [totals, classes, matrix] = stdout
      .trimEnd()
      .split("\n\n")
      .map((part) => part.split("\n").map((line) => line.trim().split(/ {2,}/)));
    expect(totals).toEqual([
      ["texts", "16"],
      ["loss", fixed(metrics.loss)],
      ["accuracy", fixed(metrics.accuracy)],
      ["macro precision", fixed(metrics.precision)],
      ["macro recall", fixed(metrics.recall)],
      ["macro F1", fixed(metrics.f1)],
      ["calibration error", fixed(metrics.calibrationError!)],
    ]);
    expect(classes).toEqual([
      ["label", "precision", "recall", "F1", "texts"],
      ...metrics.perClass.map((c) => [c.label, fixed(c.precision), fixed(c.recall), fixed(c.f1), String(c.support)]),
    ]);
    expect(matrix).toEqual([
      ["true \\ predicted", ...LABELS],
      ...LABELS.map((label, i) => [label, ...metrics.confusion[i]!.map(String)]),
    ]);
  });
});

test("texts that begin with a dash are texts", async () => {
  const { stdout } = await succeed(["predict", "run", "-5 degrees", "--json", "- so bad", "-good"], { cwd });
  const texts = stdout.trimEnd().split("\n");
  expect(texts.map((line) => (JSON.parse(line) as JsonLine).text)).toEqual(["-5 degrees", "- so bad", "-good"]);
  const misspelled = await attune(["predict", "run", "--jsn", "good"], { cwd });
  expect(misspelled.code).toBe(2);
  expect(misspelled.stderr).toMatch(/^attune: unknown option '--jsn'.* \(if it is a text, write -- before it\)\n$/);
});

test("a model whose head was never trained is refused", async () => {
  cpSync(join(cwd, "run/model"), join(cwd, "headless"), { recursive: true });
  loseTensors(join(cwd, "headless/model.safetensors"), (name) => name.startsWith("classifier"));
  const { code, stdout, stderr } = await attune(["predict", "headless", "good"], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^attune: headless: this is .* trained classifier.*; train it first\n$/);
});

describe("from TypeScript, by the built package", () => {
  const program = `
    import { AttuneError, load, train } from "attune";
    const options = { model: "model", data: "data", out: "api", epochs: 1, batchSize: 4, learningRate: 5e-3 };
    const events = [];
    for await (const event of train(options)) events.push(event);
    const classifier = await load("api", { threads: 1 });
    const predictions = await classifier.predict(["good cat", "", "bad dog"]);
    const evaluation = await classifier.evaluate({ data: "data" });
    const { labels } = classifier;
    await classifier.dispose();
    const error = await train(options).next().catch((error) => error);
    const refused = { known: error instanceof AttuneError, kind: error.kind, code: error.code };
    console.log(JSON.stringify({ events, labels, predictions, evaluation, refused }));
  `;

  test("train, load, predict and evaluate", async () => {
    mkdirSync(join(cwd, "node_modules"));
    symlinkSync(repository, join(cwd, "node_modules/attune"), "junction");
    writeFileSync(join(cwd, "program.mjs"), program);
    const { code, stdout, stderr } = await start(process.execPath, ["program.mjs"], { cwd }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const said = JSON.parse(stdout) as {
      readonly events: readonly TrainEvent[];
      readonly labels: readonly string[];
      readonly predictions: readonly Prediction[];
      readonly evaluation: Evaluation;
      readonly refused: object;
    };
    const types = said.events.map(({ type }) => type);
    // No warning: the training loss, 0.635 after 0.647, hardly falls in these steps, but that on validation does, to 0.490.
    expect(types).toEqual(["start", "base", ...new Array(12).fill("step"), "epoch", "checkpoint", "result"]);
    expect(said.labels).toEqual(LABELS);
    for (const { label, probabilities, logits } of said.predictions) {
      expect(Object.keys(probabilities)).toEqual(LABELS);
      expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      expect(logits).toHaveLength(2);
      expect(label).toBe(LABELS[logits.indexOf(Math.max(...logits))]);
    }
    const last = said.events.at(-1)!;
    const notes = ['Read as comma-separated, text from "text", label from "label".'];
    expect(said.evaluation).toEqual({ metrics: last.type === "result" && last.result.test, examples: 16, notes });
    expect(readJson<RunResult>(cwd, "api/result.json")).toEqual(last.type === "result" && last.result);
    expect(said.refused).toEqual({ known: true, kind: "input", code: "run/exists" });
  });
});
