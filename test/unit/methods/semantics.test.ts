import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const [model, data] = [join(root, "model"), join(root, "data")];
tinyModel(model, { layers: 2 });
tinyData(data);

/** Predictions on test after two epochs with dropout. */
async function predictionsOf(method: string, semantics: "attune" | "peft"): Promise<string> {
  const out = join(root, `${method} ${semantics}`);
  const own = ["prefix", "prompt"].includes(method) ? { virtualTokens: 3 } : {};
  const options = { model, data, out, method, semantics, epochs: 2, learningRate: 5e-3, threads: 1, ...own };
  for await (const _ of train(options as TrainOptions));
  return readFileSync(join(out, "predictions", "test.jsonl"), "utf8");
}

test.each(["full", "lora", "prefix", "bitfit"])(
  "%s is the same in both ways: nothing is kept, [CLS] is pooled",
  async (method) => {
    expect(await predictionsOf(method, "attune")).toBe(await predictionsOf(method, "peft"));
  },
);

test.each(["probe", "prompt"])("%s is not: frozen layers without dropout, another pooled token", async (method) => {
  expect(await predictionsOf(method, "attune")).not.toBe(await predictionsOf(method, "peft"));
});
