/** The folder of a study with finished runs, without anything having been trained: for tests of comparison and report. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { normal, randomKey, uniform } from "../src/base/random.ts";
import type { MethodName } from "../src/methods/registry.ts";
import { predictionLines } from "../src/run/predictions.ts";
import type { RecipeFacts } from "../src/run/recipes.ts";
import type { RunFacts } from "../src/run/run-facts.ts";
import type { RunResult } from "../src/run/run-result.ts";
import { resolveOptions } from "../src/run/train-options.ts";
import { resolvePlan } from "../src/study/plan.ts";
import type { FailedRun, PlannedRun, RecipeName, Study } from "../src/study/study.ts";
import type { Example } from "../src/tables/dataset.ts";
import { metricsOf } from "../src/train/evaluate.ts";

/** What recipes know of a small task, where a test does not care. */
export const smallTask: RecipeFacts = {
  texts: 2000,
  labels: 6,
  multiLabel: false,
  hiddenSize: 384,
  head: { head: "mean", reason: "the model has no pooler", isTrained: false },
};

export interface FabricatedSetting {
  readonly id: string;
  readonly title: string;
  readonly method: MethodName;
  readonly options?: Readonly<Record<string, unknown>>;
  /** About the share of texts that it gets right. */
  readonly skill: number;
  readonly trainable: number;
  readonly trainSeconds: number;
  readonly peakRssBytes: number;
}

const lora = (recipe: RecipeName, rank: number, skill: number): FabricatedSetting => ({
  id: `${recipe}/lora-r${rank}`,
  title: `LoRA, rank ${rank}`,
  method: "lora",
  options: { rank },
  skill,
  trainable: 3000 * rank,
  trainSeconds: 60 + rank / 10,
  peakRssBytes: 700e6 + rank * 1e6,
});

/** Full fine-tuning is best, LoRA nearly as good and cheaper, the probe weak and cheapest. */
export const fabricatedSettings = (recipe: RecipeName): FabricatedSetting[] => [
  { ...untrained, id: `${recipe}/none` },
  {
    id: `${recipe}/full`,
    title: "Full fine-tuning",
    method: "full",
    skill: 0.92,
    trainable: 1_000_000,
    trainSeconds: 120,
    peakRssBytes: 900e6,
  },
  {
    id: `${recipe}/probe`,
    title: "Linear probe",
    method: "probe",
    skill: 0.6,
    trainable: 1000,
    trainSeconds: 2,
    peakRssBytes: 500e6,
  },
  lora(recipe, 2, 0.86),
  lora(recipe, 8, 0.91),
  lora(recipe, 32, 0.915),
];

const untrained: Omit<FabricatedSetting, "id"> = {
  title: "No training",
  method: "none",
  skill: 0.3,
  trainable: 0,
  trainSeconds: 0,
  peakRssBytes: 400e6,
};

export interface FabricatedStudy {
  /** @default fabricatedSettings("tuned") */
  readonly settings?: readonly FabricatedSetting[];
  /** @default [42] */
  readonly seeds?: readonly number[];
  /** In test and in validation. @default 200 */
  readonly texts?: number;
  /** @default 1 */
  readonly jobs?: number;
  /** @default fabricatedLabels */
  readonly labels?: readonly string[];
  /** Whether every third text has a second label. @default false */
  readonly multiLabel?: boolean;
  /** Of the machine. @default "Some Processor" */
  readonly processor?: string;
  /** Names of runs that failed, and of runs that have not begun. @default none */
  readonly failed?: readonly string[];
  readonly missing?: readonly string[];
}

export const fabricatedLabels = ["anger", "joy", "love"] as const;
const EPOCHS = 3;
/** What nothing was read from, and so stands for data that are gone. */
const GONE = "gone/data";

