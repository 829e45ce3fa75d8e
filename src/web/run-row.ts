/** A run as a row of the table: read from its run.json and result.json, and from the end of its events while it goes on. */
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { holderOf } from "../base/file-lock.ts";
import { methodOf } from "../methods/registry.ts";
import type { RunFacts, RunStatus } from "../run/run-facts.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import type { PlannedRun } from "../study/study.ts";
import type { FigureName, RunRow, WorkState } from "./app-types.ts";
import { lastLines } from "./event-lines.ts";

export type StoredFacts = RunFacts & {
  readonly status: RunStatus;
  readonly reason?: string;
  readonly kind?: "pretrain";
};

/** What a study says of one of its runs. */
export type InStudy = { readonly path: string; readonly planned: PlannedRun | undefined };

export function runRow(folder: string, path: string, study: InStudy | undefined): RunRow {
  const file = join(folder, path, "run.json");
  const shared = { path, ...(study && { study: study.path }), changed: statSync(file).mtimeMs };
  try {
    return { ...shared, ...described(RunFolder.open(join(folder, path)), study?.planned) };
  } catch (error) {
    const name = basename(path);
    const unknown = { title: name, method: "", recipe: "", model: "", data: "", figures: {} };
    return { ...shared, kind: "train", state: "unreadable", reason: (error as Error).message, ...unknown };
  }
}

function described(run: RunFolder, planned: PlannedRun | undefined): Omit<RunRow, "path" | "changed" | "study"> {
  const facts = run.readJson<StoredFacts>("run.json");
  const { options, reason, kind = "train" } = facts;
  const state = stateOf(run, facts.status);
  const result = state === "done" ? run.readJson<Partial<RunResult>>("result.json") : undefined;
  const progress = state === "done" ? undefined : progressOf(run.at("events.jsonl"));
  return {
    kind,
    state,
    ...(state !== "done" && reason !== undefined && { reason }),
    title: planned?.title ?? (kind === "pretrain" ? "Pre-training" : titleOf(options)),
    method: kind === "pretrain" ? kind : options.method,
    recipe: options.recipe ?? "own",
    model: options.model ?? "",
    data: options.data ?? "",
    ...(progress && { progress }),
    figures: figuresOf(options as unknown as Readonly<Record<string, unknown>>, result),
  };
}

/** A run whose process is gone has stopped, whatever it last wrote. */
function stateOf(run: RunFolder, status: RunStatus): WorkState {
  return status === "running" && !holderOf(run.path) ? "interrupted" : status;
}

function titleOf(options: RunFacts["options"]): string {
  const { rank } = options as { readonly rank?: number };
  const { title } = methodOf(options.method);
  return rank === undefined ? title : `${title}, rank ${rank}`;
}

function figuresOf(
  options: Readonly<Record<string, unknown>>,
  result: Partial<RunResult> | undefined,
): RunRow["figures"] {
  const { test, seconds, memory, parameters, epochs, bestEpoch = 0 } = result ?? {};
  const found: Record<FigureName, unknown> = {
    accuracy: test?.accuracy,
    f1: test?.f1,
    loss: test?.loss,
    calibrationError: test?.calibrationError,
    validationF1: epochs?.[bestEpoch - 1]?.validation.f1,
    bestEpoch: result?.bestEpoch,
    seconds: seconds?.total,
    textsPerSecond: result?.examplesPerSecond,
    memory: memory?.peakRssBytes,
    trainable: parameters?.trainable,
    stored: result?.storedBytes,
    learningRate: options.learningRate,
    batchSize: options.batchSize,
    epochs: options.epochs,
    rank: options.rank,
    seed: options.seed,
  };
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => typeof value === "number" && Number.isFinite(value)),
  );
}

function progressOf(events: string): [number, number] | undefined {
  const last = lastLines(events).findLast(({ type }) => type === "step");
  return typeof last?.step === "number" && typeof last.totalSteps === "number"
    ? [last.step, last.totalSteps]
    : undefined;
}
