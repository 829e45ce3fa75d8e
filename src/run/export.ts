/** `export`: a run's model in the files of others. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import { loadTokenizer } from "../data/tokenizer.ts";
import { type ModelCard, modelCard } from "../interop/model-card.ts";
import { fillOnnxFolder, INT8_MODEL } from "../interop/onnx.ts";
import { writePeftAdapter } from "../interop/peft-write.ts";
import { writeModelFolder } from "../interop/transformers.ts";
import { usageOf } from "../interop/usage.ts";
import { isTransformersHead } from "../models/head-choice.ts";
import { evaluationProgram } from "../train/program.ts";
import { measureChange } from "./exported-predictions.ts";
import type { RunFacts } from "./facts.ts";
import { RunFolder } from "./folder.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { version } from "./machine.ts";
import type { StoredPrediction } from "./predictions.ts";
import type { RunResult } from "./result.ts";

/**
 * - `peft`: an adapter folder, for methods that PEFT has
 * - `transformers`: a whole model, with what the method added merged into it
 * - `onnx`: a folder that transformers.js opens, whatever the method and the head
 */
export const exportFormats = ["peft", "transformers", "onnx"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Folder to be made; it must not exist yet. */
  readonly out: string;
  /** With `onnx`: write a dynamically quantized model as well, and measure what that changes. @default false */
  readonly int8?: boolean;
  /** With `peft`: what the adapter calls its base, for example its name on the Hub. @default its path */
  readonly base?: string;
}

type Write = (loaded: LoadedModel, folder: string, options: ExportOptions) => Promise<void> | void;

const writers: Readonly<Record<ExportFormat, Write>> = {
  peft: writePeft,
  transformers: writeTransformers,
  onnx: writeOnnx,
};

/**
 * Writes the folder whole or not at all; returns what the user should know.
 *
 * @throws AttuneError that says why a format cannot hold a model
 */
