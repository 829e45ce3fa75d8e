/** DeBERTa-v3 by name, from a repository in the shape that Microsoft's have: spm.model and pytorch_model.bin only. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { train } from "../../../src/run/train.ts";
import { filesFrom } from "../../hub-server/folder.ts";
import { HubServer } from "../../hub-server/server.ts";
import { tinyData, tinyTraining } from "../../tiny.ts";
import { fixtures, scratchFolder } from "../tables/scratch.ts";

const NAME = "microsoft/deberta-v3-small";
const { folder } = scratchFolder();
const hub = new HubServer();
const tokenizer = join(fixtures, "tokenizers/deberta-v3");
hub.add({
  name: NAME,
  files: {
    ...filesFrom(join(fixtures, "deberta-v3")),
    "spm.model": readFileSync(join(tokenizer, "spm.model")),
    "tokenizer_config.json": readFileSync(join(tokenizer, "tokenizer_config.json")),
    "tf_model.h5": "others'",
    "README.md": "# a model",
  },
});

beforeAll(async () => {
  await hub.listen();
  for (const [name, value] of Object.entries({ HF_HOME: folder({}), HF_ENDPOINT: hub.url })) vi.stubEnv(name, value);
  for (const name of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_ASSETS_CACHE", "HF_HUB_OFFLINE"])
    vi.stubEnv(name, "");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
});

test("it is trained, and written whole for Transformers", async () => {
  const [run, whole] = [join(folder({}), "run"), join(folder({}), "whole")];
  const { result } = await train({
    ...{ model: NAME, data: tinyData(folder({})), out: run, method: "lora", epochs: 1, threads: 1, ...tinyTraining },
    targets: ["all-linear"],
    head: "pooler",
  });
  expect(Number.isFinite(result.test.loss)).toBe(true);
  await exportRun(run, { format: "transformers", out: whole });
  expect(readdirSync(whole)).toEqual(expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json"]));
  expect(existsSync(join(whole, "pytorch_model.bin"))).toBe(false);
  const logits = await Promise.all(
    [run, whole].map(async (path) => {
      const classifier = await load(path, { threads: 1 });
      const found = await classifier.predict(["Good … and bad!"]);
      await classifier.dispose();
      return [...found[0]!.logits];
    }),
  );
  for (const [i, logit] of logits[0]!.entries()) expect(logits[1]![i]).toBeCloseTo(logit, 5);
});
