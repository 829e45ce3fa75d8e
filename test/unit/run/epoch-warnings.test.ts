import { expect, test } from "vitest";
import { epochWarnings } from "../../../src/run/epoch-warnings.ts";
import type { SplitMetrics } from "../../../src/train/metrics.ts";
import type { EpochResult } from "../../../src/train/trainer.ts";

const LABELS = ["good", "bad"];
const MIXED = Float32Array.of(1, 0, 0, 1);
/** Epochs by their losses in training, and on validation where these are others. */
const epochsOf = (...losses: readonly (number | readonly [training: number, validation: number])[]): EpochResult[] =>
  losses.map((given, i) => {
    const [trainLoss, loss] = typeof given === "number" ? [given, given] : given;
    return { epoch: i + 1, trainLoss, validation: { loss } as SplitMetrics, seconds: 1 };
  });

test("a loss that falls, and answers of several labels, need no word", () => {
  expect(epochWarnings(epochsOf(0.6), 0.69, MIXED, LABELS)).toEqual([]);
  expect(epochWarnings(epochsOf(0.6, 0.5), 0.69, MIXED, LABELS)).toEqual([]);
});

test("a loss that stands still is said, unless it is low already", () => {
  expect(epochWarnings(epochsOf(0.69), 0.69, MIXED, LABELS)).toEqual([
    expect.stringContaining("Epoch 1: the training loss does not fall (0.6900 after 0.6900)"),
  ]);
  expect(epochWarnings(epochsOf(0.6, 0.6), 0.69, MIXED, LABELS)).toEqual([
    expect.stringContaining("Epoch 2: the training loss does not fall"),
  ]);
  expect(epochWarnings(epochsOf(0.1, 0.1), 0.69, MIXED, LABELS)).toEqual([]);
});

test("a training loss that stands still in a warm-up, while that on validation has fallen, needs no word", () => {
  // Full fine-tuning of attune:mini on eight texts for each of 77 labels: accuracy 0.42 after this epoch.
  expect(epochWarnings(epochsOf([4.2783, 3.732]), 4.3638, MIXED, LABELS)).toEqual([]);
  expect(epochWarnings(epochsOf([0.69, 0.6], [0.69, 0.5]), 0.69, MIXED, LABELS)).toEqual([]);
  expect(epochWarnings(epochsOf([0.69, 0.6], [0.69, 0.6]), 0.69, MIXED, LABELS)).toHaveLength(1);
});

test("one answer to every text is said", () => {
  const logits = Float32Array.of(0, 1, 0, 2);
  expect(epochWarnings(epochsOf(0.6), 0.69, logits, LABELS)).toEqual([
    'Epoch 1: the answer to every validation text is "bad".',
  ]);
});
