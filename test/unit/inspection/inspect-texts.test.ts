/** `inspect`: what it finds, with a model and without, and what it refuses. */
import { expect, test } from "vitest";
import { inspect, inspectDataset } from "../../../src/inspection/inspect-texts.ts";
import { limitTrain } from "../../../src/tables/limit-train.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const { folder, file } = scratchFolder();
const model = tinyModel(folder({}));
const rows = ["a good cat", "a bad dog", "good", "bad"].map((text, i) => `${text},${i % 2 === 0 ? "yes" : "no"}`);
const data = folder(
  Object.fromEntries(["train", "validation", "test"].map((s) => [`${s}.csv`, ["text,label", ...rows].join("\n")])),
);

test("words and baselines without a model, tokens with one", async () => {
  const found = await inspect({ data, sharedTexts: "keep" });
  expect(found).toMatchObject({
    reading: 'comma-separated, text from "text", label from "label"',
    notes: [],
    labels: ["no", "yes"],
    multiLabel: false,
    sentencePairs: false,
    texts: { train: 4, validation: 4, test: 4 },
    counts: { train: [2, 2] },
    words: { median: 1, p95: 3, longest: 3 },
    duplicates: { trainTest: 4 },
    majorityAccuracy: 0.5,
    // One-letter words do not count.
    bagOfWords: { accuracy: 1, f1: 1, words: 4, trainedOn: 4 },
  });
  for (const name of ["tokens", "cutShare", "maxLength"]) expect(found).not.toHaveProperty(name);

  const counted = await inspect({ data, sharedTexts: "keep", model, maxLength: 4 });
  expect(counted).toEqual({ ...found, tokens: { median: 3, p95: 5, longest: 5 }, cutShare: 0.5, maxLength: 4 });
});

test("one label has no baseline to learn", async () => {
  const path = file("a.csv", ["text,label", ...Array.from({ length: 20 }, (_, i) => `text ${i},a`)].join("\n"));
  expect(await inspect({ data: path })).not.toHaveProperty("bagOfWords");
});

test("the baseline learns from the texts that a limit leaves", async () => {
  const dataset = await loadDataset({ path: data, seed: 1, sharedTexts: "keep" });
  expect(inspectDataset(limitTrain(dataset, "first:2", 1)).bagOfWords).toMatchObject({ words: 4, trainedOn: 2 });
  expect(inspectDataset(limitTrain(dataset, "first:1", 1)).bagOfWords).toMatchObject({ words: 2, trainedOn: 1 });
});

test("of many texts, those that are chosen are spread over all", async () => {
  const { splits } = await loadDataset({ path: data, seed: 1, sharedTexts: "keep" });
  expect(splits.train.spread(2).map(({ id }) => id)).toEqual([splits.train.at(0).id, splits.train.at(2).id]);
  expect(splits.train.spread(3).map(({ id }) => id)).toEqual([0, 1, 2].map((i) => splits.train.at(i).id));
  expect(splits.train.spread(4)).toBe(splits.train);
});

test("what is about a model needs one", async () => {
  expect(await inputError(() => inspect({ data, maxLength: 5 }))).toBe(
    "--max-length is about a model, and none is given; name one with --model",
  );
  expect(await inputError(() => inspect({ data, revision: "main" }))).toMatch(/^--revision is about a model/);
});
