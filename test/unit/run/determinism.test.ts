import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import type { RunResult } from "../../../src/run/run-result.ts";
import { resume, train } from "../../../src/run/train.ts";
import type { TrainEvent } from "../../../src/run/train-events.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { splitMetrics } from "../../../src/train/metrics.ts";
import { type TinyModelOptions, tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const LABELS = ["negative", "positive"];
let made = 0;

/** Options of a run in a folder of its own. */
function optionsOf(
  model: TinyModelOptions & { readonly rows?: number },
  options: Partial<TrainOptions> = {},
): TrainOptions {
  const name = JSON.stringify(model).replace(/\W/g, "");
  return {
    model: tinyModel(join(root, `model${name}`), model),
    data: tinyData(join(root, `data${name}`), model),
    out: join(root, `run${made++}`),
    threads: 1,
    ...tinyTraining,
    ...options,
  };
}

async function eventsOf(run: AsyncGenerator<TrainEvent>): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

const sha256 = (...path: string[]) =>
  createHash("sha256")
    .update(readFileSync(join(...path)))
    .digest("hex");
const readResult = (out: string): RunResult => JSON.parse(readFileSync(join(out, "result.json"), "utf8"));
const statusOf = (out: string): string => JSON.parse(readFileSync(join(out, "run.json"), "utf8")).status;

/** What a run ends with, but for the time and the memory it took. */
function outcomeOf(out: string) {
  const { seconds: _, examplesPerSecond: __, memory: ___, epochs, ...rest } = readResult(out);
  const files = readdirSync(join(out, "model")).sort();
  return {
    ...rest,
    epochs: epochs.map(({ seconds: _, ...epoch }) => epoch),
    model: Object.fromEntries(files.map((file) => [file, sha256(out, "model", file)])),
    predictions: ["validation", "test"].map((split) => readFileSync(join(out, `predictions/${split}.jsonl`), "utf8")),
  };
}

async function finished(options: TrainOptions) {
  await eventsOf(train(options));
  return outcomeOf(options.out);
}

describe("the same run again", () => {
  const model = { layers: 2 };

  let first: Awaited<ReturnType<typeof finished>>;
  beforeAll(async () => {
    first = await finished(optionsOf(model));
  });

  test("ends with the same bytes, and learns", async () => {
    expect(await finished(optionsOf(model))).toEqual(first);
    expect(first.epochs.at(-1)!.trainLoss).toBeLessThan(0.8 * first.epochs[0]!.trainLoss);
    expect(first.test.loss).toBeLessThan(0.8 * first.base.loss);
  });

  test("with another seed ends elsewhere", async () => {
    const other = await finished(optionsOf(model, { seed: 43 }));
    expect(other.model["model.safetensors"]).not.toBe(first.model["model.safetensors"]);
    expect(other.epochs[0]!.trainLoss).not.toBe(first.epochs[0]!.trainLoss);
    expect(other.base.loss).not.toBe(first.base.loss);
  });

  test("with bits same ends with the same bytes on two threads", async () => {
    // Large enough for ONNX Runtime to share out, and to differ if a sum were cut elsewhere: 32 texts are 200 tokens.
    const large = { hidden: 128, rows: 64 };
    const options = { batchSize: 32, epochs: 1, bits: "same" } as const;
    const one = await finished(optionsOf(large, { ...options, threads: 1 }));
    expect(await finished(optionsOf(large, { ...options, threads: 2 }))).toEqual(one);
  });
});

/** A signal that is given when it is asked for the n-th time: between two steps, or two batches of an evaluation. */
function signalAt(check: number): AbortSignal {
  let checks = 0;
  return {
    get aborted() {
      return ++checks >= check;
    },
  } as AbortSignal;
}

async function isInterrupted(run: AsyncGenerator<TrainEvent>, out: string): Promise<boolean> {
  try {
    await eventsOf(run);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    expect(error).toMatchObject({ kind: "interrupted", message: expect.stringContaining(`--resume ${out}`) });
    expect(statusOf(out)).toBe("interrupted");
    return true;
  }
}

/** Steps and epochs that events.jsonl tells of. */
function loggedIn(out: string): string[] {
  const lines = readFileSync(join(out, "events.jsonl"), "utf8").trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as TrainEvent);
  return events.flatMap((event) =>
    event.type === "step" ? `step ${event.step}: ${event.loss}` : event.type === "epoch" ? `epoch ${event.epoch}` : [],
  );
}

