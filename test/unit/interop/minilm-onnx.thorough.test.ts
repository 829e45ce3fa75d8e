/** A real model with a LoRA adapter, exported to ONNX and opened by transformers.js. */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { env, pipeline } from "@huggingface/transformers";
import { afterAll, expect, test } from "vitest";
import { fillNormal, randomKey } from "../../../src/base/random.ts";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { writePeftAdapter } from "../../../src/interop/peft-write.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";

env.allowRemoteModels = false;
const miniLm = fileURLToPath(new URL("../../../../shared/models/all-MiniLM-L6-v2", import.meta.url));
const isThere = existsSync(miniLm);
if (!isThere) console.warn(`Skipped: ${miniLm} is not there, so transformers.js is tried with tiny models only.`);
const root = mkdtempSync(join(tmpdir(), "attune-minilm-"));
afterAll(() => rmSync(root, { recursive: true }));

const LABELS = ["sadness", "joy", "love", "anger", "fear", "surprise"];
const TEXTS = [
  "i feel so happy today that i could sing",
  "she was afraid of the dark and of everything that lives in it, and would not go down to the cellar alone",
  "Café, naïve… 42 %!",
  "he slammed the door and shouted",
  `a very long text ${"that goes on and on ".repeat(150)}until it is cut`,
];

/** Matrices and classifier are drawn. */
async function drawnAdapter(name: string, deviation: number): Promise<string> {
  const folder = join(root, name);
  const model = await openModel(miniLm, LABELS);
  model.close();
  const method = chooseMethod("lora", { rank: 4, alpha: 8, targets: ["all-linear"] });
  const setting = { semantics: "peft", trainHead: true, trainPooler: false, fresh: model.fresh } as const;
  const { trained } = adaptModel(model.encoder, method, setting);
  const tensors = trained.map(({ name, shape, part }) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    fillNormal(data, randomKey(5, "sample", name), part === "classifier" ? 0.2 : deviation);
    return { name, shape, data };
  });
  writePeftAdapter(folder, {
    ...{ method, semantics: "peft", base: miniLm, labels: LABELS },
    ...{ encoder: model.encoder, tensors },
  });
  return folder;
}

interface Label {
  readonly label: string;
  readonly score: number;
}

test.skipIf(!isThere)("transformers.js gives MiniLM's labels and probabilities", { timeout: 120_000 }, async () => {
  const [adapter, out] = [await drawnAdapter("adapter", 0.05), join(root, "onnx")];
  await exportRun(miniLm, { adapter, format: "onnx", out, int8: true });
  const ours = await load(miniLm, { adapter });
  const expected = await ours.predict(TEXTS);
  await ours.dispose();
  const plain = await load(miniLm, { adapter: await drawnAdapter("zero", 0) });
  const [without] = await plain.predict([TEXTS[0]!]);
  await plain.dispose();
  expect(Math.abs(without!.logits[0]! - expected[0]!.logits[0]!), "the matrices count").toBeGreaterThan(1e-2);

  const classify = async (dtype: "fp32" | "q8") => {
    const classifier = await pipeline("text-classification", out, { dtype });
    const found = (await classifier(TEXTS, { top_k: null } as never)) as unknown as Label[][];
    await classifier.dispose();
    return found;
  };
  for (const [i, scores] of (await classify("fp32")).entries()) {
    const { label, probabilities } = expected[i]!;
    expect(scores[0]!.label).toBe(label);
    expect(scores).toHaveLength(LABELS.length);
    for (const { label: each, score } of scores)
      expect(Math.abs(score - probabilities[each]!), `${i} ${each}`).toBeLessThan(1e-5);
  }
  for (const [i, scores] of (await classify("q8")).entries())
    for (const { label, score } of scores)
      expect(Math.abs(score - expected[i]!.probabilities[label]!), `${i} ${label}`).toBeLessThan(0.1);
  const [float, int8] = ["model.onnx", "model_quantized.onnx"].map((name) => statSync(join(out, "onnx", name)).size);
  expect(int8! / float!).toBeLessThan(0.3);
});
