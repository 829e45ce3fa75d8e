/** The card of an export, from what the run, the model or the adapter says. */
import { basename, resolve } from "node:path";
import { version } from "../base/machine.ts";
import { type HubSource, pinned } from "../hub/named-inputs.ts";
import type { ModelCard } from "../interop/model-card.ts";
import { usageOf } from "../interop/usage.ts";
import { isTransformersHead } from "../models/head-choice.ts";
import { readBaseCard } from "../pretrained/base-card.ts";
import type { RunFacts } from "../run/run-facts.ts";
import type { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import type { ExportFormat, ExportOptions } from "./export-formats.ts";
import type { LoadedModel } from "./load-model.ts";

/** What is exported. */
export interface ExportSource extends LoadedModel {
  readonly run?: RunFolder;
  /** In tokens. */
  readonly maxLength: number;
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
  "bits",
  "frozenFeatureMegabytes",
  "checkpointMinutes",
]);

/** `change` is what 8-bit weights change, as measured. */
export function cardOf(source: ExportSource, options: ExportOptions, change: string | undefined): ModelCard {
  const { path, model, maxLength } = source;
  const { labels } = model;
  const { format, int8 = false, language, name: folder = basename(resolve(options.out)) } = options;
  const { onHub, baseCard, notes, ...origin } = source.run ? fromRun(source.run, options) : fromFiles(source, options);
  const usage = usageOf({
    format,
    name: folder,
    base: options.base ?? onHub ?? basename(path),
    labels,
    maxLength,
    int8,
    brings: !isTransformersHead(model.encoder.head),
  });
  return {
    folder,
    library: LIBRARIES[format],
    labels,
    ...origin,
    ...(onHub !== undefined && {
      baseModel: { name: onHub, relation: format === "peft" ? "adapter" : "finetune" },
    }),
    baseCard: { ...baseCard, ...(language && { language: [...language] }) },
    precision: `float32 weights${int8 ? " (onnx/model.onnx), and int8 ones (onnx/model_quantized.onnx)" : ""}${origin.precision}`,
    notes: [...notes, ...(change ? [change] : [])],
    usage,
  };
}

type Origin = Pick<
  ModelCard,
  "base" | "baseCard" | "data" | "adapter" | "method" | "options" | "test" | "versions" | "notes"
> & {
  /** Name of the base on the Hub. */
  readonly onHub: string | undefined;
  /** What is to be said of how it was trained. */
  readonly precision: string;
};

/** What a model's files know; an adapter knows its method. */
function fromFiles({ path, hub, adapter }: ExportSource, options: ExportOptions): Origin {
  const { method, options: own = {} } = adapter ?? {};
  return {
    base: options.base ?? hub?.repo ?? basename(resolve(path)),
    onHub: hub?.repo,
    baseCard: readBaseCard(path),
    ...(options.adapter !== undefined && { adapter: basename(resolve(options.adapter)) }),
    ...(method && { method }),
    options: own,
    precision: "",
    versions: { ...commitsOf(hub ? { model: hub } : {}), attune: version },
    notes: [],
  };
}

/** What a run knows of its training. */
function fromRun(run: RunFolder, options: ExportOptions): Origin {
  const facts = run.readJson<RunFacts>("run.json");
  const { method, data, model: base } = facts.options;
  const { hub = {}, precision, baseCard = {} } = facts;
  const result = run.has("result.json") ? run.readJson<Partial<RunResult>>("result.json") : {};
  // What is written is float32, however it was trained.
  const test = result.testFloat32 ?? result.test;
  const isBelow = result.verdict?.beatsBaselines === false;
  return {
    base: options.base ?? hub.model?.repo ?? basename(base),
    onHub: hub.model?.repo,
    baseCard,
    data: { name: hub.data?.repo ?? basename(data), ...(hub.data && { hub: hub.data }) },
    method,
    options: Object.fromEntries(Object.entries(facts.options).filter(([key]) => !NOT_TOLD.has(key))),
    ...(test && { test }),
    precision: `, trained in ${precision?.used ?? "float32"}`,
    versions: {
      ...(result.bestEpoch !== undefined && { "best epoch": String(result.bestEpoch) }),
      ...commitsOf(hub),
      attune: version,
      engine: facts.engine,
      node: facts.node,
    },
    notes: isBelow ? [result.verdict!.summary] : [],
  };
}

/** Model and data as they can be fetched again. */
const commitsOf = (hub: NonNullable<RunFacts["hub"]>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(hub).map(([what, source]: [string, HubSource]) => [what, pinned(source)]));
