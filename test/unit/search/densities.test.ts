/** The tree-structured Parzen estimator against the paper's formulas in NumPy and SciPy: the split, densities, and their ratio. */
import { expect, test } from "vitest";
import { replay } from "../../../src/search/replay.ts";
import { byMerit, likelihoodsOf } from "../../../src/search/tpe.ts";
import { densityCase } from "./density-case.ts";

const { search, entries, good, densities, spaces } = densityCase();
const state = replay(search, entries);

test("the good are the best 15 %, those at higher rungs first", () => {
  const ranked = state.trials.toSorted(byMerit).slice(0, good.length);
  expect(ranked.map(({ trial }) => trial).sort()).toEqual(good.map((i) => `t${i}`).sort());
  expect(good).toHaveLength(6);
});

test.each(Object.keys(densities))("densities of %s", (option) => {
  const { good: likely, others } = likelihoodsOf(state)!(option, spaces[option]!);
  for (const [value, l, g, ratio] of densities[option]!) {
    // The normal distribution is within 1e-7, and a narrow cell or bump divides by its width.
    expect(Math.abs(likely.density(value) - l)).toBeLessThan(2e-6 * Math.max(1, l));
    expect(Math.abs(others.density(value) - g)).toBeLessThan(2e-6 * Math.max(1, g));
    expect(Math.log(likely.density(value) / others.density(value))).toBeCloseTo(ratio, 4);
  }
});
