import { join } from "node:path";
import { expect, test } from "vitest";
import type { SplitName } from "../../../src/data/dataset.ts";
import { loadDataset, loadSplit } from "../../../src/data/load-dataset.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file, folder } = scratchFolder();
const ROWS = ["text,label", ...Array.from({ length: 40 }, (_, i) => `text ${i},${"xy"[i % 2]}`)].join("\n");
const VALIDATION = "text,label\none,a\ntwo,b";
const TEST = "text,label\nthree,a\nfour,a";

/** Examples and notes. */
const split = async (path: string, labels: readonly string[], name?: SplitName) => {
  const { examples, notes } = await loadSplit({ path, labels, seed: 1, ...(name && { split: name }) });
  return { examples: [...examples], notes };
};

test("a file: all rows, with the model's labels in the model's order", async () => {
  const { examples, notes } = await split(file("a.csv", "text,label\nhi,b\n,a"), ["b", "c", "a"]);
  expect(examples).toEqual([
    { id: "row-0", text: "hi", label: 0 },
    { id: "row-1", text: "", label: 2 },
  ]);
  expect(notes).toEqual(["1 text is empty; it is used as it is."]);
});

test("a file and a split: the split that training makes", async () => {
  const path = file("a.csv", ROWS);
  const { splits, notes } = await loadDataset({ path, seed: 1 });
  for (const name of ["train", "validation", "test"] as const)
    expect(await split(path, ["x", "y"], name)).toEqual({ examples: [...splits[name]], notes });
});

test("a folder: its test split, even if there is nothing else", async () => {
  expect((await split(folder({ "test.csv": TEST }), ["a", "b"])).examples).toHaveLength(2);
  const both = folder({ "test.csv": TEST, "dev.csv": VALIDATION });
  expect((await split(both, ["a", "b"], "validation")).examples[0]?.id).toBe("validation-0");
});

test("a folder without it: the one that training makes", async () => {
  const path = folder({ "train.csv": ROWS });
  const { splits, notes } = await loadDataset({ path, seed: 1 });
  expect(await split(path, ["x", "y"])).toEqual({ examples: [...splits.test], notes });
  expect(await split(path, ["x", "y"], "train")).toEqual({ examples: [...splits.train], notes });
});

test("integers with class names are matched to the model's labels by name", async () => {
  const { examples } = await split(join(fixtures, "parquet/hub"), ["cooking", "weather", "sports"]);
  expect(examples.map(({ label }) => label)).toEqual([1, 2, 0]);
});

test("a label that the model does not know", async () => {
  const path = file("a.csv", "text,label\nhi,b\nho,z");
  expect(await inputError(() => split(path, ["b"]))).toBe(
    `${path}, line 3: the label "z": the model was not trained on such a label; correct it, or leave the row out`,
  );
});
