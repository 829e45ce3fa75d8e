/** One side of the prediction bench, in a process of its own. */
import { readFileSync } from "node:fs";
import { env, pipeline } from "@huggingface/transformers";
import { peakRssBytes } from "../src/base/machine.ts";
import { load } from "../src/classifier/classifier.ts";
import type { Precision } from "../src/train/precision.ts";

export interface InferJob {
  /** The model as Attune and as transformers.js open it. */
  readonly model: string;
  readonly onnx: string;
  /** A JSON file with a list of texts. */
  readonly texts: string;
  readonly threads: number;
  /** In 8 bits: Attune's `precision: "int8"`, and transformers.js's "q8". */
  readonly precision: Precision;
  /** transformers.js with so many texts at once. @default Attune */
  readonly batch?: number;
}

export interface InferRun {
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** Of each text, the highest probability. */
  readonly scores: readonly number[];
}

/** Texts that are predicted before the clock starts. */
const WARM_UP_TEXTS = 64;

const job = JSON.parse(process.argv[2]!) as InferJob;
const texts = JSON.parse(readFileSync(job.texts, "utf8")) as string[];
const predict = job.batch === undefined ? await attune() : await transformersJs(job.batch);
await predict(texts.slice(0, WARM_UP_TEXTS));
const started = performance.now();
const scores = await predict(texts);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, peakRssBytes: peakRssBytes(), scores } satisfies InferRun));

type Predict = (texts: readonly string[]) => Promise<number[]>;

async function attune(): Promise<Predict> {
  const classifier = await load(job.model, { threads: job.threads, precision: job.precision });
  return async (texts) => {
    const predictions = await classifier.predict(texts);
    return predictions.map(({ probabilities }) => Math.max(...Object.values(probabilities)));
  };
}

async function transformersJs(batch: number): Promise<Predict> {
  env.allowRemoteModels = false;
  const session_options = { intraOpNumThreads: job.threads, interOpNumThreads: 1 };
  const dtype = job.precision === "int8" ? "q8" : "fp32";
  const classifier = await pipeline("text-classification", job.onnx, { dtype, session_options });
  return async (texts) => {
    const scores: number[] = [];
    for (let from = 0; from < texts.length; from += batch) {
      const found = (await classifier(texts.slice(from, from + batch))) as { score: number }[];
      scores.push(...found.map(({ score }) => score));
    }
    return scores;
  };
}