describe("an interrupted run", () => {
  // 10 texts are three batches; 42 are eleven, which are two steps of four and one of three.
  const cases: [string, TinyModelOptions & { rows: number }, Partial<TrainOptions>, number][] = [
    [
      "with dropout, its first epoch the best",
      { dropout: 0.2, rows: 10 },
      { epochs: 2, bestMetric: "accuracy", learningRate: 1e-6 },
      1,
    ],
    [
      "with dropout, accumulation, decay and warm-up",
      { dropout: 0.1, rows: 42 },
      { epochs: 2, gradientAccumulation: 4, weightDecay: 0.1, warmup: 2, schedule: "cosine" },
      2,
    ],
  ];

  test.each(cases)(
    "%s, stopped wherever it can be, ends as if it had not been",
    async (_, model, options, bestEpoch) => {
      const whole = optionsOf(model, options);
      const expected = await finished(whole);
      expect(expected.bestEpoch).toBe(bestEpoch);
      let stops = 0;
      for (let check = 1; ; check++) {
        const again = optionsOf(model, options);
        if (!(await isInterrupted(train(again, { signal: signalAt(check) }), again.out))) break;
        stops++;
        await eventsOf(resume(again.out));
        expect(outcomeOf(again.out)).toEqual(expected);
        expect(loggedIn(again.out)).toEqual(loggedIn(whole.out));
        expect(statusOf(again.out)).toBe("done");
      }
      // Before training, after each step, in each validation, after each epoch, in the test.
      expect(stops).toBeGreaterThanOrEqual(1 + expected.steps + 2 + 2 + 1);
    },
  );

  test("goes on as often as it is stopped", async () => {
    const [, model, options] = cases[1]!;
    const expected = await finished(optionsOf(model, options));
    const { out, ...rest } = optionsOf(model, options);
    let stops = 0;
    let run = train({ ...rest, out }, { signal: signalAt(2) });
    while (await isInterrupted(run, out)) {
      stops++;
      run = resume(out, { signal: signalAt(2) });
    }
    expect(stops).toBeGreaterThan(3);
    expect(outcomeOf(out)).toEqual(expected);
  });

  test("and one that was killed goes on from its last checkpoint", async () => {
    const [, model, options] = cases[1]!;
    const whole = optionsOf(model, options);
    const expected = await finished(whole);
    const working = optionsOf(model, options);
    const killed = optionsOf(model, options);
    // What a process leaves that is killed after the fifth step.
    for await (const event of train(working))
      if (event.type === "step" && event.step === 5) {
        cpSync(working.out, killed.out, { recursive: true, filter: (path) => !path.endsWith("lock.json") });
        break;
      }
    expect(statusOf(working.out)).toBe("interrupted"); // It was left, and not killed.
    expect(statusOf(killed.out)).toBe("running");
    expect(loggedIn(killed.out)).toContain("epoch 1");
    expect(loggedIn(killed.out).length).toBe(6);
    const [start] = await eventsOf(resume(killed.out));
    expect(start).toMatchObject({ type: "start", resumedAtStep: 3 });
    expect(outcomeOf(killed.out)).toEqual(expected);
    expect(loggedIn(killed.out)).toEqual(loggedIn(whole.out));
  });
});

