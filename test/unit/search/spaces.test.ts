/** Spaces: around the recipe of each method, as they are asked for, and as options of `train`. */
import { describe, expect, test } from "vitest";
import type { MethodName } from "../../../src/methods/registry.ts";
import { spaceInWords } from "../../../src/search/space.ts";
import {
  type AskedSpaces,
  requireKnown,
  type SpaceFacts,
  searchedMethod,
  trainValues,
} from "../../../src/search/spaces.ts";
import { secondsLeft } from "../../../src/search/time-left.ts";
import { smallTask } from "../../study.ts";
import { aSearch, played } from "./searches.ts";

const facts: SpaceFacts = { ...smallTask, layers: 6 };
const data = "data";
const same = (key: string) => key;

function spacesOf(method: MethodName, spaces: AskedSpaces = {}, given: object = {}): Record<string, string> {
  const found = searchedMethod(method, { spaces, only: false, given: { data, ...given } }, facts, same);
  return Object.fromEntries(
    Object.entries(found.spaces).map(([key, space]) => [key, `${space.kind} ${spaceInWords(space)}`]),
  );
}

/** Of every method with a head that is drawn. */
const SHARED = { head: "choice mean,cls,max", headDropout: "uniform 0..0.3", batchSize: "log-integer 8..32" };

// Rates of the recipe tuned at this task: docs/recipes.md.
test.each<[MethodName, Record<string, string>]>([
  [
    "lora",
    {
      learningRate: "log-uniform 0.0002..0.02",
      headLearningRate: "log-uniform 0.001..0.1",
      rank: "log-integer 2..32",
      alpha: "log-uniform 2..32",
      dropout: "uniform 0..0.3",
    },
  ],
  ["full", { learningRate: "log-uniform 0.00002..0.002", headLearningRate: "log-uniform 0.0005..0.05" }],
  ["prompt", { virtualTokens: "log-integer 5..80" }],
  ["prefix", { virtualTokens: "log-integer 5..80" }],
])("of %s lie around its recipe", (method, expected) => {
  expect(spacesOf(method)).toMatchObject({ ...SHARED, ...expected });
});

test("of an option that is given, and of a head that is trained, there is none", () => {
  expect(spacesOf("lora", {}, { batchSize: 32, headDropout: 0.1 })).not.toHaveProperty("batchSize");
  const trained: SpaceFacts = { ...facts, head: { ...facts.head, isTrained: true } };
  const { spaces } = searchedMethod("full", { spaces: {}, only: false, given: { data } }, trained, same);
  expect(spaces).not.toHaveProperty("head");
});

test.each<[string, string, string]>([
  ["learningRate", "1e-5..1e-2", "log-uniform 0.00001..0.01"],
  ["rank", "4..16", "log-integer 4..16"],
  ["rank", "4, 8,16", "choice 4,8,16"],
  ["dropout", "0..0.5", "uniform 0..0.5"],
  ["weightDecay", "0..0.1", "uniform 0..0.1"],
  ["weightDecay", "1e-4..0.1", "log-uniform 0.0001..0.1"],
  ["head", "mean,cls+mlp", "choice mean,cls+mlp"],
  ["dora", "true,false", "choice true,false"],
  ["topLayers", "2..4", "log-integer 2..4"],
  ["layers", "top:2,top:half", "choice top:2,top:half"],
])("%s=%s is %s", (option, text, expected) => {
  expect(spacesOf("lora", { [option]: text })[option]).toBe(expected);
});

test("top layers are searched where that is asked for, and are layers of the method", () => {
  expect(spacesOf("full")).not.toHaveProperty("topLayers");
  expect(spacesOf("full", { topLayers: true }).topLayers).toBe("integer 1..6");
  expect(() => spacesOf("full", { topLayers: "2..9" })).toThrow(
    /topLayers: "9" is no value of it; it must be at most 6/,
  );
  expect(trainValues({ method: "full", topLayers: 3, batchSize: 8 })).toEqual({ layers: "top:3", batchSize: 8 });
});

describe("of several methods", () => {
  test("an option that one of them has is asked of that one alone", () => {
    expect(() => requireKnown({ rank: "2,4" }, ["full", "lora"], facts, same)).not.toThrow();
    expect(spacesOf("full", { rank: "2,4" })).not.toHaveProperty("rank");
    expect(() => requireKnown({ rank: "2,4" }, ["full"], facts, same)).toThrow(/no method here has an option rank/);
  });
});

test("the time left is what the budget leaves at the pace so far, and the end of the winner", () => {
  const search = aSearch({ budget: { epochs: 30 }, rungs: [1, 3, 9] });
  expect(secondsLeft(search, played(aSearch({ budget: { trials: 1 } }), { atOnce: 1 }).state)).toBe(60 * 8);
  const { state } = played(search, { atOnce: 1 });
  const { end: _, ...before } = state;
  const done = state.trials.find(({ trial }) => trial === state.best!.trial)!.scores.length;
  const pace = state.elapsed / state.epochs;
  expect(secondsLeft(search, before)).toBeCloseTo(pace * (30 - state.epochs + 9 - done), 6);
});
