import { join } from "node:path";
import { expect, test } from "vitest";
import { placesOf, type RunFacts } from "../../../src/run/run-facts.ts";
import { scratchFolder } from "../tables/scratch.ts";

const there = scratchFolder().folder({ "a.csv": "", "b.csv": "", "weights.json": "", model: "" });
const places = (options: object, workingFolder = there) =>
  placesOf({ options: { model: "model", data: "a.csv", ...options }, workingFolder } as RunFacts, "run");
const at = (name: string) => join(there, name);

test("what a run was given is found in the folder it began in", () => {
  expect(places({ classWeights: "weights.json" })).toEqual({
    model: at("model"),
    data: at("a.csv"),
    classWeights: at("weights.json"),
  });
  expect(places({ classWeights: "balanced" })).toEqual({ model: at("model"), data: at("a.csv") });
});

test("each of several files as well", () => {
  expect(places({ data: "a.csv,b.csv" })).toMatchObject({ data: `${at("a.csv")},${at("b.csv")}` });
  expect(() => places({ data: "a.csv,c.csv" })).toThrow(
    `run: the data a.csv,c.csv is neither in ${there} nor here; put it back`,
  );
});

test("nothing is looked for where a run goes on in the folder it began in", () => {
  expect(places({ data: "gone.csv" }, process.cwd())).toEqual({});
});
