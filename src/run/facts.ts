/** run.json: what a run was given and what it ran on. */
import type { Engine } from "../engine/engine.ts";
import type { HeadSearch } from "./choose-head.ts";
import { describeMachine, version } from "./machine.ts";
import type { ResolvedTrainOptions } from "./options.ts";
import type { PreparedRun } from "./prepare.ts";

export type RunStatus = "running" | "interrupted" | "failed" | "done";

export interface RunFacts {
  /** Version of Attune. */
  readonly attune: string;
  /** All options, after defaults. */
  readonly options: ResolvedTrainOptions;
  /** How the data were read: format and columns, as asked for or found. */
  readonly reading: string;
  /** Splits that were made, parts that were drawn fresh, texts that were cut. */
  readonly notes: string[];
  readonly labels: readonly string[];
  /** Whether each text is two that are read together; absent where it is not. */
  readonly sentencePairs?: boolean;
  readonly dataSha256: string;
  /** Of the weight files; known some time after the start. */
  modelSha256?: string;
  /** What `--head auto` tried, and why it chose. */
  readonly headSearch?: HeadSearch;
  readonly engine: string;
  readonly node: string;
  readonly machine: ReturnType<typeof describeMachine>;
}

export function describeRun(
  options: ResolvedTrainOptions,
  engine: Engine,
  run: PreparedRun,
  headSearch?: HeadSearch,
): RunFacts {
  return {
    attune: version,
    options,
    reading: run.dataset.reading,
    notes: [...run.notes, ...(headSearch ? [`The head is ${headSearch.chosen}: ${headSearch.reason}.`] : [])],
    labels: run.dataset.labels,
    ...(run.dataset.splits.train.isPair && { sentencePairs: true }),
    dataSha256: run.dataset.sha256,
    ...(headSearch && { headSearch }),
    engine: engine.description,
    node: process.version,
    machine: describeMachine(),
  };
}
