/**
 * The cards of exports: license and languages of the base, what it is called on the Hub, test metrics, and what was done. With a
 * Python named by ATTUNE_PYTHON, the Hub's own library reads them; that is skipped without it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import type { ExportOptions } from "../../../src/classifier/export-formats.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { readBaseCard } from "../../../src/pretrained/base-card.ts";
import type { RunResult } from "../../../src/run/run-result.ts";
import { train } from "../../../src/run/train.ts";
import { filesFrom } from "../../hub-server/folder.ts";
import { HubServer } from "../../hub-server/server.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { fixtures, scratchFolder } from "../tables/scratch.ts";

const python = process.env.ATTUNE_PYTHON;
const { folder } = scratchFolder();
const root = folder({});
const at = (name: string): string => join(root, name);
const local = tinyModel(at("local"));
const data = tinyData(at("data"), { rows: 24 });
const CARD = "---\nlicense: mit\nlanguage:\n- en\n- de\nwidget: [1]\n---\n# A base\n";

const hub = new HubServer();
const base = hub.add({ name: "org/tiny", files: { ...filesFrom(local), "README.md": CARD } });
const reviews = hub.add({ kind: "dataset", name: "org/reviews", files: filesFrom(data) });

const options = { method: "lora", head: "mean", epochs: 1, threads: 1, ...tinyTraining } as const;
let result: RunResult;

beforeAll(async () => {
  await hub.listen();
  for (const [name, value] of Object.entries({ HF_HOME: at("home"), HF_ENDPOINT: hub.url })) vi.stubEnv(name, value);
  for (const name of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_ASSETS_CACHE", "HF_HUB_OFFLINE"])
    vi.stubEnv(name, "");
  ({ result } = await train({ ...options, model: "org/tiny", data: "org/reviews", out: at("run") }));
  await train({ ...options, model: local, data, out: at("here") });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
});

/** The card of an export: its metadata and its text. */
async function cardOf(run: string, out: string, more: Partial<ExportOptions> = {}) {
  const notes = await exportRun(at(run), { format: "transformers", out: at(out), ...more });
  const [, front, text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(join(at(out), "README.md"), "utf8"))!;
  return { notes, data: parse(front!) as Record<string, unknown>, text: text! };
}

test("of a base and data on the Hub", async () => {
  const { notes, data: front, text } = await cardOf("run", "whole");
  const { accuracy, f1, precision, recall, loss } = result.test;
  const value = (given: number) => Number(given.toFixed(4));
  expect(notes).toEqual([]);
  expect(front).toEqual({
    license: "mit",
    language: ["en", "de"],
    library_name: "transformers",
    pipeline_tag: "text-classification",
    base_model: "org/tiny",
    base_model_relation: "finetune",
    datasets: ["org/reviews"],
    tags: ["attune", "lora"],
    metrics: ["accuracy", "f1", "precision", "recall"],
    "model-index": [
      {
        name: "whole",
        results: [
          {
            task: { type: "text-classification", name: "Text Classification" },
            dataset: { type: "org/reviews", name: "org/reviews", split: "test", revision: reviews.resolve("main") },
            metrics: [
              { type: "accuracy", name: "accuracy", value: value(accuracy) },
              { type: "f1", name: "macro F1", value: value(f1) },
              { type: "precision", name: "macro precision", value: value(precision) },
              { type: "recall", name: "macro recall", value: value(recall) },
              { type: "loss", name: "loss", value: value(loss) },
            ],
          },
        ],
      },
    ],
  });
  expect(text).toContain("Precision: float32 weights, trained in float32.");
  for (const { label, precision: p, recall: r, f1: f, support } of result.test.perClass)
    expect(text).toContain(`| ${label} | ${[p, r, f].map((v) => v.toFixed(4)).join(" | ")} | ${support} |`);
  expect(text).toContain("| recipe | own |");
  expect(text).toContain("| best epoch | 1 |");
  expect(text).toContain(`| model | org/tiny@${base.resolve("main")} |`);
});

