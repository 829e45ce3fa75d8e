/** A model with all its weights, from whatever folder holds it: a run, a model, a model with an adapter beside it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { CpuStore } from "../engine/cpu-store.ts";
import type { ParameterStore, StoredParameter } from "../engine/parameter-store.ts";
import { isIncluded } from "../hub/included.ts";
import { atPath, type HubSource, openHubModel, openModelSource, type SourceContext } from "../hub/named-inputs.ts";
import { type AdaptedModel, adaptModel } from "../methods/adapt.ts";
import { type ChosenMethod, chooseMethod } from "../methods/chosen-method.ts";
import { openModel, type PretrainedModel, readLabels, thresholdsOf } from "../pretrained/open-model.ts";
import { fittingLength, ownMaxLength } from "../pretrained/own-max-length.ts";
import { type Adapter, adapterFolder, openAdapter, requireWhole } from "../run/adapter.ts";
import { fillStore } from "../run/fill-store.ts";
import type { RunFacts } from "../run/run-facts.ts";
import { RunFolder } from "../run/run-folder.ts";
import { evenThresholds } from "../train/evaluate.ts";
import { sha256OfWeights } from "../weights/weight-files.ts";

export interface ModelSource {
  /** Folder of a run or of a model, or the name of a model on the Hub. */
  readonly folder: string;
  /** Branch, tag or commit of a model on the Hub. */
  readonly revision?: string | undefined;
  /** Folder of an adapter for that model: PEFT's, or that of a run. */
  readonly adapter?: string | undefined;
  /** Names of the labels in their order, as many as there are. */
  readonly labels?: readonly string[] | undefined;
  /** Where the base of a run's adapter is, if it is not where the adapter says. */
  readonly base?: string | undefined;
}

export interface LoadedModel {
  /** Folder of the weights, without what an adapter adds. */
  readonly path: string;
  /** Where those came from the Hub. */
  readonly hub?: HubSource;
  readonly model: PretrainedModel;
  /** What made it, as far as its adapter says. */
  readonly method: ChosenMethod;
  readonly adapted: AdaptedModel;
  readonly memory: ParameterStore;
  readonly adapter?: Adapter;
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[] | undefined;
  /** What the adapter held. */
  readonly filled: ReadonlySet<string>;
  /** Options of the run and the columns that it read, where it is one. */
  readonly trained?: RunFacts["options"];
  /** Longest text in tokens that it was made for, as far as its files say. */
  readonly maxLength?: number | undefined;
  readonly columns?: RunFacts["columns"];
  /** Whether the run's texts were sentence pairs. */
  readonly takesPairs: boolean;
}

/** A model's parameters as a store keeps them. */
export interface PlacedParameters {
  readonly stored: readonly StoredParameter[];
  readonly memory: ParameterStore;
}

/** What does not matter where nothing is trained. */
const ANY_TRAINING = { trainHead: true, trainPooler: false } as const;

/**
 * @param place where its parameters go, and how each is kept; by default they are only held, for writing them
 * @throws AttuneError where there is no such model, or a part of it is nowhere
 */
export async function loadModel(
  source: ModelSource,
  context: SourceContext = {},
  place: (adapted: AdaptedModel) => Promise<PlacedParameters> = async ({ encoder }) => ({
    stored: encoder.parameters,
    memory: new CpuStore(encoder.parameters),
  }),
): Promise<LoadedModel> {
  const { path, hub, adapter, trained, columns, takesPairs = false } = await findModel(source, context);
  const labels = adapter && (await labelsFor(adapter, path, source.labels));
  // One label is likely by itself, as in Transformers; several share what is likely, unless there are thresholds.
  const ofAdapter = adapter?.thresholds ?? (adapter?.labelCount === 1 ? evenThresholds(1) : undefined);
  const names = adapter ? undefined : source.labels;
  const model = await openModel(path, labels, adapter?.head, adapter && ofAdapter !== undefined, names);
  try {
    const { method: name, options, semantics } = adapter ?? { method: "none", options: {}, semantics: "attune" };
    const method = chooseMethod(name, options);
    const adapted = adaptModel(model.encoder, method, { ...ANY_TRAINING, semantics, fresh: model.fresh });
    const { stored, memory } = await place(adapted);
    fillStore(model, stored, memory, 0);
    const arrayOf = (name: string) => memory.host[name]!.data as Float32Array;
    const filled = adapter?.readInto(adapted.encoder, arrayOf) ?? new Set<string>();
    requireWhole(path, adapted, model, filled);
    await memory.upload();
    const thresholds = adapter
      ? ofAdapter
      : model.multiLabel
        ? (thresholdsOf(model) ?? evenThresholds(model.labels.length))
        : undefined;
    const parts = { path, model, method, adapted, memory, filled, thresholds, takesPairs };
    const found = { ...(hub && { hub }), ...(adapter && { adapter }), ...(trained && { trained }) };
    // An adapter says what it was trained with, which the tokenizer of its base does not.
    const { encoder } = adapted;
    const maxLength = trained?.maxLength ?? fittingLength(adapter?.maxLength, encoder) ?? ownMaxLength(path, encoder);
    return { ...parts, ...found, maxLength, ...(columns && { columns }) };
  } finally {
    model.close();
  }
}

