/** What `pretrain --from` writes, of each family, opens in Transformers. Needs a Python with it, named by ATTUNE_PYTHON; skipped without. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pretrain } from "../../../src/pretrain/pretrain.ts";
import { encoderFamilies, familyFolder } from "../../family-folder.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures, scratchFolder } from "../tables/scratch.ts";

const python = process.env.ATTUNE_PYTHON;

describe.skipIf(!python)("AutoModelForMaskedLM (needs ATTUNE_PYTHON; skipped without)", () => {
  const root = scratchFolder().folder({});
  const families = ["bert", ...encoderFamilies];

  test("opens the pretrained folder of every family, whole, and its loss has fallen", async () => {
    const texts = join(root, "texts.json");
    writeFileSync(texts, JSON.stringify(["the good cat is happy", "a bad dog is running very unhappy"]));
    const folders: string[] = [];
    const before: string[] = [];
    for (const family of families) {
      const at = join(root, family);
      const { model, data } = family === "bert" ? tinyFolder(at) : familyFolder(at, family);
      const options = { data, from: model, heldOut: 0.2, threads: 1, evaluations: 1, batchSize: 4, maxLength: 16 };
      // A step at next to no rate writes the model as it begins, with its language head drawn.
      await pretrain({ ...options, out: join(at, "begun"), epochs: 0.1, learningRate: 1e-12 });
      await pretrain({ ...options, out: join(at, "trained"), epochs: 10, learningRate: 5e-3 });
      before.push(join(at, "begun", "model"));
      folders.push(join(at, "trained", "model"));
    }
    const found: { class: string; shape: number[]; loss: number }[] = JSON.parse(
      execFileSync(python!, [join(fixtures, "check_masked.py"), texts, ...before, ...folders], { encoding: "utf8" }),
    );
    for (const [i, family] of families.entries()) {
      const [first, last] = [found[i]!, found[i + families.length]!];
      const { architectures, vocab_size } = JSON.parse(readFileSync(join(folders[i]!, "config.json"), "utf8"));
      expect([last.class], family).toEqual(architectures);
      expect(last.shape.at(-1), family).toBe(vocab_size);
      expect(last.loss, family).toBeLessThan(0.9 * first.loss);
    }
  }, 300_000);
});
