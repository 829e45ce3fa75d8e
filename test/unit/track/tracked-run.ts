/** A run's events without a run, for tests of trackers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainEvent } from "../../../src/run/train-events.ts";
import type { SplitMetrics } from "../../../src/train/metrics.ts";

const OPTIONS = {
  model: "a/model",
  data: "some data",
  method: "lora",
  rank: 8,
  learningRate: 0.002,
  multiLabel: false,
};

const metrics = (loss: number): SplitMetrics => ({
  loss,
  accuracy: 0.75,
  precision: 0.5,
  recall: 0.25,
  f1: 0.625,
  perClass: [],
  confusion: [],
});

/** Makes the folder of a run, and what happens in it: four steps in two epochs. */
export function* trackedRun(out: string): Generator<TrainEvent> {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "run.json"), JSON.stringify({ status: "running", options: OPTIONS }));
  const examples = { train: 8, validation: 4, test: 4 };
  const parameters = { trainable: 1, total: 2 };
  yield { type: "start", out, labels: [], examples, parameters, epochs: 2, totalSteps: 4, resumedAtStep: 0, notes: [] };
  yield { type: "base", test: metrics(2), seconds: 1 };
  for (const step of [1, 2, 3, 4]) {
    const [epoch, loss] = [Math.ceil(step / 2), 1 / step];
    const counts = { totalSteps: 4, examples: 4, tokens: 40, seconds: 0.5 };
    yield { type: "step", step, epoch, loss, learningRate: 0.25, gradientNorm: Number.NaN, ...counts };
    if (step % 2 === 0)
      yield { type: "epoch", epoch, trainLoss: loss, validation: metrics(epoch), seconds: 1, best: true };
  }
  const result = { test: metrics(0.5), seconds: { total: 9 }, memory: { peakRssBytes: 1e6 } };
  yield { type: "result", result, notes: [] } as unknown as TrainEvent;
}

/** What a tracker must know of it, by name: [step, value]. */
export const expectedValues = {
  "train/loss": [
    [1, 1],
    [2, 0.5],
    [3, 1 / 3],
    [4, 0.25],
  ],
  "train/learning_rate": [1, 2, 3, 4].map((step) => [step, 0.25]),
  "train/texts_per_second": [1, 2, 3, 4].map((step) => [step, 8]),
  "train/epoch": [
    [2, 1],
    [4, 2],
  ],
  "validation/loss": [
    [2, 1],
    [4, 2],
  ],
  "validation/f1": [
    [2, 0.625],
    [4, 0.625],
  ],
  "test/loss": [
    [0, 2],
    [4, 0.5],
  ],
  "run/seconds": [[4, 9]],
};
