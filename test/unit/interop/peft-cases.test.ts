/** More adapters that PEFT wrote (make_peft_cases.py): the same logits, or refused by name. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { load } from "../../../src/run/classifier.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures, inputError } from "../data/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-peft-cases-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model } = tinyFolder(root);
const cases = join(fixtures, "peft-cases");
const expected: { texts: string[]; logits: Record<string, number[][]> } = JSON.parse(
  readFileSync(join(cases, "expected.json"), "utf8"),
);
const read = Object.keys(expected.logits);

test.each(read)("%s gives PEFT's logits", async (name) => {
  const classifier = await load(model, { adapter: join(cases, name), threads: 1 });
  const found = await classifier.predict(expected.texts);
  await classifier.dispose();
  for (const [i, { logits }] of found.entries())
    for (const [k, logit] of logits.entries())
      expect(Math.abs(logit - expected.logits[name]![i]![k]!)).toBeLessThan(1e-5);
});

const reasons: Readonly<Record<string, string>> = {
  dora: "use_dora is not supported",
  embeddings: "no place for base_model.model.bert.embeddings.word_embeddings.lora_embedding_A",
  ia3: 'peft_type "IA3"',
  "lora-bias-in-b": "lora_bias is not supported",
  "norms-saved": '"LayerNorm" in modules_to_save is not supported',
  pissa: 'init_lora_weights "pissa", which changes the base model, is not supported',
  "token-classification": 'task_type "TOKEN_CLS" is not supported',
  "token-indices": "trainable_token_indices is not supported",
};

test("every case is read or refused", () => {
  const folders = readdirSync(cases).filter((name) => name !== "expected.json");
  expect(folders.sort()).toEqual([...read, ...Object.keys(reasons)].sort());
});

test.each(Object.entries(reasons))("%s is refused", async (name, reason) => {
  expect(await inputError(() => load(model, { adapter: join(cases, name) }))).toContain(reason);
});
