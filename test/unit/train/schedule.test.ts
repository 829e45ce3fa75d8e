import { describe, expect, test } from "vitest";
import { scheduleFactor, scheduleNames, warmupSteps } from "../../../src/train/schedule.ts";

const factors = (name: (typeof scheduleNames)[number], warmup: number, total: number, count: number) =>
  Array.from({ length: count }, (_, step) => scheduleFactor(name, step, warmup, total));

describe("scheduleFactor equals get_scheduler of transformers 5.18", () => {
  const cosine = [1, 0.9045084971874737, 0.6545084971874737, 0.34549150281252633, 0.09549150281252633, 0];
  const rise = [0, 1 / 3, 2 / 3];

  // Name, warm-up steps, all steps; beyond the last step `linear` stays at 0. Transformers has a warm-up for `constant`
  // under the name constant_with_warmup.
  test.each([
    ["linear", 0, 5, [1, 0.8, 0.6, 0.4, 0.2, 0, 0]],
    ["linear", 3, 8, [...rise, 1, 0.8, 0.6, 0.4, 0.2, 0, 0]],
    ["linear", 1, 4, [0, 1, 2 / 3, 1 / 3, 0]],
    ["linear", 5, 3, [0, 0.2, 0.4]],
    ["cosine", 0, 5, cosine],
    ["cosine", 3, 8, [...rise, ...cosine]],
    ["cosine", 5, 3, [0, 0.2, 0.4]],
    ["constant", 0, 5, [1, 1, 1, 1, 1, 1]],
    ["constant", 3, 8, [...rise, 1, 1, 1, 1, 1, 1]],
  ] as const)("%s, %d of %d steps warm-up", (name, warmup, total, expected) => {
    for (const [step, factor] of factors(name, warmup, total, expected.length).entries())
      expect(factor).toBeCloseTo(expected[step]!, 15);
  });

  test.each(scheduleNames)("%s without any steps is no NaN", (name) => {
    expect(factors(name, 0, 0, 2).every(Number.isFinite)).toBe(true);
  });
});

describe("warmupSteps equals get_warmup_steps of transformers 5.18", () => {
  test.each([
    [0, 100, 0],
    [0.1, 15, 2],
    [0.06, 1000, 60],
    [0.07, 100, 8], // 0.07 · 100 is a little more than 7, in Python too
    [0.001, 10, 1],
    [0.999, 10, 10],
    [1, 1000, 1],
    [7.9, 1000, 7],
    [500, 20, 500],
  ])("%d of %d steps: %d", (warmup, total, expected) => {
    expect(warmupSteps(warmup, total)).toBe(expected);
  });
});
