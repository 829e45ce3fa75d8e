import { Command } from "commander";
import { expect, test } from "vitest";
import { addTrainFlags } from "../../../src/cli/option-flags.ts";
import { builtInMethods, methodNames } from "../../../src/methods/registry.ts";
import { resolveOptions } from "../../../src/run/train-options.ts";

const command = () => {
  const made = new Command("train");
  addTrainFlags(made);
  return made;
};
const given = ["--model", "m", "--data", "d", "--out", "o"];
const parsed = (...args: string[]) =>
  command()
    .parse([...given, ...args], { from: "user" })
    .opts();

test("every option of every method is a flag that names its methods", () => {
  const help = command().helpInformation().replace(/\s+/g, " ");
  for (const name of methodNames)
    for (const key of Object.keys(builtInMethods[name].options.shape)) {
      const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      expect(help).toContain(`${flag} `);
      expect(help).toContain(`${name}: `);
    }
});

test("lists, pairs, numbers and switches", () => {
  const flags = ["--method", "lora", "--targets", "query,output", "--layers", "0,3", "--rslora", "--alpha", "16.5"];
  const patterns = ["--rank-pattern", "query=4,layer\\.1\\..*value=2", "--train-head", "false"];
  expect(resolveOptions(parsed(...flags, ...patterns))).toMatchObject({
    targets: ["query", "output"],
    layers: [0, 3],
    rslora: true,
    alpha: 16.5,
    rankPattern: { query: 4, "layer\\.1\\..*value": 2 },
    trainHead: false,
  });
});

test("layers by number, or the last ones, with three methods", () => {
  for (const method of ["full", "bitfit", "lora"]) {
    expect(resolveOptions(parsed("--method", method, "--layers", "top:2"))).toMatchObject({ layers: "top:2" });
    expect(resolveOptions(parsed("--method", method, "--layers", "1"))).toMatchObject({ layers: [1] });
  }
  expect(() => resolveOptions(parsed("--method", "full", "--layers", "top:0"), (key) => `--${key}`)).toThrow(
    '--layers cannot be ["top:0"]: it must be numbers of layers, from 0, or top:N for the last N, or top:half, or top:auto',
  );
  expect(() => resolveOptions(parsed("--method", "probe", "--layers", "1"))).toThrow(
    'layers is an option of "full", "lora", "bitfit" and "ia3"',
  );
});

test("what is not given stays to the defaults", () => {
  expect(Object.keys(parsed("--method", "prefix"))).toEqual(["model", "data", "out", "method"]);
});

test.each([
  [["--rank-pattern", "query"], "rankPattern"],
  [["--train-head", "perhaps"], "trainHead"],
  [["--layers", "one"], "layers"],
])("%j is shown as it was given", (args, key) => {
  const typed = args[1]!;
  expect(() => resolveOptions(parsed("--method", "lora", ...args))).toThrow(`${key} cannot be`);
  expect(() => resolveOptions(parsed("--method", "lora", ...args))).toThrow(typed);
});
