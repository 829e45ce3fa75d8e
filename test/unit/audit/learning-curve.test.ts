/** The power law through errors: exact where the points lie on one, and with an interval that holds where they scatter. */
import { expect, test } from "vitest";
import { curveSizes, errorAt, fitPowerLaw, learningCurve, partOf } from "../../../src/audit/learning-curve.ts";
import { normal, randomKey } from "../../../src/base/random.ts";

const SIZES = [500, 1000, 2000, 4000, 8000];

test.each([
  { a: 2, b: 0.35, c: 0.05 },
  { a: 0.9, b: 0.2, c: 0 },
  { a: 8, b: 0.71, c: 0.12 },
])("points on a law give that law: %o", (law) => {
  const found = fitPowerLaw(
    SIZES,
    SIZES.map((n) => errorAt(law, n)),
  );
  for (const n of [...SIZES, 16_000]) expect(Math.abs(errorAt(found, n) - errorAt(law, n))).toBeLessThan(1e-6);
  expect(Math.abs(found.b - law.b)).toBeLessThan(1e-3);
});

test("errors that do not fall bring nothing", () => {
  expect(fitPowerLaw(SIZES, [0.1, 0.1, 0.1, 0.1, 0.1])).toMatchObject({ a: 0, c: 0.1 });
  expect(errorAt(fitPowerLaw(SIZES, [0.1, 0.11, 0.12, 0.13, 0.14]), 16_000)).toBeCloseTo(0.12, 10);
});

test("the interval holds the true gain, and is the same for the same seed", () => {
  const law = { a: 2, b: 0.35, c: 0.05 };
  const points = SIZES.map((texts) => ({
    texts,
    errors: Array.from(
      { length: 5 },
      (_, fold) => errorAt(law, texts) + 0.004 * normal(randomKey(1, "sample", texts), fold),
    ),
  }));
  const { gain } = learningCurve(points, 7);
  const truth = errorAt(law, 8000) - errorAt(law, 16_000);
  expect(gain.low).toBeLessThan(truth);
  expect(gain.high).toBeGreaterThan(truth);
  expect(gain.low).toBeLessThanOrEqual(gain.estimate);
  expect(gain.high).toBeGreaterThanOrEqual(gain.estimate);
  expect(learningCurve(points, 7).gain).toEqual(gain);
});

test("sizes rise in equal ratios, and there are none for too few texts", () => {
  expect(curveSizes(8000, 6)).toEqual([500, 1000, 2000, 4000, 8000]);
  expect(curveSizes(2000, 77)).toEqual([154, 292, 555, 1054, 2000]);
  expect(curveSizes(600, 77)).toBeUndefined();
});

test("a larger part has all of a smaller one", () => {
  const texts = Int32Array.from({ length: 100 }, (_, i) => 2 * i);
  const [small, large] = [partOf(texts, 10, 3, 1), partOf(texts, 40, 3, 1)];
  expect(large.slice(0, 10)).toEqual(small);
  expect(new Set(large).size).toBe(40);
  expect(partOf(texts, 10, 3, 2)).not.toEqual(small);
});
