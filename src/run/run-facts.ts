/** run.json: what a run was given and what it ran on. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { AttuneError } from "../base/error.ts";
import { describeMachine, version } from "../base/machine.ts";
import type { Engine } from "../engine/engine.ts";
import { isIncluded } from "../hub/included.ts";
import { type FromHub, hubOf, type Sources } from "../hub/named-inputs.ts";
import { type BaseCard, readBaseCard } from "../pretrained/base-card.ts";
import type { Roles } from "../tables/roles.ts";
import { IN_MEMORY } from "../tables/texts-in-memory.ts";
import type { HeadSearch } from "./choose-head.ts";
import type { LayerSearch } from "./choose-layers.ts";
import type { PrecisionFacts } from "./prepare-checked.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { ResolvedTrainOptions } from "./train-options.ts";

export type RunStatus = "running" | "interrupted" | "failed" | "done";

export interface RunFacts {
  /** Version of Attune. */
  readonly attune: string;
  /** All options, after defaults. */
  readonly options: ResolvedTrainOptions;
  /** From where relative paths among the options are seen; runs of older versions do not say. */
  readonly workingFolder?: string;
  /** How the data were read: format and columns, as asked for or found. */
  readonly reading: string;
  /** Columns that held texts, labels, ids and groups; runs of older versions do not say. */
  readonly columns?: Roles;
  /** Splits that were made, parts that were drawn fresh, texts that were cut. */
  readonly notes: string[];
  readonly labels: readonly string[];
  /** Whether each text is two that are read together; absent where it is not. */
  readonly sentencePairs?: boolean;
  readonly dataSha256: string;
  /** What came from the Hub, and which commit of it. */
  readonly hub?: FromHub;
  /** License and languages of the base model, as far as its card says; runs of older versions do not say. */
  readonly baseCard?: BaseCard;
  /** Of the weight files; known some time after the start. */
  modelSha256?: string;
  /** What `--head auto` tried, and why it chose. */
  readonly headSearch?: HeadSearch;
  /** What `--layers top:auto` tried, and why it chose. */
  readonly layerSearch?: LayerSearch;
  /** With precision int8: what that changes before training, and whether the run was in 8 bits then. */
  readonly precision?: PrecisionFacts;
  readonly engine: string;
  readonly node: string;
  readonly machine: ReturnType<typeof describeMachine>;
  /** The workers that did it, in order: of a run that was done for a study on other machines. */
  readonly workers?: readonly WorkerName[];
}

/** Who does runs for a study on other machines. */
export interface WorkerName {
  /** The machine's name, or what it was called. */
  readonly name: string;
  /** Runs that it does at the same time. */
  readonly atOnce: number;
}

export function describeRun(
  options: ResolvedTrainOptions,
  engine: Engine,
  run: PreparedRun,
  sources: Sources,
  { headSearch, layerSearch }: Pick<RunFacts, "headSearch" | "layerSearch"> = {},
  precision?: PrecisionFacts,
  workers: readonly WorkerName[] = [],
): RunFacts {
  return {
    attune: version,
    options: sources.copiedFrom ? { ...options, out: sources.copiedFrom.out } : options,
    workingFolder: sources.copiedFrom?.workingFolder ?? process.cwd(),
    reading: run.dataset.reading,
    columns: run.dataset.columns,
    notes: [
      ...sources.model.notes,
      ...sources.data.notes,
      ...run.notes,
      ...(headSearch ? [`The head is ${headSearch.chosen}: ${headSearch.reason}.`] : []),
      ...(layerSearch ? [`The layers are ${layerSearch.chosen}: ${layerSearch.reason}.`] : []),
    ],
    labels: run.dataset.labels,
    ...(run.dataset.splits.train.isPair && { sentencePairs: true }),
    dataSha256: run.dataset.sha256,
    ...hubOf(sources),
    baseCard: readBaseCard(run.modelFolder),
    ...(headSearch && { headSearch }),
    ...(layerSearch && { layerSearch }),
    ...(precision && { precision }),
    engine: engine.description,
    node: process.version,
    machine: describeMachine(),
    ...(workers.length > 0 && { workers }),
  };
}

/** Those of a run that goes on, and who goes on with it. */
export const workersOf = ({ workers = [] }: RunFacts, worker: WorkerName | undefined): readonly WorkerName[] =>
  worker === undefined || isDeepStrictEqual(workers.at(-1), worker) ? workers : [...workers, worker];

/** Where what a run was given stands, as seen from here, should it have begun in another working folder. */
export function placesOf({ options, workingFolder, hub }: RunFacts, run: string): Partial<ResolvedTrainOptions> {
  const { model, data, adapter, classWeights } = options;
  const weights = classWeights === "balanced" ? undefined : classWeights;
  const paths = { ...(!hub?.model && { model }), ...(!hub?.data && { data }), adapter, classWeights: weights };
  const places = Object.entries(paths).flatMap(([key, path]) => {
    if (path === undefined || isIncluded(path) || path === IN_MEMORY) return [];
    if (workingFolder === undefined || resolve(workingFolder) === process.cwd()) return [];
    // Data may be several files, with commas between.
    for (const parts of key === "data" ? [[path], path.split(",")] : [[path]]) {
      const there = parts.map((part) => resolve(workingFolder, part));
      if (there.every((file) => existsSync(file))) return [[key, there.join(",")]];
      if (parts.every((part) => existsSync(part))) return [];
    }
    throw new AttuneError(
      "run/moved",
      `${run}: the ${key} ${path} is neither in ${workingFolder} nor here; put it back`,
    );
  });
  return Object.fromEntries(places);
}
