/** Which method with which head can be written in which format, and what is said where it cannot. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type MethodName, methodNames } from "../../../src/methods/registry.ts";
import { load } from "../../../src/run/classifier.ts";
import { type ExportFormat, exportFormats, exportRun } from "../../../src/run/export.ts";
import type { TrainOptions } from "../../../src/run/options.ts";
import { train } from "../../../src/run/train.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { inputError } from "../data/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-export-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);

interface Row {
  readonly method: MethodName;
  readonly options?: object;
  /** For each format: written, or the reason why not. */
  readonly formats: Readonly<Record<ExportFormat, true | string>>;
}

const noPeft = (method: string) => `PEFT has no method like ${method}`;
const noMerge = "what the method added cannot be merged into the model's weights";
const noHead = "BertModel has no head like mean on it";
const headed = { head: "mean" };

const rows: readonly Row[] = [
  { method: "none", formats: { peft: noPeft("none"), transformers: true } },
  { method: "full", formats: { peft: "the whole model was trained", transformers: true } },
  { method: "full", options: headed, formats: { peft: "the whole model was trained", transformers: noHead } },
  { method: "probe", formats: { peft: noPeft("probe"), transformers: true } },
  { method: "probe", options: headed, formats: { peft: noPeft("probe"), transformers: noHead } },
  { method: "bitfit", formats: { peft: noPeft("bitfit"), transformers: true } },
  { method: "lora", formats: { peft: true, transformers: true } },
  { method: "lora", options: { trainPooler: true, bias: "all" }, formats: { peft: true, transformers: true } },
  { method: "lora", options: headed, formats: { peft: "PEFT has no head like mean", transformers: noHead } },
  {
    method: "lora",
    options: { trainPooler: true, targets: ["pooler"] },
    formats: { peft: "its pooler was trained as a whole and has matrices besides", transformers: true },
  },
  { method: "prompt", formats: { peft: "PEFT pools the first virtual token", transformers: noMerge } },
  { method: "prompt", options: { semantics: "peft" }, formats: { peft: true, transformers: noMerge } },
  { method: "prefix", formats: { peft: true, transformers: noMerge } },
  { method: "prefix", options: { projection: true }, formats: { peft: true, transformers: noMerge } },
];

test("the table has every method", () => {
  expect([...new Set(rows.map(({ method }) => method))].sort()).toEqual([...methodNames].sort());
});

describe.each(rows)("$method $options", ({ method, options = {}, formats }) => {
  const name = `${method}${JSON.stringify(options).replace(/\W/g, "")}`;
  const run = join(root, name);

  test("is written, or refused by name", async () => {
    const small = { epochs: 1, batchSize: 16, learningRate: 1e-2, threads: 1 };
    for await (const _ of train({ model, data, out: run, method, ...small, ...options } as TrainOptions));
    const texts = ["the good cat is happy", "a very bad dog"];
    const expected = await (await load(run, { threads: 1 })).predict(texts);
    for (const format of exportFormats) {
      const out = join(root, `${name}-${format}`);
      const allowed = formats[format];
      if (allowed !== true) {
        expect(await inputError(() => exportRun(run, { format, out }))).toContain(allowed);
        continue;
      }
      await exportRun(run, { format, out });
      const labels = expected[0] && Object.keys(expected[0].probabilities);
      const loaded = format === "peft" ? { folder: model, adapter: out, labels: labels! } : { folder: out };
      const found = await (await load(loaded.folder, { threads: 1, ...loaded })).predict(texts);
      for (const [i, { logits, label }] of found.entries()) {
        expect(label).toBe(expected[i]!.label);
        for (const [k, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!.logits[k]!)).toBeLessThan(1e-5);
      }
      const card = readFileSync(join(out, "README.md"), "utf8");
      expect(card).toContain("num_labels=2");
      expect(card).not.toContain(root);
    }
  });
});

test("what is there already is left alone", async () => {
  expect(await inputError(() => exportRun(model, { format: "peft", out: root }))).toContain("this exists already");
});
