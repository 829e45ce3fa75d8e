import { expect, test } from "vitest";
import { type Judged, verdictLines, verdictOf } from "../../../src/run/verdict.ts";
import type { SplitMetrics } from "../../../src/train/metrics.ts";
import type { EpochResult } from "../../../src/train/trainer.ts";

const scored = (accuracy: number, f1: number, loss = 1): SplitMetrics => ({ accuracy, f1, loss }) as SplitMetrics;
const epoch = (number: number, trainLoss: number, f1: number): EpochResult => ({
  epoch: number,
  trainLoss,
  validation: scored(f1, f1),
  seconds: 1,
});

/** It has learned well, but for what a test changes. */
const judged = (changes: Partial<Judged> = {}): Judged => ({
  test: scored(0.9, 0.88),
  base: scored(0.2, 0.1, 1.8),
  epochs: [epoch(1, 1, 0.8), epoch(2, 0.5, 0.88), epoch(3, 0.4, 0.87)],
  steps: 600,
  texts: 1560,
  textsByLabel: [500, 400, 300, 200, 100, 60],
  isTuned: true,
  hasOtherHead: false,
  isFrozen: false,
  baselines: {
    majority: { accuracy: 0.35, f1: 0.09 },
    bagOfWords: { accuracy: 0.8, f1: 0.75, words: 9, trainedOn: 9 },
  },
  ...changes,
});

test("a run that beats both baselines says by how much, and complains of nothing", () => {
  const verdict = verdictOf(judged());
  expect(verdict).toEqual({
    beatsBaselines: true,
    summary: "Macro F1 0.8800 on test, where logistic regression on word counts has 0.7500.",
    reasons: [],
    next: [],
  });
  expect(verdictLines(verdict)).toHaveLength(1);
});

test.each([
  [scored(0.35, 0.8), /^This model has learned nothing: accuracy 0.3500 .* most frequent label has 0.3500\.$/],
  [scored(0.7, 0.75), /^This model is worse than counting words: macro F1 0.7500 .* word counts has 0.7500\.$/],
])("a run that is no better than a baseline has failed (%j)", (result, summary) => {
  const verdict = verdictOf(judged({ test: result }));
  expect(verdict.beatsBaselines).toBe(false);
  expect(verdict.summary).toMatch(summary);
  expect(verdictLines(verdict)[1]).toMatch(/^Likely because /);
  expect(verdictLines(verdict)[2]).toMatch(/^Try next: /);
});

const failed = (changes: Partial<Judged>) => verdictOf(judged({ test: scored(0.3, 0.1), ...changes }));

test.each([
  [
    "labels without texts",
    { textsByLabel: [9, 0, 3, 0, 5, 1] },
    "2 of 6 labels have no training text",
    "give every label",
  ],
  ["few texts", { texts: 9, textsByLabel: [3, 5, 1], steps: 6 }, "9 training texts are few", "more training texts"],
  [
    "one label nearly everywhere",
    { texts: 640, textsByLabel: [624, 16], steps: 40 },
    "97.5 % of the training texts have the same label, and the rarest label has 16 of them",
    "give the rare labels more texts",
  ],
  ["a loss that hardly fell", { epochs: [epoch(1, 1.75, 0.1), epoch(2, 1.7, 0.1)] }, "hardly fell", "more --epochs"],
  [
    "an end too early",
    { epochs: [epoch(1, 1, 0.1), epoch(2, 0.9, 0.2)] },
    "the last epoch was the best",
    "more --epochs",
  ],
  ["a frozen encoder", { isFrozen: true, steps: 40 }, "the encoder stays as it is", "--method lora"],
  ["few steps", { steps: 40 }, "40 steps are few", "more --epochs"],
  ["another head", { hasOtherHead: true }, "the head is not the one", "leave --head out"],
  ["nothing of these", {}, "too few", "attune inspect"],
] as const)("the likeliest reason of all comes first: %s", (_, changes, reason, next) => {
  const verdict = failed(changes as Partial<Judged>);
  expect(verdict.reasons[0]).toContain(reason);
  expect(verdict.next[0]).toContain(next);
});

test("test texts of one label alone say nothing, whatever is answered", () => {
  const { bagOfWords } = judged().baselines;
  const baselines = { majority: { accuracy: 1, f1: 1 }, bagOfWords: { ...bagOfWords, f1: 1 } };
  const verdict = verdictOf(judged({ test: scored(1, 1), baselines }));
  expect(verdict.beatsBaselines).toBe(false);
  expect(verdictLines(verdict)).toEqual([
    expect.stringMatching(
      /^What this model has learned cannot be said: all test texts have the same label\. .* 1\.0000,/,
    ),
    "Try next: give the other labels test texts too.",
  ]);
});

test("rates of one's own are the first thing to leave out", () => {
  expect(failed({ steps: 40, isTuned: false }).next[0]).toContain("leave --learning-rate and --epochs out");
});

test("a probe whose loss hardly fell has a frozen encoder to blame with the recipe's rate, and the rate with another", () => {
  const probe = { isFrozen: true, epochs: [epoch(1, 1.75, 0.1), epoch(2, 1.7, 0.1)] };
  expect(failed(probe).reasons[0]).toContain("the encoder stays as it is");
  expect(failed({ ...probe, isTuned: false }).reasons[0]).toContain("hardly fell");
});

test("texts with any number of labels are held against bag of words alone", () => {
  const { bagOfWords } = judged().baselines;
  expect(verdictOf(judged({ test: scored(0.1, 0.8), baselines: { bagOfWords } })).beatsBaselines).toBe(true);
  // Most of them may have one label, and others besides.
  const failed = verdictOf(
    judged({ test: scored(0.1, 0.1), baselines: { bagOfWords }, texts: 100, textsByLabel: [99, 5, 5] }),
  );
  expect(failed.reasons.join()).not.toContain("the same label");
});
