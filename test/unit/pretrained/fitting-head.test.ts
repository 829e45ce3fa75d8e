import { join } from "node:path";
import { expect, test } from "vitest";
import { POOLING_FILE } from "../../../src/hub/pooling-file.ts";
import { fittingHead } from "../../../src/pretrained/fitting-head.ts";
import { writeSafetensors } from "../../../src/weights/safetensors.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();

/** A folder with these tensors, whose values do not matter, and files besides. */
function folderOf(names: readonly string[], config: object = {}, files: Readonly<Record<string, object>> = {}): string {
  const all = { "config.json": { model_type: "bert", ...config }, ...files };
  const written = Object.entries(all).map(([path, value]) => [path, JSON.stringify(value)]);
  const folder = scratch.folder(Object.fromEntries(written));
  const data = new Float32Array(1);
  writeSafetensors(
    join(folder, "model.safetensors"),
    names.map((name) => ({ name, shape: [1], data })),
  );
  return folder;
}

const WORDS = "bert.embeddings.word_embeddings.weight";
const POOLER = "bert.pooler.dense.weight";

test.each([
  [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, "cls"],
  [{ pooling_mode_cls_token: false, pooling_mode_mean_tokens: true }, "mean"],
  [{ pooling_mode_max_tokens: true }, "max"],
  [{ pooling_mode_weightedmean_tokens: true }, "mean"],
  [{ pooling_mode: "cls" }, "cls"],
])("sentence-transformers' %j is the head %s, whatever else the file has", async (pooling, head) => {
  const folder = folderOf([WORDS, POOLER, "cls.seq_relationship.weight"], {}, { [POOLING_FILE]: pooling });
  expect(await fittingHead(folder, ["a", "b"])).toMatchObject({ head, isTrained: false });
});

test.each([
  ["without a pooler", [WORDS], "mean"],
  ["with a pooler of which nothing says that it was trained", [WORDS, POOLER], "mean"],
  ["with BERT's next-sentence layer on the pooler", [WORDS, POOLER, "cls.seq_relationship.weight"], "pooler"],
  ["with ALBERT's order layer", [WORDS, "albert.pooler.weight", "sop_classifier.classifier.weight"], "pooler"],
])("a model %s", async (_, names, head) => {
  expect(await fittingHead(folderOf(names), ["a", "b"])).toMatchObject({ head, isTrained: false });
});

test("a classifier keeps its head, and for its own labels itself", async () => {
  const id2label = { 0: "b", 1: "a" };
  const own = folderOf([WORDS, POOLER, "classifier.weight"], { id2label });
  expect(await fittingHead(own, ["a", "b"])).toMatchObject({ head: "pooler", isTrained: true });
  expect(await fittingHead(own, ["a", "c"])).toMatchObject({ head: "pooler", isTrained: false });
  const other = folderOf([WORDS, "classifier.weight"], { id2label, attune_head: { head: "max+mlp" } });
  expect(await fittingHead(other, ["a", "b"])).toMatchObject({ head: "max+mlp", isTrained: true });
});
