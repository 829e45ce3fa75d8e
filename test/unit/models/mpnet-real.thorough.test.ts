/** A real MPNet beside PyTorch and PEFT: logits and training steps of make_mpnet.py. Needs all-mpnet-base-v2; skipped without. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { packBatch } from "../../../src/models/batch.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { plainObjective } from "../../../src/train/classification-objective.ts";
import { computeLogits } from "../../../src/train/evaluate.ts";
import { Optimizer } from "../../../src/train/optimizer.ts";
import { evaluationProgram, trainingProgram } from "../../../src/train/program.ts";
import { BatchRunner, keepAll, targetInputs } from "../../../src/train/step.ts";
import { engine, textsOf } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

const LABELS = 6;
const BATCH = 16;
const folder =
  process.env.ATTUNE_MPNET ?? fileURLToPath(new URL("../../../../models-mpnet/all-mpnet-base-v2", import.meta.url));

interface Expected {
  readonly texts: readonly { readonly text: string; readonly label: number; readonly tokens: number }[];
  readonly rates: Readonly<Record<"full" | "lora", number>>;
  readonly lora: { readonly rank: number; readonly alpha: number };
  readonly logits: number[][];
  readonly losses: Readonly<Record<"full" | "lora", number[]>>;
  readonly norms: Readonly<Record<"full" | "lora", number[]>>;
  readonly after: Readonly<Record<"full" | "lora", number[][]>>;
}
const expected: Expected = JSON.parse(readFileSync(join(fixtures, "mpnet.json"), "utf8"));

/** What anybody can make again: of the head's matrices and of LoRA's first ones. */
function fill(array: Float32Array): void {
  for (let i = 0; i < array.length; i++) array[i] = ((((37 * i) % 101) - 50) / 50) * 0.05;
}

function expectClose(found: Float32Array, logits: readonly number[][], tolerance: number): void {
  const wanted = logits.flat();
  expect(found.length).toBe(wanted.length);
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(tolerance);
}

describe.skipIf(!existsSync(folder))("all-mpnet-base-v2 (set ATTUNE_MPNET to its folder; skipped without)", () => {
  test.each(["full", "lora"] as const)("%s: logits, and three steps without dropout", async (method) => {
    const tokenizer = loadTokenizer(folder);
    const ids = expected.texts.map(({ text }) => tokenizer.encode(text, 512).ids);
    expect(ids.map(({ length }) => length)).toEqual(expected.texts.map(({ tokens }) => tokens));
    const model = await openModel(folder, ["a", "b", "c", "d", "e", "f"]);
    const context = { semantics: "peft", trainHead: true, trainPooler: false, fresh: model.fresh } as const;
    const options = method === "lora" ? { ...expected.lora, targets: ["query", "value"] } : {};
    const { encoder, trained } = adaptModel(model.encoder, chooseMethod(method, options), context);
    const program = trainingProgram(encoder, trained);
    const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 2000, gradientAccumulation: 1 });
    model.readInto((name) => memory.weights[name]?.data as Float32Array, 0);
    model.close();
    for (const { name, shape, part } of encoder.parameters) {
      const array = memory.weights[name]!.data as Float32Array;
      if (name.includes("lora_A") || (part === "classifier" && shape.length === 2)) fill(array);
      else if (name.includes("lora_B") || part === "classifier") array.fill(0);
    }
    const first = textsOf(ids.slice(0, BATCH).map((own) => [...own]));
    const evaluation = await engine.compile(evaluationProgram(encoder));
    const logits = () =>
      computeLogits({ executable: evaluation, encoder, weights: memory.weights, labelCount: LABELS }, first);
    expectClose(await logits(), expected.logits, 2e-5);

    const executable = await engine.compile(program.outputs);
    const runner = new BatchRunner({ ...program, masks: [] }, executable, encoder, memory, plainObjective(LABELS));
    const optimizer = new Optimizer(memory, {
      ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 0 },
    });
    for (const [step, loss] of expected.losses[method].entries()) {
      const at = (step + 1) * BATCH;
      const batch = packBatch(ids.slice(at, at + BATCH), encoder);
      const truths = expected.texts.slice(at, at + BATCH).map(({ label }) => label);
      const undropped = keepAll(program.masks, batch.sizes);
      const targets = targetInputs(truths, plainObjective(LABELS));
      const found = await runner.runWith(batch, { ...targets, ...undropped }, 0, step);
      expect(Math.abs(found - loss), `loss ${step}`).toBeLessThan(1e-5);
      optimizer.receive(batch);
      const norm = await optimizer.update(expected.rates[method]);
      expect(Math.abs(norm - expected.norms[method][step]!), `norm ${step}`).toBeLessThan(1e-4);
    }
    expectClose(await logits(), expected.after[method], 1e-3);
    await executable.dispose();
    await evaluation.dispose();
  });
});