test("of a base without a card: the license is left out, and that is said", async () => {
  const { notes, data: front, text } = await cardOf("here", "local-whole", { language: ["en"] });
  expect(notes).toEqual([
    "The card names no license, as that of the base model is not known; add one before others get it.",
  ]);
  expect(text).toContain(notes[0]);
  expect(Object.keys(front)).not.toContain("license");
  expect(Object.keys(front)).not.toContain("base_model");
  expect(Object.keys(front)).not.toContain("datasets");
  expect(front.language).toEqual(["en"]);
  const [{ results }] = front["model-index"] as [{ results: [{ dataset: object }] }];
  expect(results[0].dataset).toEqual({ type: "data", name: "data", split: "test" });
});

test("of a model in 8 bits", async () => {
  const { text } = await cardOf("here", "onnx", { format: "onnx", int8: true });
  expect(text).toContain(
    "Precision: float32 weights (onnx/model.onnx), and int8 ones (onnx/model_quantized.onnx), trained in float32.",
  );
});

test("PEFT cannot hold the head that a recipe gives; what can is a command", async () => {
  await expect(exportRun(at("run"), { format: "peft", out: at("adapter") })).rejects.toThrow(
    `this cannot be a PEFT adapter: PEFT has no head like mean; merged into its base, head and all, it is written by: attune export ${at("run")} --format transformers --out ${at("adapter")} (a run with --head pooler can be an adapter)`,
  );
});

describe("a base's card", () => {
  const read = (card: string) => readBaseCard(folder({ "README.md": card }));
  test.each([
    [CARD, { license: "mit", language: ["en", "de"] }],
    [
      "---\nlanguage: en\nlicense: other\nlicense_name: own\nlicense_link: LICENSE\n---\n",
      { license: "other", license_name: "own", language: ["en"] },
    ],
    ["---\nlicense: [a, b]\n---\n", {}],
    ["---\nlicense: {\n---\n", {}],
    ["---\njust text\n---\n", {}],
    ["# no metadata", {}],
  ])("%#", (card, found) => {
    expect(read(card)).toEqual(found);
  });
});

describe.skipIf(!python)("huggingface_hub reads them (needs ATTUNE_PYTHON; skipped without)", () => {
  interface Found {
    readonly data: Readonly<Record<string, unknown>>;
    readonly model: string;
    readonly results: readonly { readonly metric: string; readonly dataset: string; readonly value: number }[];
  }
  const read = (out: string): Found =>
    JSON.parse(execFileSync(python!, [join(fixtures, "check_card.py"), at(out)], { encoding: "utf8" }));

  test("with names that YAML could take for something else", async () => {
    const awkward = tinyModel(at("yes: no"));
    writeFileSync(join(awkward, "README.md"), '---\nlicense: "other"\nlicense_name: "no"\nlanguage: ["no"]\n---\n');
    await train({ ...options, model: awkward, data, out: at("awkward") });
    const { data: front } = await cardOf("awkward", "1e3");
    const found = read("1e3");
    const { "model-index": _, ...plain } = front;
    expect(found.data).toEqual(plain);
    expect(found.model).toBe("1e3");
    expect(found.data.language).toEqual(["no"]);
  });

  test("with base, data and metrics", async () => {
    const { data: front } = await cardOf("run", "again");
    const { data: own, results, model } = read("again");
    const { "model-index": _, ...plain } = front;
    expect(own).toEqual(plain);
    expect(model).toBe("again");
    expect(results.map(({ metric, dataset, value }) => [metric, dataset, value])).toEqual([
      ["accuracy", "org/reviews", Number(result.test.accuracy.toFixed(4))],
      ["f1", "org/reviews", Number(result.test.f1.toFixed(4))],
      ["precision", "org/reviews", Number(result.test.precision.toFixed(4))],
      ["recall", "org/reviews", Number(result.test.recall.toFixed(4))],
      ["loss", "org/reviews", Number(result.test.loss.toFixed(4))],
    ]);
  });
});
