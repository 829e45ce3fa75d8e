/** Which options matter: PED-ANOVA against NumPy and SciPy, and what few trials can tell from chance. */
import { expect, test } from "vitest";
import { importancesOf, LEAST_TRIALS } from "../../../../src/report/search/importance.ts";
import { replay } from "../../../../src/search/replay.ts";
import { densityCase } from "../../search/density-case.ts";
import { aSearch, played } from "../../search/searches.ts";

test("shares are those of the paper's formula", () => {
  const { search, entries, importance } = densityCase();
  const [found, ...others] = importancesOf(search, replay(search, entries));
  expect(others).toEqual([]);
  expect(found).toMatchObject({ trials: 40, best: 10 });
  expect(found!.options.map(({ option }) => option)[0]).toBe("learningRate");
  for (const { option, share } of found!.options) expect(share).toBeCloseTo(importance[option]!, 5);
});

test("an option that decides is told from chance, and one that does nothing is not", () => {
  const search = aSearch({ budget: { trials: 30 }, sampler: "random", rungs: [1] });
  const { state } = played(search, {
    atOnce: 1,
    score: ({ learningRate = 1e-3 }) => -Math.abs(Math.log10(learningRate as number) + 2.5),
  });
  const [{ options }] = importancesOf(search, state) as [ReturnType<typeof importancesOf>[number]];
  const chances = Object.fromEntries(options.map(({ option, chance }) => [option, chance]));
  expect(options[0]!.option).toBe("learningRate");
  expect(chances.learningRate).toBeLessThan(0.01);
  expect(chances.rank).toBeGreaterThan(0.05);
  expect(chances.head).toBeGreaterThan(0.05);
});

test("of several methods the method comes first, and each has its own options; of too few trials nothing is said", () => {
  const [lora] = aSearch().methods;
  const rate = { learningRate: lora!.spaces.learningRate! };
  const full = { ...lora!, method: "full" as const, spaces: rate, firstGuess: { learningRate: 0.01 } };
  const search = aSearch({ methods: [full, lora!], budget: { trials: 60 }, sampler: "random" });
  const score = ({ method }: { readonly method?: unknown }) => (method === "lora" ? 1 : 0);
  const { state } = played(search, { atOnce: 1, score });
  const found = importancesOf(search, state);
  expect(found.map(({ method }) => method)).toEqual([undefined, "full", "lora"]);
  expect(found.map(({ options }) => options.length)).toEqual([1, 1, 3]);
  expect(found[0]!.options[0]).toMatchObject({ option: "method", share: 1 });
  expect(found[0]!.options[0]!.chance).toBeLessThan(0.01);

  const few = { ...state, trials: state.trials.slice(0, LEAST_TRIALS - 1) };
  expect(importancesOf(search, few)).toEqual([]);
});