export async function exportRun(run: string, options: ExportOptions): Promise<string[]> {
  const { format, out, int8 = false } = options;
  if (existsSync(out)) throw new AttuneError("export/exists", `${out}: this exists already; choose another --out`);
  if (options.base !== undefined && format !== "peft")
    throw new AttuneError("export/base", `--base goes with --format peft; the format here is "${format}"`);
  if (int8 && format !== "onnx")
    throw new AttuneError("export/int8", `--int8 goes with --format onnx; the format here is "${format}"`);
  const folder = RunFolder.open(run);
  const loaded = await loadModel({ folder: run });
  const partial = `${out}.partial`;
  try {
    await writers[format](loaded, partial, options);
    const facts = folder.readJson<RunFacts>("run.json");
    const result = folder.has("result.json") ? folder.readJson<RunResult>("result.json") : undefined;
    const change = int8 ? await int8Change(loaded, partial, folder) : undefined;
    const card = cardOf(loaded, facts, result, options, change);
    writeFileSync(join(partial, "README.md"), modelCard(card));
    renameSync(partial, out);
    return change ? [change] : [];
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

function writePeft(loaded: LoadedModel, out: string, options: ExportOptions): void {
  const { path, model, adapted, adapter, filled, memory, thresholds } = loaded;
  if (!adapter) throw new AttuneError("export/peft", "this cannot be a PEFT adapter: the whole model was trained");
  // The classifier is part of every adapter for sequence classification, whether it was trained or not.
  const held = adapted.encoder.parameters.filter(({ name, part }) => filled.has(name) || part === "classifier");
  const tensors = held.map(({ name, shape }) => ({ name, shape, data: memory.weights[name]!.data as Float32Array }));
  writePeftAdapter(out, {
    ...adapter,
    base: options.base ?? resolve(path),
    labels: model.labels,
    thresholds,
    encoder: model.encoder,
    tensors,
  });
}

async function writeTransformers(
  { path, model, adapted, memory, thresholds }: LoadedModel,
  out: string,
): Promise<void> {
  const { encoder, config, labels } = model;
  const { added = [], merge } = adapted.adaptation;
  const unwritable = (reason: string) =>
    new AttuneError("export/transformers", `this cannot be a model of Transformers: ${reason}`);
  if (!isTransformersHead(encoder.head))
    throw unwritable(`${encoder.architecture} has no head like ${encoder.head.head} on it`);
  if (added.length > 0 && !merge) throw unwritable("what the method added cannot be merged into the model's weights");
  merge?.((name) => memory.weights[name]!.data as Float32Array, 1);
  const { files } = loadTokenizer(path);
  await writeModelFolder(out, { encoder, config, labels, thresholds, weights: memory.weights, files });
}

function writeOnnx(loaded: LoadedModel, folder: string, { int8 = false }: ExportOptions): void {
  const { path, model, adapted, memory } = loaded;
  const { merge } = adapted.adaptation;
  merge?.((name) => memory.weights[name]!.data as Float32Array, 1);
  const encoder = merge ? model.encoder : adapted.encoder;
  mkdirSync(folder, { recursive: true });
  fillOnnxFolder(folder, {
    program: evaluationProgram(encoder),
    encoder,
    config: model.config,
    labels: model.labels,
    thresholds: loaded.thresholds,
    weights: memory.weights,
    tokenizer: loadTokenizer(path),
    maxLength: maxLengthOf(loaded),
    int8,
  });
}

/** Texts are cut where they were cut in training. */
const maxLengthOf = ({ trained, adapted }: LoadedModel): number => trained?.maxLength ?? adapted.encoder.maxPositions;

/** On the texts and predictions that the run has kept of its test. */
async function int8Change(loaded: LoadedModel, folder: string, run: RunFolder): Promise<string> {
  const stored = readFileSync(run.at("predictions", "test.jsonl"), "utf8").trim().split("\n");
  const before = stored.map((line) => JSON.parse(line) as StoredPrediction);
  const tokenizer = loadTokenizer(loaded.path);
  const decide = { labels: loaded.model.labels, thresholds: loaded.thresholds };
  const change = await measureChange(join(folder, INT8_MODEL), before, decide, tokenizer, maxLengthOf(loaded));
  const [float, int8] = change.accuracy.map((accuracy) => accuracy.toFixed(4));
  return `int8: accuracy ${float} → ${int8} on the ${change.texts} test texts, ${change.agreeing} of which get the same label as before.`;
}

/** What the Hub calls those who open a format. */
const LIBRARIES: Readonly<Record<ExportFormat, string>> = {
  peft: "peft",
  transformers: "transformers",
  onnx: "transformers.js",
};

/** What stands elsewhere in a card, and where and how a run was computed, which is nobody else's business. */
const NOT_TOLD = new Set([
  "method",
  "data",
  "model",
  "adapter",
  "out",
  "threads",
  "keptMegabytes",
  "checkpointMinutes",
]);

function cardOf(
  loaded: LoadedModel,
  facts: RunFacts,
  result: RunResult | undefined,
  { format, out, int8 = false, base: named }: ExportOptions,
  change: string | undefined,
): ModelCard {
  const { path, model } = loaded;
  const folder = basename(resolve(out));
  const { method, data, model: base } = facts.options;
  const options = Object.fromEntries(Object.entries(facts.options).filter(([key]) => !NOT_TOLD.has(key)));
  const { accuracy, precision, recall, f1, microF1, loss } = result?.test ?? {};
  const macro = { "macro precision": precision, "macro recall": recall, "macro F1": f1 };
  const metrics = { accuracy, ...macro, "micro F1": microF1, loss };
  const measured = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const maxLength = maxLengthOf(loaded);
  return {
    folder,
    library: LIBRARIES[format],
    base: named ?? basename(base),
    labels: model.labels,
    data: basename(data),
    method,
    options,
    metrics: Object.fromEntries(measured),
    versions: { attune: version, engine: facts.engine, node: facts.node },
    ...(change && { note: change }),
    usage: usageOf({ format, name: folder, base: named ?? basename(path), labels: model.labels, maxLength, int8 }),
  };
}
