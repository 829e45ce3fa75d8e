/** run.json: what a run was given and what it ran on. */
import type { Engine } from "../engine/engine.ts";
import { describeMachine, version } from "./machine.ts";
import type { ResolvedTrainOptions } from "./options.ts";
import type { PreparedRun } from "./prepare.ts";

export type RunStatus = "running" | "interrupted" | "failed" | "done";

export interface RunFacts {
  /** Version of Attune. */
  readonly attune: string;
  /** All options, after defaults. */
  readonly options: ResolvedTrainOptions;
  /** Splits that were made, parts that were drawn fresh, texts that were cut. */
  readonly notes: string[];
  readonly labels: readonly string[];
  readonly dataSha256: string;
  /** Of the weight files; known some time after the start. */
  modelSha256?: string;
  readonly engine: string;
  readonly node: string;
  readonly machine: ReturnType<typeof describeMachine>;
}

export function describeRun(options: ResolvedTrainOptions, engine: Engine, run: PreparedRun): RunFacts {
  return {
    attune: version,
    options,
    notes: [...run.notes],
    labels: run.dataset.labels,
    dataSha256: run.dataset.sha256,
    engine: engine.description,
    node: process.version,
    machine: describeMachine(),
  };
}