/** Writes a study and returns its folder. The same arguments give the same bytes. */
export function fabricateStudy(folder: string, given: FabricatedStudy = {}): string {
  const { settings = fabricatedSettings("tuned"), seeds = [42], texts = 200, jobs = 1 } = given;
  const { failed = [], missing = [], labels = fabricatedLabels, multiLabel = false } = given;
  const { processor = "Some Processor" } = given;
  const planned = settings.flatMap((setting) => seeds.map((seed) => ({ setting, run: planOf(setting, seed) })));
  const study: Study = {
    attune: "0.1.0",
    command: `attune compare --model gone/model --data ${GONE} --out ${folder}`,
    began: "2026-01-02T03:04:05.000Z",
    jobs,
    threads: 2,
    timesComparable: jobs === 1,
    model: "gone/model",
    data: GONE,
    recipes: [...new Set(planned.map(({ run }) => run.recipe))],
    seeds,
    plan: resolvePlan({ model: "gone/model", data: GONE }),
    runs: planned.map(({ run }) => run),
  };
  mkdirSync(join(folder, "failed"), { recursive: true });
  writeJson(study, folder, "study.json");
  for (const { setting, run } of planned) {
    if (missing.includes(run.name)) continue;
    if (failed.includes(run.name)) {
      const why: FailedRun = { name: run.name, reason: "the loss became NaN at step 7 (epoch 1)" };
      writeJson(why, folder, "failed", `${run.name}.json`);
    } else writeRun(join(folder, "runs", run.name), setting, run, { texts, labels, multiLabel, processor });
  }
  return folder;
}

/** Changes predictions of a run: what `change` returns takes the place of its rows. */
export function changePredictions(
  study: string,
  run: string,
  change: (row: Record<string, unknown>, i: number) => Record<string, unknown>,
  split: "test" | "validation" = "test",
): void {
  const file = join(study, "runs", run, "predictions", `${split}.jsonl`);
  const rows = readFileSync(file, "utf8").trimEnd().split("\n");
  writeFileSync(file, `${rows.map((row, i) => JSON.stringify(change(JSON.parse(row), i))).join("\n")}\n`);
}

function planOf({ id, title, method, options = {} }: FabricatedSetting, seed: number): PlannedRun {
  const all = { model: "gone/model", data: GONE, method, epochs: EPOCHS, threads: 2, seed, ...options };
  return {
    name: `${id.replace("/", "-")}-s${seed}`,
    setting: id,
    title,
    recipe: id.split("/")[0] as RecipeName,
    method,
    seed,
    options: all as PlannedRun["options"],
    sources: { epochs: "the plan" },
  };
}

