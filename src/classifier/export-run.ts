/** `export`: a trained model in the files of others. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { requireCallOptions } from "../base/call-options.ts";
import { commandText } from "../base/command-text.ts";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { modelCard, NO_LICENSE } from "../interop/model-card.ts";
import { writePeftAdapter } from "../interop/peft-write.ts";
import { writeModelFolder, writeWithHead } from "../interop/transformers.ts";
import { fillOnnxFolder, INT8_MODEL } from "../interop/transformers-js.ts";
import { isTransformersHead } from "../models/head-choice.ts";
import { longestText } from "../models/model-limits.ts";
import { CARD_FILE } from "../pretrained/base-card.ts";
import type { StoredPrediction } from "../run/predictions.ts";
import type { RunFacts } from "../run/run-facts.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import { loadTokenizer } from "../tokens/tokenizer.ts";
import { evaluationProgram } from "../train/program.ts";
import { exportShape } from "./call-shapes.ts";
import { cardOf, type ExportSource } from "./export-card.ts";
import type { ExportFormat, ExportOptions } from "./export-formats.ts";
import { measureChange } from "./exported-predictions.ts";
import { requirePath } from "./given.ts";
import { loadModel } from "./load-model.ts";

type Write = (source: ExportSource, folder: string, options: ExportOptions) => Promise<void> | void;

const writers: Readonly<Record<ExportFormat, Write>> = {
  peft: writePeft,
  transformers: writeTransformers,
  onnx: writeOnnx,
};

/**
 * Writes the model of a run, or of a model folder (or name on the Hub) with or without an adapter beside it, as
 * `options.format`. The folder appears whole or not at all. Returns what the user should know.
 *
 * @throws AttuneError with `kind` "input" that says why a format cannot hold the model
 */
export async function exportRun(folder: string, options: ExportOptions): Promise<string[]> {
  requirePath(folder, "the folder of the model");
  requireCallOptions<ExportOptions>(options, exportShape, "exportRun", "{ format, out }");
  const { format, out, int8 = false, revision, adapter, labels, onFetch } = options;
  if (existsSync(out)) throw new AttuneError("export/exists", `${out}: this exists already; choose another --out`);
  if (options.base !== undefined && format !== "peft")
    throw new AttuneError("export/base", `--base goes with --format peft; the format here is "${format}"`);
  if (int8 && format !== "onnx")
    throw new AttuneError("export/int8", `--int8 goes with --format onnx; the format here is "${format}"`);
  const loaded = await loadModel({ folder, revision, adapter, labels }, { onEvent: onFetch });
  const { adapted, trained } = loaded;
  // Texts are cut where they were cut in training.
  const maxLength = longestText(options.maxLength ?? loaded.maxLength, adapted.encoder);
  const source: ExportSource = { ...loaded, maxLength, ...(trained && { run: RunFolder.open(folder) }) };
  const partial = partialOf(out);
  try {
    await writers[format](source, partial, options);
    const change = int8 ? await int8Change(source, partial) : undefined;
    const card = cardOf(source, options, change);
    writeFileSync(join(partial, CARD_FILE), modelCard(card));
    renameSync(partial, out);
    return [
      ...exportedPrecision(source),
      ...(change ? [change] : []),
      ...(card.baseCard.license === undefined ? [NO_LICENSE] : []),
    ];
  } catch (error) {
    discard(partial);
    throw diskError(error, out, "nothing is left of this export; put that right, and export again");
  }
}

function writePeft(source: ExportSource, out: string, options: ExportOptions): void {
  const { path, hub, model, method, adapted, adapter, filled, memory, maxLength, thresholds, run } = source;
  if (!adapter)
    throw new AttuneError(
      "export/peft",
      `this cannot be a PEFT adapter: ${run ? "the whole model was trained" : "it is a whole model"}`,
    );
  const { head } = model.encoder.head;
  if (method.method.peft && !isTransformersHead(model.encoder.head))
    throw new AttuneError(
      "export/peft",
      `this cannot be a PEFT adapter: PEFT has no head like ${head}; ${instead(source, options)}`,
    );
  // The classifier is part of every adapter for sequence classification, whether it was trained or not.
  const held = adapted.encoder.parameters.filter(({ name, part }) => filled.has(name) || part === "classifier");
  const tensors = held.map(({ name, shape }) => ({ name, shape, data: memory.host[name]!.data as Float32Array }));
  writePeftAdapter(out, {
    method,
    semantics: adapter.semantics,
    base: options.base ?? hub?.repo ?? resolve(path),
    ...(options.base === undefined && hub && { revision: hub.commit }),
    labels: model.labels,
    thresholds,
    encoder: model.encoder,
    tensors,
    files: loadTokenizer(path).files(maxLength),
  });
}