/** Which files a model is made of. */
export interface FoundModel {
  /** Folder of the run or of the model. */
  readonly folder: string;
  /** Folder of the weights, without what an adapter adds. */
  readonly path: string;
  readonly hub?: HubSource | undefined;
  readonly adapter?: Adapter;
  readonly trained?: RunFacts["options"];
  readonly columns?: RunFacts["columns"];
  readonly takesPairs?: boolean;
}

/**
 * A run folder holds a model, or an adapter whose base is elsewhere; any other folder is a model itself.
 *
 * @throws AttuneError where there is no such model, or the base of an adapter has changed
 */
export async function findModel(
  { folder: given, revision, adapter, base }: ModelSource,
  context: SourceContext = {},
): Promise<FoundModel> {
  const { path: folder, hub } = await openModelSource(given, revision, context);
  if (!existsSync(folder)) throw new AttuneError("model/missing", `${folder}: there is no such folder`);
  if (adapter !== undefined) return { folder, path: folder, hub, adapter: openAdapter(adapterFolder(adapter)) };
  if (!existsSync(join(folder, "run.json"))) return { folder, path: folder, hub };
  const run = RunFolder.open(folder);
  const facts = run.readJson<RunFacts & { status: string; reason?: string }>("run.json");
  const { options, columns, status, reason } = facts;
  const own = { folder, trained: options, columns, takesPairs: facts.sentencePairs === true };
  if (run.has("adapter")) return { ...(await findBase(run.at("adapter"), base, context)), ...own };
  if (!run.has("model"))
    throw new AttuneError(
      "run/no-model",
      status === "failed"
        ? `${folder}: this run failed before it had a model: ${reason}`
        : `${folder}: this run has no model yet (it is ${status}); go on with: attune train --resume ${folder}`,
    );
  return { path: run.at("model"), ...own };
}

/** The model that an adapter was trained on, which must not have changed. */
async function findBase(
  folder: string,
  base: string | undefined,
  context: SourceContext,
): Promise<Omit<FoundModel, "folder">> {
  const adapter = openAdapter(folder);
  const { path: before, sha256, hub } = adapter.base!;
  // What the cache has lost, the Hub still has.
  const path = base ?? (hub && !existsSync(before) ? (await openHubModel(hub, context)).path : atPath(before).path);
  if (!existsSync(path))
    throw new AttuneError("adapter/no-base", `${folder}: its base model ${path} is not there any more; put it back`);
  if ((await sha256OfWeights(path)) !== sha256) {
    const changed = isIncluded(before)
      ? `it was trained on the ${before} of another version of Attune; open it with that one, which run.json names`
      : `the weights in ${path} are not those it was trained on`;
    throw new AttuneError("adapter/base-changed", `${folder}: ${changed}`);
  }
  return { path, hub, adapter };
}

/** Given, or the adapter's own, or those of the base where it has as many, or made up as Transformers does. */
async function labelsFor(
  { labels, labelCount }: Adapter,
  path: string,
  given: readonly string[] | undefined,
): Promise<readonly string[]> {
  const named = given ?? labels;
  if (named && named.length !== labelCount)
    throw new AttuneError("options/labels", `there are ${named.length} labels, but the adapter is for ${labelCount}`);
  if (named) return named;
  const ofBase = await readLabels(path);
  return ofBase?.length === labelCount ? ofBase : Array.from({ length: labelCount }, (_, i) => `LABEL_${i}`);
}
