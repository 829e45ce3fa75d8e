/** The model of a run opens in Transformers and gives the same logits. Needs ATTUNE_PYTHON: a Python with transformers. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";
import { fixtures, scratchFolder } from "../unit/tables/scratch.ts";
import { LEARNING, type PredictedText, readJson, readLines, start, succeed } from "./attune.ts";

const python = process.env.ATTUNE_PYTHON;
if (!python) console.warn("Skipped: ATTUNE_PYTHON names no Python with transformers, so nothing is compared with it.");

const cwd = scratchFolder().folder({});

test.skipIf(!python)("the model of a run gives the same logits in Transformers", async () => {
  tinyModel(join(cwd, "model"), { layers: 2 });
  tinyData(join(cwd, "data"));
  await succeed(["train", "--model", "model", "--data", "data", "--out", "run", ...LEARNING], { cwd });
  const predictions = readLines<PredictedText>(cwd, "run/predictions/test.jsonl");
  const { id2label } = readJson<{ id2label: object }>(cwd, "run/model/config.json");
  writeFileSync(join(cwd, "texts.json"), JSON.stringify(predictions.map(({ text }) => text)));
  const script = join(fixtures, "check_transformers.py");
  const { code, stdout, stderr } = await start(python!, [script, "run/model", "texts.json"], { cwd }).ended;
  expect(code, stderr).toBe(0);
  const said = JSON.parse(stdout) as { readonly logits: readonly (readonly number[])[]; readonly id2label: object };
  expect(said.id2label).toEqual(id2label);
  expect(said.logits).toHaveLength(predictions.length);
  const differences = predictions.flatMap(({ logits }, i) => logits.map((x, k) => Math.abs(x - said.logits[i]![k]!)));
  expect(Math.max(...differences)).toBeLessThan(1e-5);
});
