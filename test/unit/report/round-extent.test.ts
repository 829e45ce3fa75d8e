import { expect, test } from "vitest";
import { roundExtent } from "../../../src/report/round-extent.ts";

test("an axis ends at round numbers around its values", () => {
  expect(roundExtent([0.12, 0.83])).toEqual({ min: 0, max: 1, interval: 0.2 });
  expect(roundExtent([120, 470])).toEqual({ min: 100, max: 500, interval: 100 });
});

test("what hardly differs does not fill the picture", () => {
  const { min, max } = roundExtent([0.901, 0.902], { least: 0.05 });
  expect(max - min).toBeGreaterThanOrEqual(0.05);
  expect(min).toBeLessThan(0.88);
  expect(max).toBeGreaterThan(0.92);
});

test("equal values have an axis, and no axis leaves what is possible", () => {
  expect(roundExtent([5, 5]).min).toBeLessThan(5);
  expect(roundExtent([0, 0]).max).toBeGreaterThan(0);
  expect(roundExtent([0.97, 1], { least: 0.2, within: [0, 1] }).max).toBe(1);
});
