import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { answerQuality } from "../../../src/comparison/answer-quality.ts";
import type { OneLabelPredictions, Predictions } from "../../../src/comparison/read-predictions.ts";
import { scorerOf } from "../../../src/comparison/scored-texts.ts";
import { accuracyByCoverage, coverageOf, thresholdFor } from "../../../src/comparison/statistics/coverage.ts";
import { type PrecisionRecall, precisionRecall, thinned } from "../../../src/comparison/statistics/precision-recall.ts";
import { reliability } from "../../../src/comparison/statistics/reliability.ts";
import { topKAccuracy } from "../../../src/comparison/statistics/top-k.ts";
import { predictedLabels, softmax } from "../../../src/train/metrics.ts";

interface Case {
  readonly labels: number;
  readonly truth: number[];
  readonly logits: number[];
  readonly reliability: [probability: number, right: number][];
  readonly micro: PrecisionRecall;
  readonly perClass: PrecisionRecall[];
  /** Not where logits are equal. */
  readonly topK: [k: number, accuracy: number][];
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL("../../fixtures/answer-quality.json", import.meta.url), "utf8"),
);

/** To the last digits: sums are made in another order. */
const closeTo = (found: readonly (readonly number[])[], expected: readonly (readonly number[])[]) => {
  expect(found.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  for (const [i, row] of expected.entries())
    for (const [j, value] of row.entries()) expect(found[i]![j]!).toBeCloseTo(value, 12);
};

describe.each(cases)("scikit-learn's curves, $labels labels", ({ labels, truth, logits: values, ...expected }) => {
  const logits = Float32Array.from(values);
  const rows = truth.map((_, row) => softmax(logits.subarray(row * labels, (row + 1) * labels)));
  const predicted = predictedLabels(logits, labels);

  test("reliability", () => {
    const confidence = rows.map((row) => Math.max(...row));
    const right = predicted.map((label, i) => Number(label === truth[i]));
    const bins = reliability(confidence, right);
    closeTo(
      bins.map((bin) => [bin.probability, bin.right]),
      expected.reliability,
    );
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(truth.length);
  });

  test("precision and recall of each label and of all together", () => {
    const has = rows.map((_, row) => Array.from({ length: labels }, (_, k) => Number(truth[row] === k)));
    const all = precisionRecall(rows.flat(), has.flat())!;
    closeTo(all.points, expected.micro.points);
    expect(all.averagePrecision).toBeCloseTo(expected.micro.averagePrecision, 12);
    for (const [k, curve] of expected.perClass.entries()) {
      const found = precisionRecall(
        rows.map((row) => row[k]!),
        has.map((row) => row[k]!),
      )!;
      closeTo(found.points, curve.points);
      expect(found.averagePrecision).toBeCloseTo(curve.averagePrecision, 12);
    }
  });

  test("the right label among the first few", () => {
    const found = topKAccuracy(
      logits,
      truth,
      expected.topK.map(([k]) => k),
    );
    closeTo([found], [expected.topK.map(([, accuracy]) => accuracy)]);
    const accuracy = predicted.filter((label, i) => label === truth[i]).length / truth.length;
    expect(topKAccuracy(logits, truth, [1, labels])).toEqual([accuracy, 1]);
  });
});

test("a curve of a label that no text has is not there", () => {
  expect(precisionRecall([0.5, 0.1], [0, 0])).toBeUndefined();
});

test("thinned curves keep their ends, their average and no more points than asked for", () => {
  const scores = Array.from({ length: 5000 }, (_, i) => ((i * 7919) % 5000) / 5000);
  const curve = precisionRecall(
    scores,
    scores.map((score, i) => Number(score * 5000 > (i * 104729) % 5000)),
  )!;
  const few = thinned(curve, 50);
  expect(few.points.length).toBeLessThanOrEqual(52);
  expect(few.points.length).toBeGreaterThan(40);
  expect([few.points[0], few.points.at(-1)]).toEqual([curve.points[0], curve.points.at(-1)]);
  expect(few.averagePrecision).toBe(curve.averagePrecision);
});

describe("coverage", () => {
  const confidence = [0.9, 0.8, 0.8, 0.6, 0.5];
  const right = [1, 1, 0, 1, 0];

  test("goes from the surest answers to all, and equal ones come together", () => {
    expect(accuracyByCoverage(confidence, right)).toEqual([
      { threshold: 0.9, coverage: 0.2, accuracy: 1 },
      { threshold: 0.8, coverage: 0.6, accuracy: 2 / 3 },
      { threshold: 0.6, coverage: 0.8, accuracy: 0.75 },
      { threshold: 0.5, coverage: 1, accuracy: 0.6 },
    ]);
  });

  test("the threshold for an accuracy is the lowest that reaches it", () => {
    expect([0.6, 0.7, 0.8, 1].map((wanted) => thresholdFor(wanted, confidence, right))).toEqual([0.5, 0.6, 0.9, 0.9]);
    expect(thresholdFor(0.9, [0.9, 0.5], [0, 1])).toBeUndefined();
    expect(coverageOf(0.7, confidence, right)).toEqual({ threshold: 0.7, coverage: 0.6, accuracy: 2 / 3 });
  });
});

const predictions = (rows: readonly (readonly [number, number, number])[], truth: number[]): OneLabelPredictions => ({
  multiLabel: false,
  file: "",
  labels: ["a", "b", "c"],
  ids: rows.map((_, i) => String(i)),
  texts: rows.map((_, i) => `text ${i}`),
  logits: Float32Array.from(rows.flat()),
  truth: Int32Array.from(truth),
  predicted: Int32Array.from(predictedLabels(Float32Array.from(rows.flat()), 3)),
});

test("thresholds are chosen on validation and measured on test, over all seeds together", () => {
  const sure = [9, 0, 0] as const;
  const unsure = [0.5, 0, 0] as const;
  const of = (all: readonly Predictions[]) => all.map(scorerOf);
  // On validation, what is sure is right and what is not is wrong.
  const validation = of([predictions([sure, unsure], [0, 1])]);
  const test = of([predictions([sure, sure, unsure], [0, 1, 0]), predictions([sure, unsure, unsure], [0, 0, 0])]);
  const found = answerQuality(test, validation);
  const of95 = found.wanted.find(({ accuracy }) => accuracy === 0.95)!.test!;
  expect(of95.threshold).toBeGreaterThan(0.99);
  expect(of95).toMatchObject({ coverage: 0.5, accuracy: 2 / 3 });
  expect(found.topK.map(({ k }) => k)).toEqual([1, 2]);
  expect(found.topK[0]!.accuracy).toBeCloseTo(5 / 6, 12);
  expect(found.precisionRecall.perClass.map((curve) => curve !== undefined)).toEqual([true, true, false]);
});