/** The command for a model that PEFT cannot hold for its head. */
function instead({ path, run, adapted }: ExportSource, { out, adapter }: ExportOptions): string {
  const { added = [], merge } = adapted.adaptation;
  const format = added.length > 0 && !merge ? "onnx" : "transformers";
  const model = run ? [run.path] : [path, ...(adapter === undefined ? [] : ["--adapter", adapter])];
  const command = commandText(["export", ...model, "--format", format, "--out", out]);
  return `${merge ? "merged into its base, head and all" : "as a whole"}, it is written by: ${command} (a run with --head pooler can be an adapter)`;
}

function writeTransformers({ path, model, adapted, memory, maxLength, thresholds }: ExportSource, out: string): void {
  const { encoder, config, labels } = model;
  const { added = [], merge } = adapted.adaptation;
  const unwritable = (reason: string) =>
    new AttuneError("export/transformers", `this cannot be a model of Transformers: ${reason}`);
  if (added.length > 0 && !merge) throw unwritable("what the method added cannot be merged into the model's weights");
  merge?.((name) => memory.host[name]!.data as Float32Array, 1);
  const files = loadTokenizer(path).files(maxLength);
  const written = { encoder, config, labels, thresholds, weights: memory.host, files };
  if (isTransformersHead(encoder.head)) writeModelFolder(out, written);
  else writeWithHead(out, written);
}

function writeOnnx(source: ExportSource, folder: string, { int8 = false }: ExportOptions): void {
  const { path, model, adapted, memory, maxLength, thresholds } = source;
  const { merge } = adapted.adaptation;
  merge?.((name) => memory.host[name]!.data as Float32Array, 1);
  const encoder = merge ? model.encoder : adapted.encoder;
  mkdirSync(folder, { recursive: true });
  fillOnnxFolder(folder, {
    program: evaluationProgram(encoder),
    encoder,
    config: model.config,
    labels: model.labels,
    thresholds,
    weights: memory.host,
    tokenizer: loadTokenizer(path),
    maxLength,
    int8,
  });
}

/** What is exported of a run in 8 bits has its weights in float32, and predicts as it does there. */
function exportedPrecision({ run }: ExportSource): string[] {
  if (!run?.has("result.json")) return [];
  const { test, testFloat32 } = run.readJson<RunResult>("result.json");
  const { precision } = run.readJson<RunFacts>("run.json");
  if (!testFloat32) return [];
  const used = precision?.used ?? "int8";
  const [inBytes, inFloat32] = [test, testFloat32].map(({ accuracy }) => accuracy.toFixed(4));
  return [`The run was in ${used}; the export is in float32: accuracy ${inFloat32} on test, ${inBytes} in ${used}.`];
}

/** On the texts and predictions that a run has kept of its test. */
async function int8Change({ path, model, maxLength, run, thresholds }: ExportSource, folder: string): Promise<string> {
  if (!run) return "int8: what it changes was not measured, since only a run has texts to measure it on.";
  const stored = readFileSync(run.at("predictions", "test.jsonl"), "utf8").trim().split("\n");
  const before = stored.map((line) => JSON.parse(line) as StoredPrediction);
  const decide = { labels: model.labels, thresholds };
  const change = await measureChange(join(folder, INT8_MODEL), before, decide, loadTokenizer(path), maxLength);
  const [float, int8] = change.accuracy.map((accuracy) => accuracy.toFixed(4));
  return `int8: accuracy ${float} → ${int8} on the ${change.texts} test texts, ${change.agreeing} of which get the same label as before.`;
}
