import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mean, quantile, standardDeviation } from "../../../../src/base/spread.ts";
import { overSeeds, resampledScores, scorerOf } from "../../../../src/comparison/scored-texts.ts";
import { percentileInterval, percentileP, resample } from "../../../../src/comparison/statistics/bootstrap.ts";
import { holm } from "../../../../src/comparison/statistics/holm.ts";
import { exactMcNemar } from "../../../../src/comparison/statistics/mcnemar.ts";
import { paretoFront } from "../../../../src/comparison/statistics/pareto-front.ts";
import { tBound, tInterval } from "../../../../src/comparison/statistics/student-t.ts";

/** Mean over runs of SciPy's bootstrap, and the standard deviation of one run. */
type Drawn = readonly [mean: number, deviation: number];
interface Bootstrapped {
  readonly value: number;
  readonly low: Drawn;
  readonly high: Drawn;
  readonly standardError: Drawn;
  readonly p: Drawn;
}

interface Fixture {
  readonly mcnemar: readonly (readonly [number, number, number])[];
  readonly holm: readonly (readonly [number[], number[]])[];
  readonly tBounds: readonly (readonly [level: number, freedom: number, bound: number])[];
  readonly tIntervals: readonly (readonly [values: number[], deviation: number, low: number, high: number])[];
  readonly quantiles: readonly (readonly [values: number[], (readonly [share: number, value: number])[]])[];
  readonly bootstrap: {
    readonly labels: number;
    readonly truth: number[];
    readonly first: number[];
    readonly second: number[];
    readonly single: Readonly<
      Record<"accuracy" | "precision" | "recall" | "f1" | "loss" | "calibrationError", Bootstrapped>
    >;
    readonly difference: Bootstrapped;
  };
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../../../fixtures/statistics.json", import.meta.url), "utf8"),
);

const expectNear = (actual: number, expected: number, relative = 1e-12) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));

describe("exact McNemar equals statsmodels", () => {
  test.each(fixture.mcnemar)("%i against %i", (first, second, p) => {
    expectNear(exactMcNemar(first, second), p);
    expect(exactMcNemar(second, first)).toBe(exactMcNemar(first, second));
  });
});

describe("Holm equals statsmodels", () => {
  test.each(fixture.holm)("%j", (values, adjusted) => {
    for (const [i, value] of holm(values).entries()) expectNear(value, adjusted[i]!);
  });

  test("nothing to correct", () => {
    expect(holm([])).toEqual([]);
    expect(holm([0.03])).toEqual([0.03]);
  });
});

describe("t and spread equal SciPy and NumPy", () => {
  test.each(fixture.tBounds)("%f of t with %i degrees of freedom", (level, freedom, bound) => {
    expectNear(tBound(level, freedom), bound);
  });

  test.each(fixture.tIntervals)("%j", (values, deviation, low, high) => {
    expectNear(standardDeviation(values), deviation);
    expectNear(tInterval(values).low, low);
    expectNear(tInterval(values).high, high);
  });

  test("equal values have no width", () => {
    expect(tInterval([0.5, 0.5, 0.5])).toEqual({ low: 0.5, high: 0.5 });
  });

  test("quantiles", () => {
    for (const [values, expected] of fixture.quantiles)
      for (const [share, value] of expected) expect(quantile(values, share)).toBeCloseTo(value, 14);
  });
});

describe("the bootstrap", () => {
  const { bootstrap } = fixture;
  const scored = (side: "first" | "second") => {
    const logits = Float32Array.from(bootstrap[side]);
    const labels = Array.from({ length: bootstrap.labels }, (_, k) => `label ${k}`);
    const rows = bootstrap.truth.map((_, i) => [...logits.subarray(i * labels.length, (i + 1) * labels.length)]);
    const predicted = Int32Array.from(rows, (row) => row.indexOf(Math.max(...row)));
    return scorerOf({
      file: "",
      multiLabel: false,
      ids: [],
      texts: [],
      labels,
      truth: Int32Array.from(bootstrap.truth),
      predicted,
      logits,
    });
  };
  const [first, second] = resampledScores([scored("first"), scored("second")]);
  const once = resampledScores([scored("first")], 1);

  /** SciPy draws otherwise: a run of ours may be off by as much as one of its own, times what chance allows. */
  const expectWithin = (actual: number, [expected, deviation]: Drawn) =>
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(Math.max(4 * deviation, 1e-12));
  const expectDrawn = (figures: Float64Array, expected: Bootstrapped) => {
    const { low, high } = percentileInterval(figures);
    expectWithin(low, expected.low);
    expectWithin(high, expected.high);
    expectWithin(standardDeviation(figures), expected.standardError);
  };

  test.each(Object.entries(bootstrap.single))("of %s agrees with SciPy's", (name, expected) => {
    expectDrawn(first![name as "f1"], expected);
  });

  test("of a paired difference agrees with SciPy's, and so does its p", () => {
    const difference = first!.f1.map((value, r) => value - second!.f1[r]!);
    expectDrawn(difference, bootstrap.difference);
    expectWithin(percentileP(difference), bootstrap.difference.p);
    expect(percentileP(difference.map((value) => -value))).toBe(percentileP(difference));
  });

  test("draws the same each time, whatever else is drawn", () => {
    expect(once[0]!.f1[0]).toBe(first!.f1[0]);
    expect(resampledScores([scored("second")])[0]!.loss).toEqual(second!.loss);
  });

  test("of one seed leaves figures alone; of several it is wider than the mean of them", () => {
    expect(overSeeds([first!.f1])).toBe(first!.f1);
    const both = overSeeds([first!.f1, second!.f1]);
    const means = first!.f1.map((value, r) => (value + second!.f1[r]!) / 2);
    // Two seeds, drawn from two, vary by an eighth of their squared difference.
    const between = mean(first!.f1.map((value, r) => (value - second!.f1[r]!) ** 2 / 8));
    expectWithin(mean(both), [mean(means), Math.sqrt(between / both.length)]);
    expect(standardDeviation(both) ** 2 / (standardDeviation(means) ** 2 + between)).toBeCloseTo(1, 1);
  });

  test("draws as often as there are things, each equally often", () => {
    const totals = new Float64Array(7);
    for (const weights of resample(7, 5000, "texts")) {
      expect(weights.reduce((a, b) => a + b)).toBe(7);
      for (const [i, weight] of weights.entries()) totals[i]! += weight;
    }
    const deviation = Math.sqrt(5000 * 7 * (1 / 7) * (6 / 7));
    for (const total of totals) expect(Math.abs(total - 5000) / deviation).toBeLessThan(4);
  });

  test("no difference at all has p = 1", () => {
    expect(percentileP(new Float64Array(100))).toBe(1);
  });
});

describe("the Pareto front", () => {
  const point = fc.record({ quality: fc.integer({ min: 0, max: 9 }), cost: fc.integer({ min: 0, max: 9 }) });
  const beats = (a: { quality: number; cost: number }, b: { quality: number; cost: number }) =>
    a.quality >= b.quality && a.cost <= b.cost && !(a.quality === b.quality && a.cost === b.cost);

  test("holds what nothing beats, cheapest first, and for all else there is something in it that beats it", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (points) => {
        const front = paretoFront(points);
        expect(front.map(({ cost }) => cost)).toEqual(front.map(({ cost }) => cost).toSorted((a, b) => a - b));
        for (const one of points)
          expect(front.includes(one)).toBe(!front.some((other) => other !== one && beats(other, one)));
      }),
    );
  });
});
