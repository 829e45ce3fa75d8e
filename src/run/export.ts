/** `export`: a run's model in the files of others. */
import { existsSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import { loadTokenizer } from "../data/tokenizer.ts";
import { type ModelCard, modelCard } from "../interop/model-card.ts";
import { writePeftAdapter } from "../interop/peft-write.ts";
import { writeModelFolder } from "../interop/transformers.ts";
import { isTransformersHead } from "../models/head-choice.ts";
import type { RunFacts } from "./facts.ts";
import { RunFolder } from "./folder.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { version } from "./machine.ts";
import type { RunResult } from "./result.ts";

/**
 * - `peft`: an adapter folder, for methods that PEFT has
 * - `transformers`: a whole model, with what the method added merged into it
 */
export const exportFormats = ["peft", "transformers"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Folder to be made; it must not exist yet. */
  readonly out: string;
}

const writers: Readonly<Record<ExportFormat, (loaded: LoadedModel, out: string) => Promise<void> | void>> = {
  peft: writePeft,
  transformers: writeTransformers,
};

/** @throws AttuneError that says why a format cannot hold a model */
export async function exportRun(run: string, { format, out }: ExportOptions): Promise<void> {
  if (existsSync(out)) throw new AttuneError("export/exists", `${out}: this exists already; choose another --out`);
  const folder = RunFolder.open(run);
  const loaded = await loadModel({ folder: run });
  await writers[format](loaded, out);
  const facts = folder.readJson<RunFacts>("run.json");
  const result = folder.has("result.json") ? folder.readJson<RunResult>("result.json") : undefined;
  writeFileSync(join(out, "README.md"), modelCard(cardOf(loaded, facts, result, format, out)));
}

function writePeft({ path, model, adapted, adapter, filled, memory }: LoadedModel, out: string): void {
  if (!adapter) throw new AttuneError("export/peft", "this cannot be a PEFT adapter: the whole model was trained");
  // The classifier is part of every adapter for sequence classification, whether it was trained or not.
  const held = adapted.encoder.parameters.filter(({ name, part }) => filled.has(name) || part === "classifier");
  const tensors = held.map(({ name, shape }) => ({ name, shape, data: memory.weights[name]!.data as Float32Array }));
  writePeftAdapter(out, { ...adapter, base: resolve(path), encoder: model.encoder, tensors });
}

async function writeTransformers({ path, model, adapted, memory }: LoadedModel, out: string): Promise<void> {
  const { encoder, config, labels } = model;
  const { added = [], merge } = adapted.adaptation;
  const unwritable = (reason: string) =>
    new AttuneError("export/transformers", `this cannot be a model of Transformers: ${reason}`);
  if (!isTransformersHead(encoder.head))
    throw unwritable(`${encoder.architecture} has no head like ${encoder.head.head} on it`);
  if (added.length > 0 && !merge) throw unwritable("what the method added cannot be merged into the model's weights");
  merge?.((name) => memory.weights[name]!.data as Float32Array, 1);
  const { files } = loadTokenizer(path);
  await writeModelFolder(out, { encoder, config, labels, weights: memory.weights, files });
}

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
  { path, model }: LoadedModel,
  facts: RunFacts,
  result: RunResult | undefined,
  format: ExportFormat,
  out: string,
): ModelCard {
  const folder = basename(resolve(out));
  const { method, data, model: base } = facts.options;
  const options = Object.fromEntries(Object.entries(facts.options).filter(([key]) => !NOT_TOLD.has(key)));
  const { accuracy, precision, recall, f1, loss } = result?.test ?? {};
  const metrics = { accuracy, "macro precision": precision, "macro recall": recall, "macro F1": f1, loss };
  const measured = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const count = model.labels.length;
  const pythonClass =
    format === "peft" ? "AutoPeftModelForSequenceClassification" : "AutoModelForSequenceClassification";
  return {
    folder,
    base: basename(base),
    labels: model.labels,
    data: basename(data),
    method,
    options,
    metrics: Object.fromEntries(measured),
    versions: { attune: version, engine: facts.engine, node: facts.node },
    python: [
      `from ${format === "peft" ? "peft" : "transformers"} import ${pythonClass}`,
      `model = ${pythonClass}.from_pretrained("${folder}", num_labels=${count})`,
    ].join("\n"),
    javascript: [
      'import { load } from "attune";',
      format === "peft"
        ? `const classifier = await load("${basename(path)}", { adapter: "${folder}", labels: ${JSON.stringify(model.labels)} });`
        : `const classifier = await load("${folder}");`,
      'console.log(await classifier.predict(["some text"]));',
    ].join("\n"),
  };
}
