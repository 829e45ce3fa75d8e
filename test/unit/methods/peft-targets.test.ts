/** Regular expressions of adapters of others: those that could take ages are refused, those that PEFT's users write are not. */
import { expect, test } from "vitest";
import { wholeNames } from "../../../src/methods/peft-targets.ts";
import { inputError } from "../tables/scratch.ts";

test.each([
  [".*\\.(query|value)", "bert.encoder.layer.11.attention.self.query"],
  [
    "(.*\\.)?layer\\.[0-9]+\\.attention\\.(self|output)\\.(query|key|dense)",
    "bert.encoder.layer.3.attention.output.dense",
  ],
  [".*encoder.*layer\\.\\d{1,2}.*(query|key)", "bert.encoder.layer.3.attention.self.key"],
  ["[\\w.*+]+\\.dense", "bert.encoder.layer.3.output.dense"],
])("%s finds %s", (expression, name) => {
  expect(wholeNames(expression).test(name)).toBe(true);
  expect(wholeNames(expression).test(`${name}.none`)).toBe(false);
});

test.each([
  ["(.*a)*x", /repeats a group, which may take ages to try; write it without/],
  [".*.*.*.*.*x", /repeats 5 parts, which may take ages to try/],
  [".+.{1,}\\w*[a-z]+.*x", /repeats 5 parts/],
  ["a?b?c?d?e?", /repeats 5 parts/],
])("%s is refused", async (expression, message) => {
  expect(await inputError(() => wholeNames(expression))).toMatch(message);
});

test("what is not refused is over at once, whatever the name", () => {
  const started = performance.now();
  expect(wholeNames(".*.*.*.*x").test("bert.encoder.layer.11.attention.output.LayerNorm.weight".repeat(2))).toBe(false);
  expect(performance.now() - started).toBeLessThan(5000);
});
