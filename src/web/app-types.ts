/** What the application's server and its page say to each other: types alone, so that the page takes nothing of the server with it. */

import type { PlainBlock } from "../document/document.ts";
import type { OptionDescription } from "../methods/list-methods.ts";

/** `interrupted` is also one whose process is gone; it can be resumed. `unreadable` is a folder whose files are broken. */
export type WorkState = "running" | "interrupted" | "failed" | "done" | "unreadable";

/** What can be measured of a run, by names that stand in tables, filters and charts. */
export type FigureName =
  | "accuracy"
  | "f1"
  | "loss"
  | "calibrationError"
  | "validationF1"
  | "bestEpoch"
  | "seconds"
  | "textsPerSecond"
  | "memory"
  | "trainable"
  | "stored"
  | "learningRate"
  | "batchSize"
  | "epochs"
  | "rank"
  | "seed";

export interface RunRow {
  /** From the folder of the application, with "/" between its parts. */
  readonly path: string;
  readonly kind: "train" | "pretrain";
  readonly state: WorkState;
  /** Why it ended before its end. */
  readonly reason?: string;
  /** Path of the study that it is a part of. */
  readonly study?: string;
  /** For people: "LoRA, rank 8". */
  readonly title: string;
  readonly method: string;
  readonly recipe: string;
  readonly model: string;
  readonly data: string;
  /** When run.json was last written, in milliseconds since 1970. */
  readonly changed: number;
  /** Of one that is not done: steps done, of how many. */
  readonly progress?: readonly [step: number, of: number];
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
}

export interface StudyRow {
  readonly path: string;
  readonly state: WorkState;
  readonly reason?: string;
  readonly model: string;
  readonly data: string;
  /** ISO 8601. */
  readonly began: string;
  readonly runs: number;
  readonly done: number;
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  readonly hasReport: boolean;
  /** The command that repeats it. */
  readonly command: string;
}

/** What the page started and has no folder to show yet, or ended with an error. */
export interface JobRow {
  readonly id: string;
  /** The folder that it is to write. */
  readonly out: string;
  readonly command: string;
  readonly state: "running" | "failed";
  /** What it last said. */
  readonly said: string;
}

export interface FolderListing {
  /** The folder of the application on its machine. */
  readonly folder: string;
  readonly runs: readonly RunRow[];
  readonly studies: readonly StudyRow[];
  readonly jobs: readonly JobRow[];
  /** What is here to choose from: tables or folders of them, models, lists of issues that `attune audit` wrote. */
  readonly tables: readonly string[];
  readonly models: readonly string[];
  readonly issues: readonly string[];
  /** Whether the folder has more than was looked at. */
  readonly isCut: boolean;
}

/** One step of a run: what the charts show of it. */
export type StepRow = readonly [
  step: number,
  epoch: number,
  loss: number,
  learningRate: number,
  gradientNorm: number,
  examples: number,
  seconds: number,
  /** Of the process, where the run wrote it down; else null. */
  memoryBytes: number | null,
];

/** News of one of the runs that a page follows. */
export interface RunNews {
  /** Its place among those that were asked for. */
  readonly run: number;
  /** What was said of it before does not hold any more. */
  readonly anew: boolean;
  readonly steps: readonly StepRow[];
  /** Other events, without what no chart shows. */
  readonly events: readonly RunNewsEvent[];
}

export type RunNewsEvent =
  | {
      readonly type: "start";
      readonly totalSteps: number;
      readonly epochs: number;
      readonly examples: SplitSizes;
      readonly resumedAtStep: number;
    }
  | { readonly type: "base"; readonly seconds: number }
  | {
      readonly type: "epoch";
      readonly epoch: number;
      readonly figures: Readonly<Record<string, number>>;
      readonly best: boolean;
    }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "result" };

