/** Runs on an engine that owns its parameters: shared code asks the store for them, and every result is the CPU's. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { type PretrainContext, pretrain, resumePretraining } from "../../../src/pretrain/pretrain.ts";
import { resume, type TrainContext, train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { farEngine, openStores } from "../../far-engine.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const model = tinyModel(join(root, "tiny"), { layers: 2 });
const data = tinyData(join(root, "data"), { rows: 24 });
let made = 0;
afterEach(() => expect(openStores.size).toBe(0));

/** Weights and predictions of a finished run, as text. */
function outcomeOf(out: string): Record<string, string> {
  const files = ["model/model.safetensors", "adapter/adapter.safetensors", "predictions/test.jsonl"].filter((file) =>
    existsSync(join(out, file)),
  );
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(out, file)).toString("base64")]));
}

/** Runs to the end, or is interrupted after a step and goes on. */
async function finish(
  begin: (context: TrainContext & PretrainContext) => AsyncIterable<{ readonly type: string; readonly step?: number }>,
  goOn: (context: TrainContext & PretrainContext) => AsyncIterable<unknown>,
  context: TrainContext & PretrainContext,
  interruptAt?: number,
): Promise<void> {
  const interruption = new AbortController();
  try {
    for await (const { type, step } of begin({ ...context, signal: interruption.signal }))
      if (type === "step" && step === interruptAt) interruption.abort();
  } catch (error) {
    expect(error).toMatchObject({ kind: "interrupted" });
    for await (const _ of goOn(context));
  }
  expect(interruption.signal.aborted).toBe(interruptAt !== undefined);
}

async function trained(options: Partial<TrainOptions>, context: TrainContext, interruptAt?: number) {
  const out = join(root, `run${made++}`);
  const all = { model, data, out, threads: 1, ...tinyTraining, ...options } as TrainOptions;
  await finish(
    (within) => train(all, within),
    (within) => resume(out, within),
    context,
    interruptAt,
  );
  const { bestEpoch } = JSON.parse(readFileSync(join(out, "result.json"), "utf8"));
  return { out, bestEpoch, outcome: outcomeOf(out) };
}

describe.each<[string, Partial<TrainOptions>]>([
  ["full fine-tuning", { method: "full", epochs: 2 }],
  ["full fine-tuning whose best epoch is not the last", { method: "full", epochs: 4, learningRate: 0.05 }],
  ["full fine-tuning in 8 bits", { method: "full", precision: "int8-all", epochs: 2 }],
  ["LoRA above frozen features", { method: "lora", layers: [1], epochs: 2 }],
  ["a probe whose head is chosen", { method: "probe", head: "auto", epochs: 2 }],
])("%s", (name, options) => {
  test("ends as on the CPU, also when it was interrupted", async () => {
    const near = await trained(options, {});
    if (name.endsWith("not the last")) expect(near.bestEpoch).toBeLessThan(options.epochs!);
    expect(Object.keys(near.outcome)).toHaveLength(2);
    for (const interruptAt of [undefined, 8]) {
      const far = await trained(options, { makeEngine: farEngine }, interruptAt);
      expect(far).toEqual({ ...near, out: far.out });
    }
    const texts = ["good cat", "bad the dog"];
    await using here = await load(near.out, { threads: 1 });
    await using there = await load(near.out, { threads: 1, makeEngine: farEngine });
    expect(await there.predict(texts)).toEqual(await here.predict(texts));
  });
});

test("pre-training ends as on the CPU, also when it was interrupted", async () => {
  const text = join(root, "text.txt");
  const words = ["good", "bad", "the", "cat", "dog", "running", "very", "was"];
  const lines = Array.from({ length: 60 }, (_, i) =>
    [0, 1, 2, 3, 4].map((k) => words[(i * (k + 3) + k) % 8]).join(" "),
  );
  writeFileSync(text, `${lines.join("\n")}\n`);
  const pretrained = async (context: PretrainContext, interruptAt?: number) => {
    const out = join(root, `run${made++}`);
    const options = { data: text, from: model, out, threads: 1, epochs: 2, batchSize: 4, heldOut: 0.2, evaluations: 2 };
    await finish(
      (within) => pretrain(options, within),
      (within) => resumePretraining(out, within),
      context,
      interruptAt,
    );
    return outcomeOf(out);
  };
  const near = await pretrained({});
  expect(Object.keys(near)).toHaveLength(1);
  expect(await pretrained({ makeEngine: farEngine })).toEqual(near);
  expect(await pretrained({ makeEngine: farEngine }, 1)).toEqual(near);
});
