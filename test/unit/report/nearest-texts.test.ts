import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Comparison } from "../../../src/comparison/comparison.ts";
import { findNearest, type NearestTexts, readNearest, writeNearest } from "../../../src/report/nearest-texts.ts";
import { openTexts } from "../../../src/run/prepare-run.ts";
import { resolveOptions } from "../../../src/run/train-options.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const place = folder({});
const data = join(place, "data");
let comparison: Comparison;
let found: NearestTexts;

/** A run on data in which a test text stands in train, too, with another label. */
beforeAll(async () => {
  const model = tinyModel(join(place, "model"));
  tinyData(data);
  writeFileSync(
    join(data, "test.csv"),
    "text,label\nthe same good cat,positive\na bad dog,negative\nvery happy,positive\n",
  );
  appendFileSync(join(data, "train.csv"), "the same good cat,negative\n");
  const options = resolveOptions({ model, data, out: "none", sharedTexts: "keep" });
  const { sha256, splits } = await openTexts(options);
  comparison = {
    settings: [{ runs: [{ facts: { options, dataSha256: sha256 } }] }],
    data: { sha256 },
    // The third got its label.
    wrongTexts: Array.from(splits.test, ({ id, text }) => ({ id, text, label: "", answers: {} })).slice(0, 2),
  } as unknown as Comparison;
  found = await findNearest(comparison);
});

test("of each wrong text three training texts are found, the nearest first", () => {
  expect(Object.keys(found.texts)).toEqual(comparison.wrongTexts.map(({ id }) => id));
  for (const near of Object.values(found.texts)) {
    expect(near).toHaveLength(3);
    for (const { id } of near) expect(id).toMatch(/^train-/);
    const similarities = near.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
  }
});

test("a text that stands in train, too, is its own nearest, with the label that it has there", () => {
  const [first] = found.texts[comparison.wrongTexts[0]!.id]!;
  expect(first).toMatchObject({ text: "the same good cat", label: "negative", similarity: 1 });
});

test("a later report has them, but not one of other data", () => {
  const out = join(place, "report");
  mkdirSync(out);
  expect(readNearest(out, comparison)).toBeUndefined();
  writeNearest(out, found);
  expect(readNearest(out, comparison)).toEqual(found);
  expect(readNearest(out, { ...comparison, data: { ...comparison.data, sha256: "other" } })).toBeUndefined();
  writeFileSync(join(out, "nearest.json"), '{ "dataSha256": 1 }');
  expect(() => readNearest(out, comparison)).toThrow(/nearest\.json/);
});

test("data that changed are refused", async () => {
  appendFileSync(join(data, "train.csv"), "one more dog,negative\n");
  await expect(findNearest(comparison)).rejects.toThrow(/the data changed since these runs; leave out --nearest/);
});
