import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  chooseThresholds,
  labelsAbove,
  meanBinaryCrossEntropy,
  multiLabelMetrics,
  sigmoid,
} from "../../../src/train/multi-label.ts";
import { fixtures } from "../tables/scratch.ts";

/** See make_multi_label.py. */
const expected: {
  readonly cases: {
    readonly labels: number;
    readonly truth: number[][];
    readonly predicted: number[][];
    readonly accuracy: number;
    readonly macro: [number, number, number];
    readonly micro: [number, number, number];
    readonly perClass: [number, number, number, number][];
  }[];
  readonly thresholds: {
    readonly labels: number;
    readonly truth: number[][];
    readonly logits: number[];
    readonly f1: number[];
  }[];
} = JSON.parse(readFileSync(join(fixtures, "multi-label.json"), "utf8"));

const names = (count: number) => Array.from({ length: count }, (_, k) => `label ${k}`);
const even = (count: number) => new Array<number>(count).fill(0.5);

describe("metrics are scikit-learn's to the last digit", () => {
  test.each(expected.cases.map((c) => [c.truth.length, c.labels, c] as const))(
    "%i texts, %i labels",
    (_t, _l, wanted) => {
      const logits = Float32Array.from(
        wanted.predicted.flatMap((found) => names(wanted.labels).map((_, k) => (found.includes(k) ? 1 : -1))),
      );
      const found = multiLabelMetrics(logits, wanted.truth, names(wanted.labels), even(wanted.labels));
      expect(found.accuracy).toBe(wanted.accuracy);
      expect([found.precision, found.recall, found.f1]).toEqual(wanted.macro);
      expect([found.microPrecision, found.microRecall, found.microF1]).toEqual(wanted.micro);
      expect(found.perClass.map((c) => [c.precision, c.recall, c.f1, c.support])).toEqual(wanted.perClass);
      expect(found.confusion).toEqual([]);
    },
  );
});

describe("thresholds", () => {
  test.each(expected.thresholds.map((c) => [c.truth.length, c.labels, c] as const))(
    "%i texts, %i labels: the highest F1 of the precision-recall curve",
    (_texts, _labels, { labels, truth, logits, f1 }) => {
      const scores = Float32Array.from(logits);
      const thresholds = chooseThresholds(scores, truth, labels);
      const { perClass } = multiLabelMetrics(scores, truth, names(labels), thresholds);
      for (const [k, wanted] of f1.entries()) {
        if (perClass[k]!.support > 0) expect(perClass[k]!.f1).toBeCloseTo(wanted, 12);
        else expect(thresholds[k]).toBe(0.5);
      }
    },
  );

  test("of equally good ones the nearest to 0.5", () => {
    const logits = Float32Array.of(3, 2, -2, -3);
    expect(chooseThresholds(logits, [[0], [0], [], []], 1)).toEqual([0.5]);
    expect(chooseThresholds(logits, [[0], [], [], []], 1)[0]).toBeCloseTo((sigmoid(3) + sigmoid(2)) / 2, 12);
    expect(chooseThresholds(logits, [[], [], [], []], 1)).toEqual([0.5]);
  });

  test("a label is predicted from its threshold on", () => {
    const logits = Float32Array.of(0, 1, -1, 0);
    expect(labelsAbove(logits, [0.5, 0.6])).toEqual([[0, 1], []]);
  });
});

test("the loss is the mean over texts and labels, and does not overflow", () => {
  expect(meanBinaryCrossEntropy(Float32Array.of(0, 0), [[0]], 2)).toBeCloseTo(Math.LN2, 15);
  expect(meanBinaryCrossEntropy(Float32Array.of(1000, -1000), [[1]], 2)).toBe(1000);
});
