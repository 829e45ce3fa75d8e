import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SplitName } from "../../../src/tables/dataset.ts";
import { type DatasetOptions, loadDataset, loadSplit } from "../../../src/tables/load-dataset.ts";
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

describe("columns of a run", () => {
  const read = async (columns: readonly string[], options: Partial<DatasetOptions> = {}) => {
    const content = [columns.join(","), ...["one", "two"].map((n) => columns.map((c) => `${c} ${n}`).join(","))];
    const { examples, reading } = await loadSplit({
      path: file("a.csv", content.join("\n")),
      labels: columns.flatMap((column) => [`${column} one`, `${column} two`]),
      seed: 1,
      usual: { texts: ["tweet"], labels: ["mood"], id: "key" },
      ...options,
    });
    return { first: examples.at(0), reading };
  };

  test("are taken where they are there, whatever their names promise", async () => {
    const { first, reading } = await read(["text", "label", "tweet", "mood", "key", "id"]);
    expect(first).toMatchObject({ id: "key one", text: "tweet one" });
    expect(reading).toBe('comma-separated, text from "tweet", label from "mood", ids from "key"');
  });

  test("give way to what is asked for", async () => {
    const { first, reading } = await read(["text", "label", "tweet", "mood"], { text: "text", label: "tweet" });
    expect(first).toMatchObject({ id: "row-0", text: "text one" });
    expect(reading).toBe('comma-separated, text from "text", label from "tweet"');
    expect((await read(["text", "label", "tweet", "mood"], { label: "tweet" })).reading).toBe(
      'comma-separated, text from "text" (the run had "tweet"), label from "tweet"',
    );
  });

  test("are looked for where they are not there, each by itself, and that is said", async () => {
    expect((await read(["text", "label", "mood", "id"])).reading).toBe(
      'comma-separated, text from "text" (the run had "tweet"), label from "mood", ids from "id"',
    );
    const usual = { texts: ["premise", "text"], labels: ["mood"] };
    expect((await read(["text", "label"], { usual })).reading).toBe(
      'comma-separated, text from "text" (the run had "premise" and "text"), label from "label" (the run had "mood")',
    );
  });

  test("are a pair, several labels and groups, too", async () => {
    const usual = { texts: ["b", "a"], labels: ["odd", "kind"], group: "user" };
    const path = file("a.csv", "a,b,kind,odd,user\nx,y,1,0,u\nz,w,1,1,v");
    const labels = ["kind", "odd"];
    const { examples, reading } = await loadSplit({ path, labels, seed: 1, usual, multiLabel: true });
    expect([...examples]).toMatchObject([
      { text: "y", pair: "x", labels: [0] },
      { text: "w", pair: "z", labels: [0, 1] },
    ]);
    expect(reading).toContain('texts from "b" and "a", labels from "odd" and "kind", groups from "user"');
  });

  test("are what loading found", async () => {
    const rows = "text,label,mood,key\nx,1,a,k\ny,2,b,l";
    const path = folder({ "train.csv": rows, "validation.csv": rows, "test.csv": rows });
    const { columns } = await loadDataset({ path, seed: 1, label: "mood", id: "key", sharedTexts: "keep" });
    expect(columns).toEqual({ texts: ["text"], labels: ["mood"], id: "key" });
  });
});
