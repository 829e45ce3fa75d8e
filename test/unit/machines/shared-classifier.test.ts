/** A classifier in a store: another machine, which has neither its run nor the model below, predicts the same with it. */
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { fetchClassifier, shareClassifier } from "../../../src/machines/shared-classifier.ts";
import { train } from "../../../src/run/train.ts";
import { FolderStore } from "../../../src/store/folder-store.ts";
import { tinyData, tinyModel } from "../../tiny.ts";

const root = mkdtempSync(join(tmpdir(), "attune-classifier-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string) => join(root, name);
const TEXTS = ["a good cat", "a bad dog"];

/** Logits of a classifier, in this thread. */
async function logitsOf(folder: string, options: object): Promise<(readonly number[])[]> {
  const classifier = await load(folder, { ...options, threads: 1, worker: false });
  const predictions = await classifier.predict(TEXTS);
  await classifier.dispose();
  return predictions.map(({ logits }) => logits);
}

beforeAll(async () => {
  tinyModel(at("model"));
  tinyData(at("data"), { rows: 12 });
  const shared = { model: at("model"), data: at("data"), epochs: 1, threads: 1 } as const;
  await train({ ...shared, out: at("lora"), method: "lora", rank: 2, learningRate: 0.01 });
  await train({ ...shared, out: at("full"), method: "full" });
});

test.each([
  ["the adapter of a run with its base", { folder: at("lora") }],
  ["a run that has its model", { folder: at("full") }],
  ["a model with an adapter beside it", { folder: at("model"), adapter: at("lora") }],
])("%s", async (name, given) => {
  const { folder, ...options } = given;
  const expected = await logitsOf(folder, options);
  const store = new FolderStore(at(`store of ${name}`));
  const asked = { load: { bits: "same" }, reading: { text: "text" }, top: 2 } as const;
  const { id, bytes } = await shareClassifier(store, given, asked);
  expect(await shareClassifier(store, given, asked)).toEqual({ id, bytes });
  expect(bytes).toBeGreaterThan(10_000);

  const moved = ["model", "lora", "full"].map((part) => [at(part), at(`${part}-gone`)] as const);
  for (const [from, to] of moved) renameSync(from, to);
  try {
    const { load: loading, folder: copy, ...rest } = await fetchClassifier(store, id, at("cache"));
    expect(rest).toEqual({ reading: { text: "text" }, top: 2 });
    expect(await logitsOf(copy, loading)).toEqual(expected);
  } finally {
    for (const [from, to] of moved) renameSync(to, from);
  }
});

test("one that is gone from the store is an error that says what to do", async () => {
  const store = new FolderStore(at("empty"));
  await expect(fetchClassifier(store, "0123", at("cache"))).rejects.toThrow(
    "predictions/0123.json: it is not there any more; begin again with attune predict",
  );
});
