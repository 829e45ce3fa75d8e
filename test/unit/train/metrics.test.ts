import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { calibrationError, classificationMetrics, meanCrossEntropy, softmax } from "../../../src/train/metrics.ts";

interface Case {
  readonly name: string;
  readonly labels: number;
  readonly truth: number[];
  readonly predicted: number[];
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Precision, recall, F1 and support. */
  readonly perClass: [number, number, number, number][];
  /** Of few labels only. */
  readonly confusion?: number[][];
}

interface LossCase {
  readonly logits: number[];
  readonly truth: number[];
  readonly labels: number;
  readonly loss: number;
  readonly probabilities: number[];
}

interface CalibrationCase extends Pick<LossCase, "logits" | "truth" | "labels"> {
  readonly name: string;
  readonly error: number;
}

const fixture: { cases: Case[]; losses: LossCase[]; calibrations: CalibrationCase[] } = JSON.parse(
  readFileSync(new URL("../../fixtures/metrics.json", import.meta.url), "utf8"),
);

describe("classificationMetrics equals scikit-learn to the last digit", () => {
  test.each(fixture.cases)("$name", ({ name: _, labels, truth, predicted, perClass, ...expected }) => {
    const names = Array.from({ length: labels }, (_, k) => `label ${k}`);
    expect(classificationMetrics(Int32Array.from(truth), predicted, names)).toMatchObject({
      ...expected,
      perClass: perClass.map(([precision, recall, f1, support], k) => ({
        label: names[k],
        precision,
        recall,
        f1,
        support,
      })),
    });
  });

  test("no texts: all zero", () => {
    expect(classificationMetrics([], [], ["a", "b"])).toMatchObject({ accuracy: 0, precision: 0, recall: 0, f1: 0 });
  });
});

describe("cross-entropy and softmax equal NumPy in float64", () => {
  test.each(fixture.losses)("$labels labels, loss $loss", ({ logits, truth, labels, loss, probabilities }) => {
    const values = Float32Array.from(logits);
    const actual = meanCrossEntropy(values, truth, labels);
    expect(Math.abs(actual - loss)).toBeLessThanOrEqual(1e-14 * Math.max(1, loss));
    const rows = truth.flatMap((_, row) => softmax(values.subarray(row * labels, (row + 1) * labels)));
    for (const [i, probability] of rows.entries()) expect(probability).toBeCloseTo(probabilities[i]!, 13);
  });

  test("equal logits give log(labels), also where exp would overflow", () => {
    expect(meanCrossEntropy(Float32Array.of(1e4, 1e4, -1e4, -1e4), [0, 1], 2)).toBeCloseTo(Math.LN2, 12);
    expect(softmax(Float32Array.of(3e38, 3e38))).toEqual([0.5, 0.5]);
  });
});

describe("the calibration error equals NumPy's and torchmetrics'", () => {
  test.each(fixture.calibrations)("$name: $error", ({ logits, truth, labels, error }) => {
    expect(calibrationError(Float32Array.from(logits), truth, labels)).toBeCloseTo(error, 13);
  });

  test("a probability on an edge is in the bin below it, and 1 in the last", () => {
    // 1/3 is 5/15: with 0.301 in the fifth bin, one of the two right.
    const logits = Float32Array.from([0, 0, 0, -Infinity, ...[0.301, 0.3, 0.2, 0.199].map(Math.log)]);
    expect(calibrationError(logits, [0, 1], 4)).toBeCloseTo((1 - 1 / 3 - 0.301) / 2, 6);
    expect(calibrationError(Float32Array.of(1000, 0, 1000, 0), [0, 1], 2)).toBe(0.5);
    expect(calibrationError(new Float32Array(), [], 2)).toBe(0);
  });
});
