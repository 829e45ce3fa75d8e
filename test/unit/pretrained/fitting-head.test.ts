import { expect, test } from "vitest";
import { POOLING_FILE } from "../../../src/hub/pooling-file.ts";
import { fittingHead } from "../../../src/pretrained/fitting-head.ts";
import { modelConfig } from "../../../src/pretrained/model-config.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();

/** What is asked for a model with these tensors, this config and these files besides. */
function headFor(
  tensorNames: readonly string[],
  labels: readonly string[],
  config: object = {},
  files: Readonly<Record<string, object>> = {},
) {
  const written = Object.entries(files).map(([path, value]) => [path, JSON.stringify(value)]);
  const folder = scratch.folder(Object.fromEntries(written));
  return fittingHead({ config: modelConfig.parse({ model_type: "bert", ...config }), tensorNames }, folder, labels);
}

const WORDS = "bert.embeddings.word_embeddings.weight";
const POOLER = "bert.pooler.dense.weight";

test.each([
  [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, "cls"],
  [{ pooling_mode_cls_token: false, pooling_mode_mean_tokens: true }, "mean"],
  [{ pooling_mode_max_tokens: true }, "max"],
  [{ pooling_mode_weightedmean_tokens: true }, "mean"],
  [{ pooling_mode: "cls" }, "cls"],
])("sentence-transformers' %j is the head %s, whatever else the file has", (pooling, head) => {
  const found = headFor([WORDS, POOLER, "cls.seq_relationship.weight"], ["a", "b"], {}, { [POOLING_FILE]: pooling });
  expect(found).toMatchObject({ head, isTrained: false });
});

test.each([
  ["without a pooler", [WORDS], "mean"],
  ["with a pooler of which nothing says that it was trained", [WORDS, POOLER], "mean"],
  ["with BERT's next-sentence layer on the pooler", [WORDS, POOLER, "cls.seq_relationship.weight"], "pooler"],
  ["with ALBERT's order layer", [WORDS, "albert.pooler.weight", "sop_classifier.classifier.weight"], "pooler"],
])("a model %s", (_, names, head) => {
  expect(headFor(names, ["a", "b"])).toMatchObject({ head, isTrained: false });
});

test("a classifier keeps its head, and for its own labels itself", () => {
  const id2label = { 0: "b", 1: "a" };
  const own = [WORDS, POOLER, "classifier.weight"];
  expect(headFor(own, ["a", "b"], { id2label })).toMatchObject({ head: "pooler", isTrained: true });
  expect(headFor(own, ["a", "c"], { id2label })).toMatchObject({ head: "pooler", isTrained: false });
  const other = { id2label, attune_head: { head: "max+mlp" } };
  expect(headFor([WORDS, "classifier.weight"], ["a", "b"], other)).toMatchObject({ head: "max+mlp", isTrained: true });
});
