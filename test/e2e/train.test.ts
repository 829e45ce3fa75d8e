/** `attune train` from the command line: what it prints, what it leaves behind, and every way to give data and options. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { RunResult } from "../../src/run/run-result.ts";
import type { StartEvent, TrainEvent } from "../../src/run/train-events.ts";
import { openSafetensors } from "../../src/weights/safetensors.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { fixtures, scratchFolder } from "../unit/tables/scratch.ts";
import {
  commandLine,
  filesBelow,
  LEARNING,
  type Outcome,
  type PredictedText,
  readJson,
  readLines,
  start,
  succeed,
} from "./attune.ts";

interface RunJson {
  readonly status: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  readonly notes: readonly string[];
}

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));
const LABELS = ["negative", "positive"];

const train = (out: string, ...rest: readonly string[]): Promise<Outcome> =>
  succeed(["train", "--model", "model", "--out", out, ...LEARNING, ...rest], { cwd });
const startOf = (out: string): StartEvent => readLines<StartEvent>(cwd, out, "events.jsonl")[0]!;

describe("a run", () => {
  const out = join(cwd, "run");
  let outcome: Outcome;
  let result: RunResult;
  beforeAll(async () => {
    outcome = await train("run", "--data", "data");
    result = readJson(out, "result.json");
  });

  test("leaves these files behind, and no others", () => {
    expect(filesBelow(out)).toEqual([
      "checkpoints",
      "checkpoints/best.safetensors",
      ...["step-00000024-2", "step-00000036-3"].flatMap((step) =>
        ["", "/moments.safetensors", "/state.json", "/weights.safetensors"].map((file) => `checkpoints/${step}${file}`),
      ),
      "events.jsonl",
      "model",
      "model/config.json",
      "model/model.safetensors",
      "model/tokenizer.json",
      "model/tokenizer_config.json",
      "predictions",
      "predictions/test.jsonl",
      "predictions/validation.jsonl",
      "result.json",
      "run.json",
    ]);
    expect(readdirSync(cwd).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("run.json has all options after defaults, and what the run stood on", () => {
    const run = readJson<RunJson & Record<string, unknown>>(out, "run.json");
    expect(run.options).toEqual({
      ...{ model: "model", data: "data", out: "run", method: "full", multiLabel: false, sharedTexts: "once" },
      ...{ labelSmoothing: 0, balance: "none", recipe: "own", head: "pooler", precision: "float32", strict: false },
      bits: "any",
      ...{ epochs: 3, batchSize: 4, gradientAccumulation: 1, learningRate: 5e-3, schedule: "linear", warmup: 0 },
      ...{ weightDecay: 0, maxGradientNorm: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      ...{ semantics: "attune", trainHead: true, trainPooler: false, frozenFeatureMegabytes: 2048 },
      ...{ bestMetric: "loss", earlyStopping: 0, seed: 42, threads: expect.any(Number), checkpointMinutes: 10 },
    });
    expect(run).toMatchObject({ status: "done", labels: LABELS, node: process.version });
    expect(run.dataSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(run.modelSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(run.engine).toContain("onnxruntime");
    expect(run.notes).toContain("The classifier is drawn fresh: the file has none.");
  });

  test("events.jsonl tells what happened, in order", () => {
    const events = readLines<TrainEvent & { at: string }>(out, "events.jsonl");
    const epoch = [...new Array(12).fill("step"), "epoch", "checkpoint"];
    // So few steps may learn little, which is said after the epoch.
    const types = events.map(({ type }) => type).filter((type) => type !== "warning");
    expect(types).toEqual(["start", "base", ...epoch, ...epoch, ...epoch, "result"]);
    const times = events.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const steps = events.filter((event) => event.type === "step");
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 36 }, (_, i) => i + 1));
    expect(steps.map((step) => step.epoch)).toEqual(steps.map((_, i) => Math.floor(i / 12) + 1));
    for (const { loss, learningRate, gradientNorm, examples } of steps) {
      expect([loss, learningRate, gradientNorm].every(Number.isFinite)).toBe(true);
      expect(examples).toBe(4);
    }
    expect(events[0]).toMatchObject({ out: "run", examples: { train: 48, validation: 16, test: 16 }, totalSteps: 36 });
    const last = events.at(-1)!;
    expect(last.type === "result" && last.result).toEqual(result);
  });

  test("result.json has these names, and the loss falls", () => {
    const metrics = { loss: 0, accuracy: 0, precision: 0, recall: 0, f1: 0, calibrationError: 0 };
    const anyOf = (names: object) => Object.fromEntries(Object.keys(names).map((name) => [name, expect.any(Number)]));
    const split = { ...anyOf(metrics), perClass: expect.any(Array), confusion: expect.any(Array) };
    expect(result).toEqual({
      ...{ method: "full", seed: 42, steps: 36, tokens: expect.any(Number), bestEpoch: expect.any(Number) },
      baselines: { majority: expect.any(Object), bagOfWords: expect.any(Object) },
      verdict: {
        beatsBaselines: expect.any(Boolean),
        summary: expect.any(String),
        reasons: expect.any(Array),
        next: expect.any(Array),
      },
      ...{ base: split, test: split, imbalance: { labelSmoothing: 0, balance: "none" } },
      epochs: [1, 2, 3].map((epoch) => ({ epoch, ...anyOf({ trainLoss: 0, seconds: 0 }), validation: split })),
      seconds: anyOf({
        train: 0,
        evaluation: 0,
        total: 0,
        startToFirstStep: 0,
        toBestEpoch: 0,
        shared: 0,
        sharedInTraining: 0,
      }),
      ...anyOf({ examplesPerSecond: 0, storedBytes: 0 }),
      operations: anyOf({ forward: 0, backward: 0 }),
      parameters: { trainable: 15_362, total: 15_362 },
      memory: anyOf({ peakRssBytes: 0, weightBytes: 0, gradientBytes: 0, optimizerBytes: 0, frozenFeatureBytes: 0 }),
    });
    expect(result.test.loss).toBeLessThan(result.base.loss);
    expect(result.test.accuracy).toBeGreaterThan(result.base.accuracy);
    const losses = result.epochs.map(({ trainLoss }) => trainLoss);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
  });

  test("the metrics on test can be recomputed from the predictions", () => {
    const rows = readLines<PredictedText>(out, "predictions/test.jsonl");
    const given = readFileSync(join(cwd, "data/test.csv"), "utf8").trimEnd().split("\n").slice(1);
    expect(rows.map(({ text, label }) => `${text},${label}`)).toEqual(given);
    expect(rows.map(({ id }) => id)).toEqual(rows.map((_, i) => `test-${i}`));
    let loss = 0;
    const confusion = LABELS.map(() => LABELS.map(() => 0));
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(["id", "text", "label", "predicted", "logits", "probabilities"]);
      const powers = row.logits.map(Math.exp);
      const sum = powers.reduce((a, b) => a + b);
      for (const [i, power] of powers.entries()) expect(row.probabilities[i]).toBeCloseTo(power / sum, 12);
      const truth = LABELS.indexOf(row.label);
      const predicted = row.probabilities.indexOf(Math.max(...row.probabilities));
      expect(row.predicted).toBe(LABELS[predicted]);
      loss -= Math.log(row.probabilities[truth]!) / rows.length;
      confusion[truth]![predicted]!++;
    }
    const [[a, b], [c, d]] = confusion as [[number, number], [number, number]];
    expect(result.test.confusion).toEqual(confusion);
    expect(result.test.loss).toBeCloseTo(loss, 12);
    expect(result.test.accuracy).toBeCloseTo((a + d) / (a + b + c + d), 12);
    expect(result.test.precision).toBeCloseTo((a / (a + c) + d / (b + d)) / 2, 12);
    expect(result.test.recall).toBeCloseTo((a / (a + b) + d / (c + d)) / 2, 12);
    expect(result.test.f1).toBeCloseTo((2 * a) / (2 * a + b + c) / 2 + (2 * d) / (2 * d + b + c) / 2, 12);
    expect(result.test.perClass.map(({ label, support }) => [label, support])).toEqual([
      ["negative", a + b],
      ["positive", c + d],
    ]);
  });

  test("model/ has config, weights and tokenizer in Transformers' layout", () => {
    const base = readJson<object>(cwd, "model/config.json");
    expect(readJson(out, "model/config.json")).toEqual({
      ...base,
      architectures: ["BertForSequenceClassification"],
      dtype: "float32",
      id2label: { 0: "negative", 1: "positive" },
      label2id: { negative: 0, positive: 1 },
      problem_type: "single_label_classification",
    });
    const weights = openSafetensors(join(out, "model/model.safetensors"));
    weights.close();
    expect(weights.metadata).toEqual({ format: "pt" });
    expect(weights.tensors.get("classifier.weight")?.shape).toEqual([2, 32]);
    expect(weights.tensors.get("bert.embeddings.word_embeddings.weight")?.shape).toEqual([158, 32]);
    const [own, given] = [join(out, "model"), join(cwd, "model")];
    // The longest text goes where the model goes, to whatever cuts texts.
    const { max_position_embeddings: longest } = readJson<{ max_position_embeddings: number }>(given, "config.json");
    const tokenizer = readJson<{ truncation: object | null }>(given, "tokenizer.json");
    const truncation = tokenizer.truncation && { ...tokenizer.truncation, max_length: longest };
    expect(readJson(own, "tokenizer.json")).toEqual({ ...tokenizer, truncation });
    const config = readJson<object>(given, "tokenizer_config.json");
    expect(readJson(own, "tokenizer_config.json")).toEqual({ ...config, model_max_length: longest });
  });

  test("its progress goes to standard error as plain lines, its result to standard output", () => {
    const { stdout, stderr } = outcome;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what must not be there.
    expect(stdout + stderr).not.toMatch(/[\u001b\r]/);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toContain("48 training, 16 validation, 16 test texts; 2 labels");
    expect(lines.filter((line) => /^epoch \d: training loss /.test(line))).toHaveLength(3);
    expect(stdout).toContain(`Test, with the weights of epoch ${result.bestEpoch}:`);
    expect(stdout).toContain(`accuracy           ${result.test.accuracy.toFixed(4)}`);
    expect(stdout).toContain("run run, model run/model");
  });
});

describe("options", () => {
  test("--quiet prints nothing", async () => {
    expect(await train("quiet", "--data", "data", "--quiet", "--epochs", "1")).toMatchObject({
      stdout: "",
      stderr: "",
    });
    expect(readJson<RunJson>(cwd, "quiet/run.json").status).toBe("done");
  });

  test("come from a file as well, under either spelling, and those of the command line count more", async () => {
    const lines = ["# a comment", "data: data", "epochs: 1", "learning-rate: 1e-3", "weightDecay: 0.01", "seed: 7"];
    writeFileSync(join(cwd, "train.yaml"), lines.join("\n"));
    await succeed(["train", "--config", "train.yaml", "--model", "model", "--out", "configured", "--seed", "8"], {
      cwd,
    });
    expect(readJson<RunJson>(cwd, "configured/run.json").options).toMatchObject({
      ...{ data: "data", epochs: 1, learningRate: 1e-3, weightDecay: 0.01, seed: 8, batchSize: 16 },
    });
  });

  test("--limit shortens the training split only", async () => {
    await train("limited", "--data", "data", "--limit", "10", "--epochs", "1");
    expect(startOf("limited")).toMatchObject({ examples: { train: 10, validation: 16, test: 16 }, totalSteps: 3 });
  });

  test("--out may end with a slash, and its parents need not exist", async () => {
    await train("runs/deep/slash/", "--data", "data", "--epochs", "1");
    expect(filesBelow(join(cwd, "runs")).filter((path) => path.endsWith(".partial"))).toEqual([]);
    expect(readJson<RunJson>(cwd, "runs/deep/slash/run.json").status).toBe("done");
  });

  test("a reader of the progress that goes away does not stop the run", async () => {
    const args = ["train", "--model", "model", "--data", "data", "--out", "unread", ...LEARNING];
    const command = [process.execPath, commandLine, ...args].map((word) => `"${word}"`).join(" ");
    await start("sh", ["-c", `${command} 2>&1 | head -n 1`], { cwd }).ended;
    expect(readJson<RunJson>(cwd, "unread/run.json").status).toBe("done");
  });
});

describe("data", () => {
  const rowsOf = (split: string): string[][] =>
    readFileSync(join(cwd, "data", `${split}.csv`), "utf8")
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
  const SPLITS = ["train", "validation", "test"];
  const weightsOf = (out: string) => readFileSync(join(cwd, out, "model/model.safetensors"));

  test("of one content give one model, as CSV, TSV and JSONL", async () => {
    mkdirSync(join(cwd, "tsv"));
    mkdirSync(join(cwd, "jsonl"));
    for (const split of SPLITS) {
      const rows = rowsOf(split);
      const tsv = ["label\ttext", ...rows.map(([text, label]) => `${label}\t${text}`)];
      writeFileSync(join(cwd, "tsv", `${split}.tsv`), tsv.join("\r\n"));
      const jsonl = rows.map(([text, label]) => `${JSON.stringify({ sentence: text, mood: label })}\n`);
      writeFileSync(join(cwd, "jsonl", `${split}.jsonl`), jsonl.join(""));
    }
    await train("from-tsv", "--data", "tsv");
    await train("from-jsonl", "--data", "jsonl", "--text", "sentence", "--label", "mood");
    expect(weightsOf("from-tsv")).toEqual(weightsOf("run"));
    expect(weightsOf("from-jsonl")).toEqual(weightsOf("run"));
  });

  test("may be a folder of the Hub, with its label names", async () => {
    cpSync(join(fixtures, "parquet/hub"), join(cwd, "hub"), { recursive: true });
    await train("from-hub", "--data", "hub", "--epochs", "1");
    expect(startOf("from-hub")).toMatchObject({ examples: { train: 12, validation: 3, test: 3 } });
    expect(readJson<RunJson>(cwd, "from-hub/run.json").labels).toEqual(["weather", "sports", "cooking"]);
  });

  test("may be one Parquet file, whose labels are numbers", async () => {
    await train("from-parquet", "--data", join(fixtures, "parquet/integers.parquet"), "--epochs", "1");
    expect(readJson<RunJson>(cwd, "from-parquet/run.json").labels).toEqual(["0", "1", "2"]);
  });

  test("in one file are split 80/10/10, and the run says so", async () => {
    const { stderr } = await train("from-file", "--data", "data/train.csv", "--epochs", "1", "--seed", "3");
    const note = "One file without splits: 80/10/10, stratified by label, seed 3: 40 train, 4 validation, 4 test.";
    expect(stderr.split("\n")).toContain(note);
    expect(startOf("from-file")).toMatchObject({ examples: { train: 40, validation: 4, test: 4 } });
    expect(readJson<RunJson>(cwd, "from-file/run.json").notes).toContain(note);
  });

  test("without a validation split get one made from train, and the run says so", async () => {
    mkdirSync(join(cwd, "two"));
    for (const split of ["train", "test"]) cpSync(join(cwd, `data/${split}.csv`), join(cwd, `two/${split}.csv`));
    const { stderr } = await train("from-two", "--data", "two", "--epochs", "1");
    expect(stderr).toContain("There is no validation (4 texts): made from train, stratified by label, seed 42.");
    expect(startOf("from-two")).toMatchObject({ examples: { train: 44, validation: 4, test: 16 } });
  });

  test("may hold empty texts and texts that are too long, which are counted", async () => {
    const long = new Array(40).fill("good").join(" ");
    const files = {
      train: `,negative\n${long},positive\ngood,positive\n`,
      validation: "\t,negative\n",
      test: "a,positive\n",
    };
    mkdirSync(join(cwd, "odd"));
    for (const [split, rows] of Object.entries(files))
      writeFileSync(join(cwd, `odd/${split}.csv`), `text,label\n${rows}`);
    const { stderr } = await train("from-odd", "--data", "odd", "--epochs", "1");
    expect(stderr).toContain("2 texts are empty; they are used as they are.");
    expect(readJson<RunJson>(cwd, "from-odd/run.json").notes).toContain("1 text was longer than the limit and cut.");
    // [CLS] [SEP], 16 positions and [CLS] good [SEP].
    expect(readJson<RunResult>(cwd, "from-odd/result.json").tokens).toBe(2 + 16 + 3);
  });
});
