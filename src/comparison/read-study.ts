/** Reads the folder of a study, or of one run: the plan, and of each run what it gave or why it did not. Nothing is written. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RunFacts } from "../run/run-facts.ts";
import type { RunResult } from "../run/run-result.ts";
import type { DataFacts } from "../study/data-facts.ts";
import { DATA_FACTS } from "../study/data-facts.ts";
import type { FailedRun, PlannedRun, Study } from "../study/study.ts";
import { failedShape, isStudy, readStudyFile, readStudyJson } from "../study/study-file.ts";
import { type Predictions, readPredictions } from "./read-predictions.ts";
import { runAsStudy } from "./run-as-study.ts";

/** A run that came to its end. */
export interface FinishedRun {
  readonly planned: PlannedRun;
  readonly facts: RunFacts;
  readonly result: RunResult;
  readonly test: Predictions;
  readonly validation: Predictions;
}

export interface StoredStudy {
  readonly path: string;
  readonly study: Study;
  /** data.json, where it is there. */
  readonly data: DataFacts | undefined;
  /** In the order of the plan, like what follows. */
  readonly finished: readonly FinishedRun[];
  readonly failed: readonly FailedRun[];
  /** Names of runs that have not ended. */
  readonly missing: readonly string[];
}

/**
 * A study, or a run that was trained by itself as a study of one.
 *
 * @throws AttuneError where this is neither, and where a file in it is broken, which it names
 */
export function readStudy(path: string): StoredStudy {
  const alone = isStudy(path) ? undefined : readFacts(path);
  const study = alone ? runAsStudy(path, alone) : readStudyFile(path);
  const finished: FinishedRun[] = [];
  const failed: FailedRun[] = [];
  const missing: string[] = [];
  for (const planned of study.runs) {
    const folder = alone ? path : join(path, "runs", planned.name);
    const facts = alone ?? readFacts(folder);
    const failure = join(path, "failed", `${planned.name}.json`);
    // A run that failed once may have been begun anew.
    if (facts?.status === "done") finished.push(readRun(folder, planned, facts));
    else if (existsSync(failure)) failed.push(readStudyJson<FailedRun>(failure, failedShape));
    else if (facts?.status === "failed")
      failed.push({ name: planned.name, reason: facts.reason ?? "it failed and left no reason" });
    else missing.push(planned.name);
  }
  return { path, study, data: readIfThere(join(path, DATA_FACTS), dataShape), finished, failed, missing };
}

const readFacts = (folder: string) =>
  readIfThere<RunFacts & { status: string; reason?: string }>(join(folder, "run.json"), factsShape);

const readIfThere = <T>(file: string, shape: z.ZodType): T | undefined =>
  existsSync(file) ? readStudyJson<T>(file, shape) : undefined;

function readRun(folder: string, planned: PlannedRun, facts: RunFacts): FinishedRun {
  const predictions = (split: string) =>
    readPredictions(join(folder, "predictions", `${split}.jsonl`), facts.labels, facts.options.multiLabel === true);
  return {
    planned,
    facts,
    result: readStudyJson<RunResult>(join(folder, "result.json"), resultShape),
    test: predictions("test"),
    validation: predictions("validation"),
  };
}

/** What is read of each file: enough that nothing below stumbles over what is not there. */
const numbers = <const K extends string>(...keys: readonly K[]) =>
  z.looseObject(Object.fromEntries(keys.map((key) => [key, z.number()])));
const texts = z.array(z.string());

const factsShape = z.looseObject({
  status: z.string(),
  options: z.looseObject({ data: z.string(), threads: z.number() }),
  notes: texts,
  labels: texts.min(1),
  dataSha256: z.string(),
  engine: z.string(),
  node: z.string(),
  machine: z.looseObject({ platform: z.string(), processor: z.string(), cores: z.number() }),
});

const quality = numbers("accuracy", "f1", "loss");
const resultShape = z.looseObject({
  base: quality,
  epochs: z.array(z.looseObject({ epoch: z.number(), trainLoss: z.number(), validation: quality })),
  bestEpoch: z.number(),
  seconds: numbers("train", "evaluation", "total", "shared", "sharedInTraining"),
  parameters: numbers("trainable", "total"),
  memory: numbers("peakRssBytes", "weightBytes", "gradientBytes", "optimizerBytes", "frozenFeatureBytes"),
  storedBytes: z.number(),
  operations: numbers("forward", "backward"),
});

const dataShape = z.looseObject({ path: z.string(), sha256: z.string(), labels: texts, notes: texts });
