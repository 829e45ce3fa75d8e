/** The families that are listed are those that open, each under its name in Transformers; docs/models.md has the same. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { moduleOf, targetSites } from "../../../src/methods/targets.ts";
import { insteadOf, refused } from "../../../src/models/instead.ts";
import { models } from "../../../src/models/list-models.ts";
import { buildEncoder } from "../../../src/models/registry.ts";

test("each family opens by its type with Transformers' defaults", () => {
  expect(models().map(({ type }) => type)).toContain("roberta");
  for (const { type, architecture } of models())
    expect(buildEncoder({ model_type: type }, 3, "config.json").architecture).toBe(architecture);
});

test("token types are as Transformers has them", () => {
  const typed = models().filter(({ tokenTypes }) => tokenTypes);
  expect(typed.map(({ type }) => type)).toEqual(["bert", "electra", "albert"]);
});

/** The cells of the rows of a page's tables. */
const rows = readFileSync("docs/models.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.slice(2, -2).split(" | "));

test("the page has each family, with what is true of it", () => {
  const expected = models().map(({ type, architecture, tokenTypes }) => {
    const sites = targetSites(buildEncoder({ model_type: type }, 2, "config.json"), { targets: ["query", "value"] });
    const names = [...new Set(sites.map((site) => moduleOf(site).replace(/^.*\./, "")))];
    const adapted = names.map((name) => `\`${name}\``).join(", ");
    return [`\`${type}\``, architecture, tokenTypes ? "token types" : "separators", adapted];
  });
  const found = rows.filter((row) => row.length > 2).map((row) => row.filter((_, column) => column !== 2));
  expect(found).toEqual(expected);
});

test("the page has what is refused, with what to take instead", () => {
  const expected = refused.map(([types, instead]) => [types.map((type) => `\`${type}\``).join(", "), instead]);
  expect(rows.filter((row) => row.length === 2)).toEqual(expected);
  expect(models().filter(({ type }) => insteadOf(type) !== undefined)).toEqual([]);
});
