import { expect, test } from "vitest";
import { folderOf, loadOptions } from "../../../src/cli/load-flags.ts";
import { inputError } from "../tables/scratch.ts";

test("a model is named first or by --model, and the rest are texts", async () => {
  expect(folderOf(["run", "a text"], {})).toEqual(["run", "a text"]);
  expect(folderOf(["a text", "another"], { model: "base", adapter: "lora" })).toEqual(["base", "a text", "another"]);
  expect(folderOf([undefined], { model: "base" })).toEqual(["base"]);
  expect(await inputError(() => folderOf([undefined], {}))).toContain("which model?");
});

test("labels are a list", () => {
  expect(loadOptions({ adapter: "lora", labels: "sad,happy" })).toEqual({ adapter: "lora", labels: ["sad", "happy"] });
});
