/** How long the parts of a run take on this machine: the run itself, on a small sample of the data. */
import { join } from "node:path";
import { isRefused } from "../base/disk-error.ts";
import { discard, temporaryFolder } from "../base/partial-name.ts";
import type { Source } from "../hub/named-inputs.ts";
import { trialSize } from "../run/choose-layers.ts";
import type { RunFacts } from "../run/run-facts.ts";
import { RunFolder } from "../run/run-folder.ts";
import { type ResolvedTrainOptions, resolveOptions } from "../run/train-options.ts";
import type { Dataset } from "../tables/dataset.ts";
import { limitedCount } from "../tables/limit-train.ts";
import { withoutDataOptions } from "../tables/table-options.ts";
import { stepsPerEpoch } from "../train/trainer.ts";
import { runInProcess } from "./run-process.ts";
import { sampleOptions, writeSample } from "./sample.ts";
import type { PlannedRun } from "./study.ts";

/** Seconds, measured. */
export interface Timing {
  /** Start, loading, compiling and writing: all that does not grow with the data. */
  readonly fixed: number;
  readonly step: number;
  /** Evaluation of one text, when everything is warm and what can be kept is kept. */
  readonly text: number;
  readonly isTrained: boolean;
  /** Epochs that heads were tried in, where one is chosen. */
  readonly headEpochs: number;
  /** Numbers of layers that were tried, where one is chosen. */
  readonly layersTried: number;
}

/** Enough for the first step, which is slow, and some others. */
const STEPS = 3;
const EPOCHS = 2;
const TEXTS = 32;

/** Options that change what a run learns and not how long a step takes, or only a little. */
const FREE = new Set(
  ["seed", "epochs", "limit", "warmup", "schedule", "weightDecay", "earlyStopping", "bestMetric", "splitSeed"].concat([
    "learningRate",
    "headLearningRate",
    "rank",
    "alpha",
  ]),
);

/** Runs with the same key share a timing. */
export const timingKey = ({ options }: PlannedRun): string =>
  JSON.stringify(
    Object.entries(options)
      .filter(([key]) => !FREE.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** A folder of sample data, and the timings that are made with it. */
export class Stopwatch {
  #folder: string | undefined;
  readonly #model: Source;
  readonly #dataset: Dataset;
  readonly #threads: number;
  readonly #signal: AbortSignal | undefined;
  #made = 0;

  constructor(model: Source, dataset: Dataset, threads: number, signal?: AbortSignal) {
    this.#model = model;
    this.#dataset = dataset;
    this.#threads = threads;
    this.#signal = signal;
  }

  /** Undefined where such a run does not come to its end, which the study will say why, or has no place for its files. */
  async time(options: PlannedRun["options"]): Promise<Timing | undefined> {
    try {
      return await this.#timed(options);
    } catch (error) {
      if (isRefused(error)) return undefined;
      throw error;
    }
  }

  async #timed(options: PlannedRun["options"]): Promise<Timing | undefined> {
    const { limit: _, earlyStopping: __, seed: ___, configName: ____, ...given } = options;
    // The sample is not written as the data are.
    const rest = withoutDataOptions(given);
    const name = String(this.#made++);
    this.#folder ??= temporaryFolder("timing");
    const [data, out] = [join(this.#folder, `data-${name}`), join(this.#folder, name)];
    const resolved = resolveOptions({ ...rest, out });
    const perStep = resolved.batchSize * resolved.gradientAccumulation;
    const texts = Math.max(TEXTS, this.#dataset.labels.length);
    writeSample(data, this.#dataset, { train: STEPS * perStep, validation: texts, test: texts });
    const sampled = { ...rest, data, ...sampleOptions(this.#dataset), epochs: EPOCHS, threads: this.#threads };
    const steps: { epoch: number; seconds: number }[] = [];
    const started = performance.now();
    const outcome = await runInProcess(
      {
        out,
        options: sampled as PlannedRun["options"],
        sources: { model: this.#model, data: { path: data, notes: [] } },
        lock: `${out}.lock`,
      },
      (event) => {
        if (event.type === "step") steps.push(event);
      },
      this.#signal,
    );
    const wall = (performance.now() - started) / 1000;
    if (outcome.status !== "done") return undefined;
    const { seconds, epochs } = outcome.result;
    const last = epochs.at(-1);
    const ofLast = steps.filter(({ epoch }) => epoch === EPOCHS).map((step) => step.seconds);
    const { headSearch, layerSearch } = RunFolder.open(out).readJson<RunFacts>("run.json");
    return {
      fixed: wall - seconds.train - seconds.evaluation,
      step: median(ofLast),
      text: (last ? last.seconds - sum(ofLast) : seconds.evaluation) / texts,
      isTrained: last !== undefined,
      headEpochs: headSearch ? headSearch.epochs * headSearch.tried.length : 0,
      layersTried: layerSearch ? layerSearch.tried.length : 0,
    };
  }

  close(): void {
    if (this.#folder !== undefined) discard(this.#folder);
  }
}

/** Below this share of a text's whole evaluation, most of the model must have been kept. */
const KEEPING = 0.5;

/**
 * Seconds that a run will take. `forward` is the evaluation of one text by the model as it is: what is computed once for
 * each text where outputs are kept.
 */
export function secondsOf(
  options: PlannedRun["options"],
  counts: Readonly<Record<"train" | "validation" | "test", number>>,
  { fixed, step, text, isTrained, headEpochs, layersTried }: Timing,
  forward: number,
): number {
  const resolved: ResolvedTrainOptions = resolveOptions({ ...options, out: "." });
  const epochs = isTrained ? resolved.epochs : 0;
  const train = limitedCount(resolved.limit, counts.train);
  const perEpoch = stepsPerEpoch(train, resolved);
  const isKeeping = isTrained && text < KEEPING * forward;
  const before = isKeeping ? forward : text;
  const kept = isKeeping ? forward * (train + counts.validation) : 0;
  const heads = headEpochs > 0 ? forward * (train + counts.validation) + headEpochs * perEpoch * step : 0;
  const size = trialSize(train, epochs);
  const trial = kept + size.epochs * (stepsPerEpoch(size.texts, resolved) * step + text * counts.validation);
  const evaluation = text * (epochs * counts.validation + counts.test) + before * counts.test;
  return fixed + heads + layersTried * trial + kept + epochs * perEpoch * step + evaluation;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length === 0 ? 0 : (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
