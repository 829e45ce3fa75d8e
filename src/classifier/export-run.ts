/** `export`: a trained model in the files of others. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { requireCallOptions } from "../base/call-options.ts";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { type HubSource, pinned } from "../hub/named-inputs.ts";
import { type ModelCard, modelCard } from "../interop/model-card.ts";
import { writePeftAdapter } from "../interop/peft-write.ts";
import { writeModelFolder, writeWithHead } from "../interop/transformers.ts";
import { fillOnnxFolder, INT8_MODEL } from "../interop/transformers-js.ts";
import { usageOf } from "../interop/usage.ts";
import { isTransformersHead } from "../models/head-choice.ts";
import { longestText } from "../models/model-limits.ts";
import type { StoredPrediction } from "../run/predictions.ts";
import type { RunFacts } from "../run/run-facts.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import { loadTokenizer } from "../tokens/tokenizer.ts";
import { evaluationProgram } from "../train/program.ts";
import { exportShape } from "./call-shapes.ts";
import type { ExportFormat } from "./export-formats.ts";
import { measureChange } from "./exported-predictions.ts";
import { requirePath } from "./given.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Folder to be made; it must not exist yet. */
  readonly out: string;
  /** With `onnx`: write a dynamically quantized model as well, and measure on a run's test texts what that changes. @default false */
  readonly int8?: boolean;
  /** With `peft`: what the adapter calls its base, for example its name on the Hub. @default its name there, or its path */
  readonly base?: string;
  /** What the card calls the model. @default the folder's name */
  readonly name?: string;
  /** Branch, tag or commit of a model on the Hub. @default "main" */
  readonly revision?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Folder of an adapter for the model: PEFT's, or of a run. */
  readonly adapter?: string;
  /** Names of the labels in order, as many as the model has. @default the adapter's, else the model's, else LABEL_0, LABEL_1, … */
  readonly labels?: readonly string[];
  /** Longest text in tokens, where the files say it. @default as in training, else as the model's files say */
  readonly maxLength?: number;
}

type Write = (source: Source, folder: string, options: ExportOptions) => Promise<void> | void;

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
  const source: Source = { ...loaded, maxLength, ...(trained && { run: RunFolder.open(folder) }) };
  const partial = partialOf(out);
  try {
    await writers[format](source, partial, options);
    const change = int8 ? await int8Change(source, partial) : undefined;
    writeFileSync(join(partial, "README.md"), modelCard(cardOf(source, options, change)));
    renameSync(partial, out);
    return change ? [change] : [];
  } catch (error) {
    discard(partial);
    throw diskError(error, out, "nothing is left of this export; put that right, and export again");
  }
}

/** What is exported. */
interface Source extends LoadedModel {
  readonly run?: RunFolder;
  /** In tokens. */
  readonly maxLength: number;
}

function writePeft(source: Source, out: string, options: ExportOptions): void {
  const { path, hub, model, method, adapted, adapter, filled, memory, maxLength, thresholds, run } = source;
  if (!adapter)
    throw new AttuneError(
      "export/peft",
      `this cannot be a PEFT adapter: ${run ? "the whole model was trained" : "it is a whole model"}`,
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

function writeTransformers({ path, model, adapted, memory, maxLength, thresholds }: Source, out: string): void {
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

function writeOnnx(source: Source, folder: string, { int8 = false }: ExportOptions): void {
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

/** On the texts and predictions that a run has kept of its test. */
async function int8Change({ path, model, maxLength, run, thresholds }: Source, folder: string): Promise<string> {
  if (!run) return "int8: what it changes was not measured, since only a run has texts to measure it on.";
  const stored = readFileSync(run.at("predictions", "test.jsonl"), "utf8").trim().split("\n");
  const before = stored.map((line) => JSON.parse(line) as StoredPrediction);
  const decide = { labels: model.labels, thresholds };
  const change = await measureChange(join(folder, INT8_MODEL), before, decide, loadTokenizer(path), maxLength);
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
  "revision",
  "dataRevision",
  "configName",
  "adapter",
  "out",
  "threads",
  "frozenFeatureMegabytes",
  "checkpointMinutes",
]);

function cardOf(source: Source, options: ExportOptions, change: string | undefined): ModelCard {
  const { path, model, maxLength } = source;
  const { labels } = model;
  const { format, int8 = false, name: folder = basename(resolve(options.out)) } = options;
  const origin = madeFrom(source, options);
  const base = options.base ?? origin.hub?.base_model ?? basename(path);
  return {
    folder,
    library: LIBRARIES[format],
    labels,
    ...origin,
    ...(change && { note: change }),
    usage: usageOf({
      format,
      name: folder,
      base,
      labels,
      maxLength,
      int8,
      brings: !isTransformersHead(model.encoder.head),
    }),
  };
}

/** What a run knows of its training; an adapter knows its method. */
function madeFrom({ run, path, hub: model, adapter }: Source, options: ExportOptions): Origin {
  if (!run) {
    const { method, options: own = {} } = adapter ?? {};
    return {
      base: options.base ?? model?.repo ?? basename(resolve(path)),
      ...(model && { hub: { base_model: model.repo } }),
      ...(options.adapter !== undefined && { adapter: basename(resolve(options.adapter)) }),
      ...(method && { method }),
      options: own,
      metrics: {},
      versions: { ...commitsOf(model ? { model } : {}), attune: version },
    };
  }
  const facts = run.readJson<RunFacts>("run.json");
  const { method, data, model: base } = facts.options;
  const { hub = {} } = facts;
  const { accuracy, precision, recall, f1, loss } = run.has("result.json")
    ? run.readJson<RunResult>("result.json").test
    : ({} as Partial<RunResult["test"]>);
  const metrics = { accuracy, "macro precision": precision, "macro recall": recall, "macro F1": f1, loss };
  const measured = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return {
    base: options.base ?? hub.model?.repo ?? basename(base),
    data: hub.data?.repo ?? basename(data),
    hub: { ...(hub.model && { base_model: hub.model.repo }), ...(hub.data && { datasets: [hub.data.repo] }) },
    method,
    options: Object.fromEntries(Object.entries(facts.options).filter(([key]) => !NOT_TOLD.has(key))),
    metrics: Object.fromEntries(measured),
    versions: { ...commitsOf(hub), attune: version, engine: facts.engine, node: facts.node },
  };
}

type Origin = Pick<ModelCard, "base" | "data" | "hub" | "adapter" | "method" | "options" | "metrics" | "versions">;

/** Model and data as they can be fetched again. */
const commitsOf = (hub: NonNullable<RunFacts["hub"]>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(hub).map(([what, source]: [string, HubSource]) => [what, pinned(source)]));
