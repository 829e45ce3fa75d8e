/** The types of options say of every field what the schemas say, and cannot come apart from them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { optionTypes } from "../../scripts/build-option-types.ts";
import type { OptionsByMethod } from "../../src/methods/method-options.generated.ts";
import { builtInMethods, type MethodName, type OptionsOf } from "../../src/methods/registry.ts";
import type { PretrainOptions } from "../../src/pretrain/pretrain-options.generated.ts";
import { pretrainOptions } from "../../src/pretrain/pretrain-options.ts";
import type { SharedOptions } from "../../src/run/shared-options.generated.ts";
import { trainOptions } from "../../src/run/train-options.ts";
import type { DataOptions } from "../../src/tables/data-options.generated.ts";
import type { dataOptions } from "../../src/tables/table-options.ts";

const files = optionTypes();

test.each(Object.keys(files))("%s is up to date (npm run options)", (path) => {
  expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(files[path]);
});

// Checked by the compiler: each accepts what the other does.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const same: readonly true[] = [
  true satisfies Same<z.input<typeof dataOptions>, DataOptions>,
  true satisfies Same<z.input<typeof pretrainOptions>, PretrainOptions>,
  // A program may give texts instead of a path.
  true satisfies Same<Omit<z.input<typeof trainOptions>, "method" | "data">, Omit<SharedOptions, "data">>,
  true satisfies {
    [Name in MethodName]: Same<OptionsOf<(typeof builtInMethods)[Name]["options"]>, OptionsByMethod[Name]>;
  }[MethodName],
];

describe("a comment on every field", () => {
  const text = Object.values(files).join("\n");
  const fields = [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}readonly (\w+)\??:/g)];
  const commentOf = (key: string) =>
    fields.find(([, , name]) => name === key)?.[1]?.replace(/\s*\n \* ?\s*/g, " ") ?? "";

  test("of train, pretrain and methods", () => {
    const own = Object.values(builtInMethods).flatMap(({ options }) => Object.keys(options.shape));
    const keys = [...Object.keys(trainOptions.shape), ...Object.keys(pretrainOptions.shape), ...own];
    const named = new Set(fields.map(([, , name]) => name));
    expect([...new Set(keys)].filter((key) => key !== "method" && !named.has(key))).toEqual([]);
    expect(fields.filter(([, comment]) => comment!.trim().length < 20)).toEqual([]);
    expect(same).not.toContain(false);
  });

  test("with unit, bounds and default", () => {
    expect(commentOf("headDropout")).toContain(
      "A number, at least 0 and less than 1. @default as in the model's config.json",
    );
    expect(commentOf("checkpointMinutes")).toContain(
      "Minutes between checkpoints within an epoch. A number, more than 0. @default 10",
    );
    expect(commentOf("learningRate")).toContain("@default by the recipe; with own 0.00005");
    expect(commentOf("threads")).toContain("@default all that the machine has");
    expect(commentOf("semantics")).toContain('@default "attune"');
    expect(commentOf("alpha")).toContain("@default 16; with the recipe tuned 8");
    expect(commentOf("label")).toContain("with `multiLabel` also one column per label");
  });
});
