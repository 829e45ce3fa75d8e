/** The predictions for one table in a process of its own. */
import type { LoadOptions } from "../classifier/opened-model.ts";
import { inOwnProcess, type ProcessEnd, programBeside } from "../study/own-process.ts";
import type { Asked } from "./shared-classifier.ts";

export interface PredictJob extends Pick<Asked, "reading" | "top"> {
  /** Of the classifier. */
  readonly folder: string;
  readonly load: LoadOptions;
  /** The table, and the file to write. */
  readonly data: string;
  readonly out: string;
  readonly stillSeconds: number;
}

/** How many texts are done, of how many. */
export interface TextsDone {
  readonly done: number;
  readonly total: number;
}

const PROGRAM = programBeside(import.meta.url, "predict-child");

/** After `signal` nothing is written. */
export const predictInProcess = (
  job: PredictJob,
  see: (news: TextsDone) => void,
  signal: AbortSignal,
): Promise<ProcessEnd> => inOwnProcess<TextsDone>(PROGRAM, job, see, signal);
