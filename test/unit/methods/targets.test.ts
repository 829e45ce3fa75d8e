/** Which linear layers the targets of a method mean, against what PEFT takes (make_all_linear.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { moduleOf, targetSites } from "../../../src/methods/targets.ts";
import type { Encoder } from "../../../src/models/encoder.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { fixtures } from "../tables/scratch.ts";

const kinds: Readonly<Record<string, { readonly config: object; readonly modules: readonly string[] }>> = JSON.parse(
  readFileSync(join(fixtures, "all-linear.json"), "utf8"),
);

/** Undefined for an encoder that Attune does not have yet. */
function encoderOf(config: object): Encoder | undefined {
  try {
    return buildEncoder(config, 2, "config.json");
  } catch (error) {
    if (error instanceof AttuneError && error.code === "model/architecture") return undefined;
    throw error;
  }
}

const known = Object.entries(kinds).flatMap(([kind, { config, modules }]) => {
  const encoder = encoderOf(config);
  return encoder ? [{ kind, encoder, modules }] : [];
});

test("BERT is among them", () => {
  expect(known.map(({ kind }) => kind)).toContain("bert");
});

test.each(known)("all-linear of $kind is what PEFT takes", ({ encoder, modules }) => {
  expect(
    targetSites(encoder, { targets: ["all-linear"] })
      .map(moduleOf)
      .sort(),
  ).toEqual(modules);
});

test("an end of a name is that of whole parts, and a role is one of both layers that end alike", () => {
  const { encoder } = known[0]!;
  const names = (...targets: string[]) => targetSites(encoder, { targets, layers: [1] }).map(moduleOf);
  expect(names("output.dense")).toEqual(
    ["attention.output.dense", "output.dense"].map((end) => `bert.encoder.layer.1.${end}`),
  );
  expect(names("output")).toEqual(["bert.encoder.layer.1.output.dense"]);
  expect(() => names("put.dense")).toThrow('no linear layer of this model is called "put.dense"');
});
