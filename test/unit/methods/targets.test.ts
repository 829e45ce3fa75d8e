/** Which linear layers the targets of a method mean, against what PEFT takes (make_all_linear.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { moduleOf, targetSites } from "../../../src/methods/targets.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { fixtures } from "../tables/scratch.ts";

const kinds: Readonly<Record<string, { readonly config: object; readonly modules: readonly string[] }>> = JSON.parse(
  readFileSync(join(fixtures, "all-linear.json"), "utf8"),
);

const families = Object.entries(kinds).map(([kind, { config, modules }]) => ({
  kind,
  modules,
  encoder: buildEncoder(config, 2, "config.json"),
}));

test.each(families)("all-linear of $kind is what PEFT takes", ({ encoder, modules }) => {
  expect(
    targetSites(encoder, { targets: ["all-linear"] })
      .map(moduleOf)
      .sort(),
  ).toEqual(modules);
});

test("an end of a name is that of whole parts, and a role is one of both layers that end alike", () => {
  const { encoder } = families.find(({ kind }) => kind === "bert")!;
  const names = (...targets: string[]) => targetSites(encoder, { targets, layers: [1] }).map(moduleOf);
  expect(names("output.dense")).toEqual(
    ["attention.output.dense", "output.dense"].map((end) => `bert.encoder.layer.1.${end}`),
  );
  expect(names("output")).toEqual(["bert.encoder.layer.1.output.dense"]);
  expect(() => names("put.dense")).toThrow('no linear layer of this model is called "put.dense"');
});
