/**
 * Every encoder family, trained by every method: exported, opened again, and in transformers.js. With a Python named by
 * ATTUNE_PYTHON, in Transformers and PEFT too, where PEFT has the method for the family; that is skipped without it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, pipeline } from "@huggingface/transformers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { methodNames, methodOf } from "../../../src/methods/registry.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { encoderFamilies, familyFolder } from "../../family-folder.ts";
import { fixtures } from "../tables/scratch.ts";

env.allowRemoteModels = false;
const root = mkdtempSync(join(tmpdir(), "attune-families-"));
afterAll(() => rmSync(root, { recursive: true }));
const PRECISION = 1e-5;
const TEXTS = ["the good cat", "a bad dog is running very unhappy", "was happy", "the the the dog is a very good cat"];

const python = process.env.ATTUNE_PYTHON;
const texts = join(root, "texts.json");
writeFileSync(texts, JSON.stringify(TEXTS));

/** What a script under test/fixtures prints of each folder. */
const inPython = (script: string, ...args: readonly string[]) =>
  JSON.parse(execFileSync(python!, [join(fixtures, script), ...args], { encoding: "utf8" }));

const logitsByMethod: Record<string, number[][]> = {};

async function logitsOf(folder: string): Promise<number[][]> {
  const classifier = await load(folder, { threads: 1 });
  const found = await classifier.predict(TEXTS);
  await classifier.dispose();
  return found.map(({ logits }) => [...logits]);
}

function expectClose(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  for (const [i, row] of expected.entries())
    for (const [k, value] of row.entries()) expect(Math.abs(actual[i]![k]! - value)).toBeLessThan(PRECISION);
}

describe.each(encoderFamilies)("%s", (family) => {
  const { model, data } = familyFolder(join(root, family), family);

  describe.each(methodNames)("%s", (method) => {
    const run = join(root, `${family}-${method}`);
    const form = methodOf(method).peft;
    const isVirtual = ["prompt", "prefix"].includes(method);
    let logits: number[][];
    beforeAll(async () => {
      const training = method === "none" ? {} : { epochs: 1, batchSize: 16, learningRate: 1e-2 };
      const virtual = isVirtual ? { virtualTokens: 3, semantics: "peft" } : {};
      for await (const _ of train({
        model,
        data,
        out: run,
        method,
        head: "pooler",
        threads: 1,
        ...training,
        ...virtual,
      } as TrainOptions));
      logits = await logitsOf(run);
      logitsByMethod[`${family}-${method}`] = logits;
    });

    test("in transformers.js", async () => {
      const out = `${run}-onnx`;
      const int8 = method === "full";
      await exportRun(run, { format: "onnx", out, int8 });
      for (const [dtype, precision] of [["fp32", PRECISION] as const, ...(int8 ? [["q8", 0.1] as const] : [])]) {
        const classifier = await pipeline("text-classification", out, { dtype });
        const found = (await classifier(TEXTS, { top_k: null } as never)) as unknown as {
          label: string;
          score: number;
        }[][];
        await classifier.dispose();
        for (const [i, scores] of found.entries()) {
          const powers = logits[i]!.map(Math.exp);
          const shares = powers.map((power) => power / powers.reduce((a, b) => a + b, 0)).sort((a, b) => b - a);
          for (const [k, { score }] of scores.entries())
            expect(Math.abs(score - shares[k]!), dtype).toBeLessThan(precision);
        }
      }
    });

    if (form)
      test("as a PEFT adapter", async () => {
        const out = `${run}-peft`;
        const exported = exportRun(run, { format: "peft", out });
        if (method === "prefix" && !["roberta", "electra"].includes(family))
          return expect(exported).rejects.toThrow(`PEFT has no prefixes for models of the type ${family}`);
        await exported;
        expect(JSON.parse(readFileSync(join(out, "adapter_config.json"), "utf8")).peft_type).toBe(form!.type);
        const classifier = await load(model, { adapter: out, threads: 1 });
        const found = await classifier.predict(TEXTS);
        await classifier.dispose();
        expectClose(
          found.map((prediction) => [...prediction.logits]),
          logits,
        );
      });

    if (!isVirtual)
      test("as a folder of Transformers", async () => {
        await exportRun(run, { format: "transformers", out: `${run}-whole` });
        expectClose(await logitsOf(`${run}-whole`), logits);
      });
  });

  describe.skipIf(!python)("in Python", () => {
    // PEFT has no prefixes for most families, and its prompts are as wide as the model's layers.
    const adapters = methodNames.filter((method) => methodOf(method).peft && method !== "prefix");
    test("PEFT opens the adapters", () => {
      const folders = adapters.map((method) => join(root, `${family}-${method}-peft`));
      const found: { logits: number[][] }[] = inPython("check_peft.py", model, texts, "2", ...folders);
      for (const [i, { logits }] of found.entries()) expectClose(logits, logitsByMethod[`${family}-${adapters[i]}`]!);
    });

    // The one that the recipe takes where a file has no pooler, and one with all that a head can have.
    test.each(["mean", "attention+mlp"] as const)(
      "Transformers opens the head %s, with the code in the folder",
      async (head) => {
        const [run, out] = [join(root, `${family}-${head}`), join(root, `${family}-${head}-whole`)];
        await train({ model, data, out: run, method: "lora", head, threads: 1, epochs: 1, learningRate: 1e-2 });
        await exportRun(run, { format: "transformers", out });
        expectClose(inPython("check_transformers.py", out, texts).logits, await logitsOf(run));
        expectClose(await logitsOf(out), await logitsOf(run));
      },
    );

    test("Transformers opens the whole", () => {
      const { logits } = inPython("check_transformers.py", join(root, `${family}-full-whole`), texts);
      expectClose(logits, logitsByMethod[`${family}-full`]!);
    });
  });
});