describe("the folder of a run", () => {
  const options = optionsOf({ layers: 2 });
  let events: TrainEvent[];
  beforeAll(async () => {
    events = await eventsOf(train(options));
  });

  test("keeps the last two checkpoints, and the best weights", () => {
    const checkpoints = events.filter((event) => event.type === "checkpoint");
    expect(checkpoints.map(({ step }) => step)).toEqual([12, 24, 36]);
    expect(readdirSync(join(options.out, "checkpoints")).sort()).toEqual([
      "best.safetensors",
      "step-00000024-2",
      "step-00000036-3",
    ]);
    for (const { path } of checkpoints.slice(1))
      expect(readdirSync(path).sort()).toEqual(["moments.safetensors", "state.json", "weights.safetensors"]);
  });

  test("has the model of the best epoch, and figures that its predictions lead to again", () => {
    const { epochs, bestEpoch, test: reported } = readResult(options.out);
    const losses = epochs.map(({ validation }) => validation.loss);
    expect(bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    // The checkpoints of epoch 2 and 3 are still there, and all weights are trained: the files are the same.
    expect(bestEpoch).toBe(2);
    const model = sha256(options.out, "model/model.safetensors");
    expect(model).toBe(sha256(options.out, "checkpoints/step-00000024-2/weights.safetensors"));
    expect(model).not.toBe(sha256(options.out, "checkpoints/step-00000036-3/weights.safetensors"));
    const recomputed = (split: string) => {
      const lines = readFileSync(join(options.out, `predictions/${split}.jsonl`), "utf8")
        .trimEnd()
        .split("\n");
      const rows = lines.map((line) => JSON.parse(line) as { label: string; logits: number[] });
      const truth = rows.map(({ label }) => LABELS.indexOf(label));
      return splitMetrics(Float32Array.from(rows.flatMap((row) => row.logits)), truth, LABELS);
    };
    expect(recomputed("test")).toEqual(reported);
    expect(recomputed("validation")).toEqual(epochs[bestEpoch - 1]!.validation);
  });

  test("result.json has the documented names", () => {
    const result = readResult(options.out);
    const metrics = ["accuracy", "calibrationError", "confusion", "f1", "loss", "perClass", "precision", "recall"];
    const names = (value: object) => Object.keys(value).sort();
    expect(names(result)).toEqual([
      "base",
      "baselines",
      "bestEpoch",
      "epochs",
      "examplesPerSecond",
      "imbalance",
      "memory",
      "method",
      "operations",
      "parameters",
      "seconds",
      "seed",
      "steps",
      "storedBytes",
      "test",
      "tokens",
      "verdict",
    ]);
    for (const epoch of result.epochs) expect(names(epoch)).toEqual(["epoch", "seconds", "trainLoss", "validation"]);
    for (const split of [result.base, result.test, ...result.epochs.map(({ validation }) => validation)]) {
      expect(names(split)).toEqual(metrics);
      expect(split.perClass.map(({ label }) => label)).toEqual(LABELS);
      for (const one of split.perClass) expect(names(one)).toEqual(["f1", "label", "precision", "recall", "support"]);
      expect(split.confusion.flat().reduce((a, b) => a + b, 0)).toBe(16);
    }
    expect(names(result.seconds)).toEqual([
      "evaluation",
      "shared",
      "sharedInTraining",
      "startToFirstStep",
      "toBestEpoch",
      "total",
      "train",
    ]);
    expect(names(result.parameters)).toEqual(["total", "trainable"]);
    expect(names(result.memory)).toEqual([
      "frozenFeatureBytes",
      "gradientBytes",
      "optimizerBytes",
      "peakRssBytes",
      "weightBytes",
    ]);
    expect(result).toMatchObject({ method: "full", seed: 42, steps: 36 });
    const { train: training, evaluation, total, startToFirstStep, toBestEpoch, shared } = result.seconds;
    expect(training + evaluation + startToFirstStep).toBeLessThanOrEqual(total);
    const upToBest = result.epochs.slice(0, result.bestEpoch).reduce((sum, { seconds }) => sum + seconds, 0);
    expect(toBestEpoch).toBeGreaterThanOrEqual(startToFirstStep + upToBest);
    expect(toBestEpoch! + result.epochs.at(-1)!.seconds).toBeLessThanOrEqual(total);
    expect(shared).toBe(0);
    expect(result.examplesPerSecond).toBeCloseTo((3 * 48) / training, 9);
    const files = readdirSync(join(options.out, "model")).map(
      (file) => statSync(join(options.out, "model", file)).size,
    );
    expect(result.storedBytes).toBe(files.reduce((a, b) => a + b, 0));
    expect(result.parameters.trainable).toBe(result.parameters.total);
    expect(result.memory.weightBytes).toBe(4 * result.parameters.total);
  });
});
