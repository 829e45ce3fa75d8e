/** The jobs that both sides do: as options of Attune and as arguments of peer.py. */
import { type BaseModel, baseModels } from "./base-models.ts";
import type { JobOptions } from "./steps.ts";

export interface Job {
  readonly title: string;
  /** Options of Attune besides model, data, batch size, threads and learning rate. */
  readonly options: Partial<JobOptions>;
  readonly peer: readonly string[];
  /**
   * Where Attune keeps what frozen layers compute, a step is not the whole: so many epochs are measured from start to
   * result, and the peer does one of them, which is taken as many times.
   */
  readonly epochs?: number;
  /** Training texts of such a run, by model; `--examples` says otherwise. What is measured is taken for `WHOLE` texts. */
  readonly examples?: Readonly<Record<"base" | "model", number>>;
}

/** Training texts of the whole job. */
export const WHOLE = 16_000;

export const jobs = {
  full: { title: "full", options: { method: "full" }, peer: ["--method", "full"] },
  top2: {
    title: "full, top 2 layers",
    options: { method: "full", layers: "top:2" },
    peer: ["--method", "full", "--top", "2"],
    epochs: 5,
    examples: { base: 1600, model: 1600 },
  },
  lora: { title: "LoRA r8", options: { method: "lora", rank: 8 }, peer: ["--method", "lora", "--rank", "8"] },
  prefix: {
    title: "prefix 20",
    options: { method: "prefix", virtualTokens: 20 },
    peer: ["--method", "prefix"],
  },
  prompt: {
    title: "prompt 20",
    options: { method: "prompt", virtualTokens: 20 },
    peer: ["--method", "prompt"],
  },
  loraInt8: {
    title: "LoRA r8, int8",
    options: { method: "lora", rank: 8, precision: "int8" },
    peer: ["--method", "lora", "--rank", "8"],
  },
  prefixInt8: {
    title: "prefix 20, int8",
    options: { method: "prefix", virtualTokens: 20, precision: "int8" },
    peer: ["--method", "prefix"],
  },
  fullInt8All: {
    title: "full, int8-all",
    options: { method: "full", precision: "int8-all" },
    peer: ["--method", "full"],
  },
  probe: {
    title: "linear probe",
    options: { method: "probe" },
    peer: ["--method", "linear-probe"],
    epochs: 10,
    examples: { base: 1600, model: WHOLE },
  },
  probeInt8: {
    title: "linear probe, int8",
    options: { method: "probe", precision: "int8" },
    peer: ["--method", "linear-probe"],
    epochs: 10,
    examples: { base: 1600, model: WHOLE },
  },
} as const satisfies Record<string, Job>;

export type JobName = keyof typeof jobs;
export const jobNames = Object.keys(jobs) as JobName[];
export const jobOf = (name: JobName): Job => jobs[name];

export const precisions = ["float32", "bfloat16"] as const;
export type Precision = (typeof precisions)[number];
/** Encoders of base size with weights by chance, and the folder that `--model` names. */
export const modelKinds = [...(Object.keys(baseModels) as BaseModel[]), "model"] as const;
export type ModelKind = (typeof modelKinds)[number];

/** What is aimed at, to stand beside what was reached. */
export interface Goal {
  readonly job: JobName;
  readonly model: ModelKind;
  readonly against: Precision;
  /** Python's seconds over Attune's, at least, at batch 16; undefined where none is set. */
  readonly speed: { readonly "AVX-512"?: number; readonly AVX2?: number };
  /** Attune's peak memory over that of Python in float32, at most. */
  readonly memory?: number;
}

export const GOAL_BATCH = 16;
export const goals: readonly Goal[] = [
  { job: "full", model: "bert-base", against: "float32", speed: { "AVX-512": 3.8, AVX2: 1.9 }, memory: 0.7 },
  { job: "full", model: "bert-base", against: "bfloat16", speed: { "AVX-512": 1.5 } },
  { job: "lora", model: "bert-base", against: "float32", speed: { "AVX-512": 4.5, AVX2: 2 }, memory: 0.4 },
  { job: "prefix", model: "bert-base", against: "float32", speed: { "AVX-512": 4.5, AVX2: 2 } },
  { job: "loraInt8", model: "bert-base", against: "float32", speed: { "AVX-512": 5 }, memory: 0.25 },
  { job: "prompt", model: "bert-base", against: "float32", speed: { "AVX-512": 3.5, AVX2: 1.7 } },
  { job: "top2", model: "bert-base", against: "float32", speed: { "AVX-512": 8, AVX2: 4.5 } },
  { job: "loraInt8", model: "model", against: "float32", speed: { "AVX-512": 4.5 } },
  { job: "full", model: "model", against: "float32", speed: { "AVX-512": 4, AVX2: 2.3 } },
  { job: "lora", model: "model", against: "float32", speed: { "AVX-512": 4, AVX2: 2.3 } },
  { job: "probe", model: "model", against: "float32", speed: { "AVX-512": 45, AVX2: 22 } },
];

/** Of a full step of BERT-base: masks, packing, gradient norm and optimizer, at most. */
export const OUTSIDE_GRAPH_GOAL = { "AVX-512": 0.14, AVX2: 0.1 } as const;
/** Of BERT-base, at most. */
export const START_SECONDS_GOAL = 3;