export interface SplitSizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface RunDetail {
  readonly row: RunRow;
  /** Options as they were after all defaults, by name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  readonly notes: readonly string[];
  /** How the data were read; version, machine and engine. */
  readonly facts: Readonly<Record<string, string>>;
  /** By label, on test. */
  readonly perClass: readonly {
    readonly label: string;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    readonly support: number;
  }[];
  readonly verdict: readonly string[];
  /** The command that does the same again, into a new folder. */
  readonly command: string;
  /** A plan with which a new study does the same. */
  readonly plan: Readonly<Record<string, unknown>>;
}

/** Which data to look at, and how they are to be read where that is not to be found by looking. */
export interface DataQuestion {
  readonly data: string;
  readonly text?: string | undefined;
  readonly label?: string | undefined;
  readonly multiLabel?: boolean | undefined;
}

export interface DataLook {
  /** Of the first file, with its first values. */
  readonly columns: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** Why the data cannot be used so; then there is nothing of what follows. */
  readonly problem?: string;
  readonly reading?: string;
  readonly notes?: readonly string[];
  /** How many there are. */
  readonly labels?: number;
  readonly texts?: SplitSizes;
  readonly blocks?: readonly PlainBlock[];
}

/** What there is to choose from for something new, besides what is in the folder. */
export interface Choices {
  readonly methods: readonly {
    readonly name: string;
    readonly title: string;
    readonly summary: string;
    readonly hasRank: boolean;
  }[];
  readonly recipes: readonly { readonly name: string; readonly summary: string }[];
  readonly models: readonly string[];
  readonly data: readonly string[];
  readonly defaultRanks: readonly number[];
  readonly defaultMethods: readonly string[];
  /** Further options of all runs, by name. */
  readonly options: Readonly<Record<string, OptionDescription>>;
}

/** What a plan means. */
export interface PlanLook {
  readonly runs: number;
  readonly titles: readonly string[];
  readonly command: string;
  /** Text of the file that the command reads, where it reads one, and where that will be. */
  readonly planFile?: { readonly path: string; readonly text: string };
}

export interface TimeEstimate {
  readonly runs: number;
  readonly seconds: number;
  readonly unknown: readonly string[];
}

export interface ModelAnswers {
  /** For all texts together, without opening the model. */
  readonly milliseconds: number;
  /** Whether it was trained on sentence pairs. */
  readonly takesPairs: boolean;
  readonly answers: readonly {
    /** Where a text may have several labels, all that it has. */
    readonly label: string;
    readonly scores: readonly { readonly label: string; readonly probability: number }[];
  }[];
}

export interface WordWeight {
  readonly text: string;
  /** What it adds to the probability of the label; null for what is no word. */
  readonly weight: number | null;
}

/** Of a text, or of both of a sentence pair. */
export interface WordWeights {
  readonly sides: readonly (readonly WordWeight[])[];
}

export type Decision = "accept" | "keep" | "relabel" | "remove";

export interface ReviewIssue {
  /** Of the file, from 0, without its header. */
  readonly line: number;
  readonly split: string;
  readonly row: number;
  readonly kind: string;
  readonly text: string;
  /** The second text of a sentence pair, or "". */
  readonly pair: string;
  readonly given: string;
  /** "" where nothing is suggested. */
  readonly suggested: string;
  readonly probability?: number;
  readonly givenProbability?: number;
  readonly why: string;
  readonly where: string;
  readonly decision: Decision | "";
  readonly newLabel: string;
  readonly similar: readonly {
    readonly split: string;
    readonly row: number;
    readonly text: string;
    readonly label: string;
    readonly similarity: number;
  }[];
}

export interface ReviewQueue {
  readonly issues: readonly ReviewIssue[];
  readonly labels: readonly string[];
  /** As it was named when it was audited. */
  readonly data: string;
  /** Name of the file that decisions are kept in. */
  readonly saved: string;
  /** What writes the data with the decisions. */
  readonly command: string;
}

/** Every refusal and failure. */
export interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}
