/** The families that are listed are those that open, each under its name in Transformers. */
import { expect, test } from "vitest";
import { models } from "../../../src/models/list-models.ts";
import { buildEncoder } from "../../../src/models/registry.ts";

test("each family opens by its type with Transformers' defaults", () => {
  expect(models().map(({ type }) => type)).toContain("roberta");
  for (const { type, architecture } of models())
    expect(buildEncoder({ model_type: type }, 3, "config.json").architecture).toBe(architecture);
});

test("token types and pre-training are as Transformers and Attune have them", () => {
  const typed = models().filter(({ tokenTypes }) => tokenTypes);
  expect(typed.map(({ type }) => type)).toEqual(["bert", "electra", "albert"]);
  expect(models().filter(({ pretrain }) => !pretrain)).toEqual([]);
});
