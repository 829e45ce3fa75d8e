/** The tree-structured Parzen estimator: its densities, and that it finds what chance does not. */
import { expect, test } from "vitest";
import type { MethodName } from "../../../src/methods/registry.ts";
import { estimateOf, normalShare } from "../../../src/search/parzen.ts";
import type { Search, SearchedMethod, Space } from "../../../src/search/search-file.ts";
import { cellOf, type NumberSpace, nearestIn, numberAt, placeOf } from "../../../src/search/space.ts";
import { LEAST_RESULTS } from "../../../src/search/tpe.ts";
import { aSearch, played, type scoreOf } from "./searches.ts";

const RATE: NumberSpace = { kind: "log-uniform", from: 1e-4, to: 1e-2 };
const RANK: NumberSpace = { kind: "log-integer", from: 2, to: 32 };

test("a rate has its place by its logarithm, and whole numbers have stretches that fill the line", () => {
  expect(placeOf(RATE, 1e-3)).toBeCloseTo(0.5, 12);
  expect(numberAt(RATE, 0.25)).toBe(0.000316);
  expect([0, 1].map((place) => numberAt(RATE, place))).toEqual([1e-4, 1e-2]);
  const cells = Array.from({ length: 31 }, (_, i) => cellOf(RANK, i + 2));
  expect(cells[0]![0]).toBeCloseTo(0, 12);
  expect(cells.at(-1)![1]).toBeCloseTo(1, 12);
  for (const [i, cell] of cells.slice(1).entries()) expect(cell[0]).toBeCloseTo(cells[i]![1], 12);
  for (const [i, [a, b]] of cells.entries()) expect(numberAt(RANK, (a + b) / 2)).toBe(i + 2);
});

test("what a recipe has outside of a space gets the nearest value in it", () => {
  expect(nearestIn(RATE, 0.5)).toBe(1e-2);
  expect(nearestIn({ kind: "choice", values: [8, 16, 32] }, 14)).toBe(16);
  expect(nearestIn({ kind: "choice", values: ["cls", "mean"] }, "mean")).toBe("mean");
  expect(nearestIn({ kind: "choice", values: ["cls", "mean"] }, "pooler")).toBeUndefined();
  expect(nearestIn(RATE, undefined)).toBeUndefined();
  expect(nearestIn({ kind: "choice", values: [2] }, undefined)).toBe(2);
});

test("the normal distribution is scipy's", () => {
  // scipy.stats.norm.cdf
  const expected: [number, number][] = [
    [-3, 0.0013498980316300933],
    [-1, 0.15865525393145707],
    [0, 0.5],
    [0.3, 0.6179114221889526],
    [1.96, 0.9750021048517795],
  ];
  for (const [z, share] of expected) expect(Math.abs(normalShare(z) - share)).toBeLessThan(1e-7);
});

test.each<[string, Space, (string | number)[]]>([
  ["whole numbers", RANK, [8, 9, 9, 16, 2]],
  ["choices", { kind: "choice", values: ["cls", "mean", "max"] }, ["mean", "mean", "cls"]],
])("probabilities of %s are one together, and are how often values are drawn", (_, space, seen) => {
  const estimate = estimateOf(space, seen);
  const values = space.kind === "choice" ? space.values : Array.from({ length: 31 }, (_, i) => i + 2);
  expect(values.reduce<number>((sum, value) => sum + estimate.density(value), 0)).toBeCloseTo(1, 6);
  const draws = 4000;
  const drawn = Array.from({ length: draws }, (_, key) => estimate.draw(key * 2654435761));
  for (const value of values) {
    const share = estimate.density(value);
    const deviation = Math.sqrt((share * (1 - share)) / draws);
    expect(Math.abs(drawn.filter((one) => one === value).length / draws - share)).toBeLessThan(4.5 * deviation);
  }
});

test("the density of a rate is one over the line, and highest where most was seen", () => {
  const { density } = estimateOf(RATE, [2e-3, 2.2e-3, 1.9e-3, 3e-4]);
  const places = Array.from({ length: 2000 }, (_, i) => (i + 0.5) / 2000);
  const exact = (place: number) => 1e-4 * 100 ** place;
  const sum = places.reduce((total, place) => total + density(exact(place)) / 2000, 0);
  expect(sum).toBeCloseTo(1, 4);
  expect(density(2e-3)).toBeGreaterThan(1.5 * density(8e-3));
});

test("values come from the recipe, then by chance, and past 20 results from what they say", () => {
  const { state } = played(aSearch({ budget: { trials: 30 } }), { atOnce: 1 });
  const sources = state.trials.map(({ from }) => from);
  expect(sources.slice(0, LEAST_RESULTS)).toEqual(["recipe", ...Array(LEAST_RESULTS - 1).fill("random")]);
  expect(new Set(sources.slice(LEAST_RESULTS))).toEqual(new Set(["tpe"]));
});

test("it comes nearer to the best than chance does", () => {
  const distances = (sampler: Search["sampler"], seed: number) => {
    const search = aSearch({ budget: { trials: 60 }, rungs: [1], sampler, seed });
    const { trials } = played(search, { atOnce: 1 }).state;
    const later = trials
      .slice(LEAST_RESULTS)
      .map(({ values }) => Math.abs(Math.log10(values.learningRate as number) + 2.5));
    return later.reduce((a, b) => a + b, 0) / later.length;
  };
  for (const seed of [1, 2, 3]) expect(distances("tpe", seed)).toBeLessThan(0.6 * distances("random", seed));
});

test("of several methods each has its spaces, its first guess, and more trials where it is better", () => {
  const one = (method: MethodName, from: number): SearchedMethod => ({
    method,
    spaces: { learningRate: { kind: "log-uniform", from, to: 100 * from } },
    firstGuess: { learningRate: 10 * from },
    options: {},
  });
  const methods = [one("full", 1e-5), one("lora", 1e-3)];
  const search = aSearch({ methods, rungs: [1], budget: { trials: 60 } });
  const score: typeof scoreOf = ({ method }, epoch) => (method === "lora" ? 1 : 0) + epoch;
  const { trials } = played(search, { atOnce: 1, score }).state;
  expect(trials.slice(0, 2).map(({ values }) => values)).toEqual([
    { method: "full", learningRate: 1e-4 },
    { method: "lora", learningRate: 1e-2 },
  ]);
  for (const { values } of trials)
    expect((values.learningRate as number) > 1e-3 || values.method === "full").toBe(true);
  const later = trials.slice(LEAST_RESULTS);
  expect(later.filter(({ values }) => values.method === "lora").length).toBeGreaterThan(0.8 * later.length);
});
