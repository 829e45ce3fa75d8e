/**
 * Exported folders in Python: PEFT and Transformers give the same logits. Needs a Python with both, named by
 * ATTUNE_PYTHON; skipped without it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import type { ExportFormat } from "../../../src/classifier/export-formats.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { headNames } from "../../../src/models/head-choice.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { openSafetensors, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures } from "../tables/scratch.ts";

const python = process.env.ATTUNE_PYTHON;
const root = mkdtempSync(join(tmpdir(), "attune-python-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);
const bare = withoutPooler(model, join(root, "bare"));
const PRECISION = 1e-5;
/** Lengths differ, so that a batch of them is padded. */
const TEXTS = ["the good cat", "a bad dog is running very unhappy", "was happy", "the the the dog is a very good cat"];
const texts = join(root, "texts.json");
writeFileSync(texts, JSON.stringify(TEXTS));

/** Name, options, and whether the base lacks a pooler, so that one is drawn, trained and saved. */
const adapters: readonly [string, object, string?][] = [
  ["lora", { method: "lora", rank: 3 }],
  ["lora on all", { method: "lora", targets: ["all-linear"], rank: 2, rslora: true, bias: "all", dropout: 0.1 }],
  [
    "lora with some biases",
    { method: "lora", targets: ["output", "key"], layers: [1], bias: "lora_only", trainPooler: true },
  ],
  [
    "lora with patterns",
    { method: "lora", rankPattern: { query: 2 }, alphaPattern: { "layer\\.1\\.attention\\.self\\.value": 5 } },
  ],
  ["lora with a frozen head", { method: "lora", trainHead: false }],
  ["lora without a pooler", { method: "lora" }, "bare"],
  ["lora on all without a pooler", { method: "lora", targets: ["all-linear"], bias: "lora_only" }, "bare"],
  ["dora", { method: "lora", rank: 3, dora: true, targets: ["value", "output"] }],
  ["dora without a pooler", { method: "lora", dora: true, targets: ["all-linear"], bias: "all", layers: [1] }, "bare"],
  ["dora on all without a pooler", { method: "lora", dora: true, targets: ["all-linear"] }, "bare"],
  ["ia3", { method: "ia3" }],
  [
    "ia3 without a pooler",
    { method: "ia3", targets: ["query", "intermediate"], feedForward: ["intermediate"] },
    "bare",
  ],
  ["prompt", { method: "prompt", virtualTokens: 3, semantics: "peft" }],
  [
    "prompt from words",
    { method: "prompt", virtualTokens: 2, init: "vocabulary", semantics: "peft", trainPooler: true },
  ],
  ["prefix", { method: "prefix", virtualTokens: 4 }],
  ["prefix without a pooler", { method: "prefix", virtualTokens: 4 }, "bare"],
  ["prefix of a projection", { method: "prefix", virtualTokens: 4, projection: true, projectionSize: 12 }],
];
const wholes: readonly [string, object][] = [
  ["lora", { method: "lora", targets: ["all-linear"], bias: "all" }],
  ["dora", { method: "lora", targets: ["all-linear"], dora: true }],
  ["ia3", { method: "ia3" }],
  ["probe", { method: "probe" }],
  ["full", { method: "full" }],
];

async function exported(name: string, options: object, base: string, format: ExportFormat) {
  const [run, out] = [join(root, `${name} run`), join(root, `${name} ${format}`)];
  const small = { epochs: 2, batchSize: 16, learningRate: 1e-2, threads: 1 };
  for await (const _ of train({ model: base, data, out: run, ...small, ...options } as TrainOptions));
  await exportRun(run, { format, out });
  const classifier = await load(run, { threads: 1 });
  const logits = (await classifier.predict(TEXTS)).map((prediction) => prediction.logits);
  await classifier.dispose();
  return { out, logits };
}

/** What a script under test/fixtures prints. */
function runScript<T>(script: string, ...args: readonly string[]): T {
  const command = [join(fixtures, script), ...args];
  return JSON.parse(execFileSync(python!, command, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }));
}

function distance(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));
}

describe.skipIf(!python)("PEFT opens adapters", () => {
  interface FromPeft {
    readonly logits: number[][];
    readonly config: {
      readonly target_modules?: string[];
      readonly feedforward_modules?: string[];
      readonly modules_to_save: string[];
    };
  }
  const ours = new Map<string, Awaited<ReturnType<typeof exported>>>();
  const theirs = new Map<string, FromPeft>();

  beforeAll(async () => {
    for (const [name, options, without] of adapters)
      ours.set(name, await exported(name, options, without ? bare : model, "peft"));
    const folders = [...ours.values()].map(({ out }) => out);
    const found = runScript<FromPeft[]>("check_peft.py", model, texts, "2", ...folders);
    for (const [i, [name]] of adapters.entries()) theirs.set(name, found[i]!);
  }, 300_000);

  test.each(adapters)("%s", (name) => {
    const { out, logits } = ours.get(name)!;
    const found = theirs.get(name)!;
    expect(distance(found.logits, logits)).toBeLessThan(PRECISION);
    // There, lists are sets without an order, and the head stands in them twice.
    const comparable = (config: FromPeft["config"]) => ({
      ...config,
      // Sets in PEFT, which have no order.
      target_modules: config.target_modules?.sort(),
      feedforward_modules: config.feedforward_modules?.sort(),
      modules_to_save: [...new Set(config.modules_to_save)],
    });
    const written = JSON.parse(readFileSync(join(out, "adapter_config.json"), "utf8"));
    expect(comparable(written)).toEqual(comparable(found.config));
  });
});

describe.skipIf(!python)("Transformers opens whole models", () => {
  test.each(wholes)("%s", async (name, options) => {
    const { out, logits } = await exported(`whole ${name}`, options, model, "transformers");
    const found = runScript<{ logits: number[][] }>("check_transformers.py", out, texts);
    expect(distance(found.logits, logits)).toBeLessThan(PRECISION);
  });

  test.each(headNames.filter((head) => head !== "pooler"))(
    "with the head %s, whose code is in the folder",
    async (head) => {
      const options = { method: "lora", head, mlpSize: head.endsWith("mlp") ? 12 : undefined };
      const { out, logits } = await exported(`head ${head}`, options, model, "transformers");
      const found = runScript<{ logits: number[][] }>("check_transformers.py", out, texts);
      expect(distance(found.logits, logits)).toBeLessThan(PRECISION);
      const classifier = await load(out, { threads: 1 });
      const again = (await classifier.predict(TEXTS)).map((prediction) => prediction.logits);
      await classifier.dispose();
      expect(distance(again, logits)).toBeLessThan(PRECISION);
    },
  );
});

/** The same model as checkpoints of masked language models are. */
function withoutPooler(base: string, folder: string): string {
  cpSync(base, folder, { recursive: true });
  const file = openSafetensors(join(base, "model.safetensors"));
  const kept = [...file.tensors].filter(([name]) => !name.includes("pooler"));
  const tensors = kept.map(([name, { shape }]) => {
    const array = new Float32Array(shape.reduce((a, b) => a * b, 1));
    file.readFloat32(name, array);
    return { name, shape, data: array };
  });
  file.close();
  writeSafetensors(join(folder, "model.safetensors"), tensors);
  return folder;
}
