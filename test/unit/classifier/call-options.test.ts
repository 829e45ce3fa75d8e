/** Options of the library's functions: unknown ones, null and wrong types are errors, and are never ignored. */
import { expect, test } from "vitest";
import { Classifier } from "../../../src/classifier/classifier.ts";
import { exportRun, inspect, load, push } from "../../../src/index.ts";
import { inputError } from "../tables/scratch.ts";

/** One that is never asked for anything. */
const classifier = new Classifier({ facts: { labels: [], takesPairs: false } } as never);
const calls: Readonly<Record<string, (options: never) => unknown>> = {
  load: (options) => load("m", options),
  inspect: (options) => inspect(options),
  evaluate: (options) => classifier.evaluate(options),
  predictTable: (options) => classifier.predictTable(options),
  exportRun: (options) => exportRun("m", options),
  push: (options) => push("m", options),
};
const needed = { load: {}, inspect: { data: "d" }, evaluate: { data: "d" }, predictTable: { data: "d" } };
const valid: Readonly<Record<string, object>> = {
  ...needed,
  exportRun: { format: "onnx", out: "o" },
  push: { repo: "a/b" },
};

const keys: Readonly<Record<string, readonly string[]>> = {
  load: ["precision", "bits", "revision", "onFetch", "signal", "threads", "maxLength", "adapter", "labels", "worker"],
  inspect: ["data", "model", "revision", "maxLength", "seed", "text", "header", "multiLabel", "signal"],
  evaluate: ["data", "dataRevision", "configName", "split", "seed", "label", "encoding", "signal"],
  predictTable: ["data", "split", "text", "id", "delimiter", "onFetch"],
  exportRun: ["format", "out", "int8", "base", "name", "adapter", "labels", "language", "maxLength", "onFetch"],
  push: ["repo", "format", "language", "public"],
};

test.each(Object.entries(keys).flatMap(([name, own]) => own.map((key) => [name, key] as const)))(
  "%s: null is no %s",
  async (name, key) => {
    const options = { ...valid[name], [key]: null } as never;
    expect(await inputError(() => calls[name]!(options))).toMatch(new RegExp(`^${key} cannot be null: it must be `));
  },
);

test.each(Object.keys(calls))("%s: an unknown option and no options", async (name) => {
  const typo = { ...valid[name], maxLenght: 5 } as never;
  expect(await inputError(() => calls[name]!(typo))).toMatch(/^there is no option maxLenght; /);
  for (const options of [null, 5, "x", []])
    expect(await inputError(() => calls[name]!(options as never))).toMatch(/, an object; it was given /);
});

test.each([
  ["load", { threads: 1e5 }, /^threads cannot be 100000: it must be at most/],
  ["load", { labels: "a,b" }, /^labels cannot be "a,b": it must be a list/],
  ["evaluate", { data: "d", split: "dev" }, /^split cannot be "dev": it must be/],
  ["evaluate", { data: "d", multiLabel: true }, /^there is no option multiLabel/],
  ["exportRun", { format: "onxx", out: "o" }, /^format cannot be "onxx": it must be/],
  ["exportRun", { out: "o" }, /^the option format is missing: one of peft/],
  ["push", {}, /^the option repo is missing: user\/name/],
] as const)("%s %j", async (name, options, message) => {
  expect(await inputError(() => calls[name]!(options as never))).toMatch(message);
});