function writeRun(
  folder: string,
  setting: FabricatedSetting,
  run: PlannedRun,
  {
    texts,
    labels,
    multiLabel,
    processor,
  }: Required<Pick<FabricatedStudy, "texts" | "labels" | "multiLabel" | "processor">>,
): void {
  mkdirSync(join(folder, "predictions"), { recursive: true });
  const { method, seed } = run;
  const facts: RunFacts & { readonly status: string } = {
    attune: "0.1.0",
    options: resolveOptions({ ...run.options, out: folder, multiLabel }),
    reading: "comma-separated",
    notes: [],
    labels,
    dataSha256: "da7a",
    modelSha256: "0de1",
    engine: "onnxruntime-node 1.30.0 (cpu)",
    node: "v20.19.0",
    machine: { platform: "linux x64", processor, cores: 2, memoryBytes: 8e9 },
    status: "done",
  };
  const thresholds = multiLabel ? labels.map(() => 0.5) : undefined;
  const measure = (split: string, skill: number) => {
    const examples = examplesOf(split, texts, labels.length, multiLabel);
    const logits = logitsOf(examples, labels.length, randomKey(seed, "sample", `${run.setting} ${split}`), skill);
    const truth = examples.map(({ label, labels: several }) => several ?? label);
    return { examples, logits, metrics: metricsOf(logits, truth, labels, thresholds) };
  };
  const trains = setting.trainable > 0;
  // The last epoch is the best one.
  const epochs = Array.from({ length: trains ? EPOCHS : 0 }, (_, i) => ({
    epoch: i + 1,
    trainLoss: 1.2 - 0.3 * i,
    validation: measure("validation", setting.skill - 0.05 * (EPOCHS - 1 - i)).metrics,
    seconds: (setting.trainSeconds + 3) / EPOCHS,
  }));
  const test = measure("test", setting.skill);
  const result: RunResult = {
    method,
    seed,
    base: measure("test", 0.3).metrics,
    epochs,
    bestEpoch: epochs.length,
    test: test.metrics,
    ...(thresholds && { thresholds: Object.fromEntries(labels.map((label, k) => [label, thresholds[k]!])) }),
    imbalance: { labelSmoothing: 0, balance: "none" },
    seconds: {
      train: setting.trainSeconds + (trains ? seed / 100 : 0),
      evaluation: 4,
      total: setting.trainSeconds + 6,
      startToFirstStep: 1.5,
      shared: method === "probe" ? 5 : 0,
      sharedInTraining: method === "probe" ? 4 : 0,
      ...(trains && { toBestEpoch: setting.trainSeconds + 5 }),
    },
    ...(trains && { examplesPerSecond: 4800 / setting.trainSeconds }),
    operations: { forward: 2e8, backward: trains ? 100 * setting.trainable + 1e8 : 0 },
    parameters: { trainable: setting.trainable, total: 1_000_000 },
    memory: {
      peakRssBytes: setting.peakRssBytes,
      weightBytes: 4e6,
      gradientBytes: 4 * setting.trainable,
      optimizerBytes: 8 * setting.trainable,
      frozenFeatureBytes: method === "probe" ? 1e6 : 0,
    },
    storedBytes: method === "full" ? 4e6 : 4 * setting.trainable,
    steps: 100 * epochs.length,
    tokens: 20_000 * epochs.length,
  };
  writeJson(facts, folder, "run.json");
  writeJson(result, folder, "result.json");
  for (const [split, { examples, logits }] of Object.entries({
    test,
    validation: measure("validation", setting.skill),
  }))
    writeFileSync(join(folder, "predictions", `${split}.jsonl`), predictionLines(examples, labels, logits, thresholds));
}

function examplesOf(split: string, count: number, labels: number, multiLabel: boolean): Example[] {
  const key = randomKey(0, "sample", split, "label");
  // Of three labels, half of the texts have the first, a third the second, a sixth the last; and so on.
  const all = (labels * (labels + 1)) / 2;
  const upTo = Array.from({ length: labels }, (_, k) => ((k + 1) * (labels - k / 2)) / all);
  const label = (share: number) => upTo.findIndex((end, k) => share < end || k === labels - 1);
  return Array.from({ length: count }, (_, i) => {
    const first = label(uniform(key, i));
    const both = i % 3 === 0 ? [first, (first + 1) % labels].sort((a, b) => a - b) : [first];
    const of = multiLabel ? { label: -1, labels: both } : { label: first };
    return { id: `${split}-${i}`, text: `text ${i} of ${split}`, ...of };
  });
}

/** What is hard is hard for every setting and seed in four of five cases, so that those get the same texts wrong, mostly. */
function logitsOf(examples: readonly Example[], labels: number, own: number, skill: number): Float32Array {
  const hard = randomKey(0, "sample", "hard");
  const logits = new Float32Array(examples.length * labels);
  for (const [i, { label, labels: several }] of examples.entries()) {
    const right = uniform(uniform(own, 20_000 + i) < 0.8 ? hard : own, i) < skill;
    const said = (several ?? [label]).map((one) => (right ? one : (one + 1) % labels));
    for (let k = 0; k < labels; k++) logits[i * labels + k] = normal(own, 10_000 + labels * i + k) / 2;
    for (const one of said) logits[i * labels + one]! += 3 + 3 * uniform(own, 5000 + i);
  }
  return logits;
}

function writeJson(value: unknown, ...path: readonly [string, ...string[]]): void {
  writeFileSync(join(...path), `${JSON.stringify(value, null, 2)}\n`);
}
