/** How `attune train --help` is arranged: options in groups, the common ones first, and examples at the end. */
import type { ResolvedTrainOptions } from "../run/train-options.ts";

type Key = keyof ResolvedTrainOptions;

/** Every option of `train` that all methods take, by the heading it stands under. */
export const trainGroups: Readonly<Record<string, readonly Key[]>> = {
  "Data:": [
    "data",
    "text",
    "label",
    "limit",
    "multiLabel",
    "maxLength",
    "configName",
    "dataRevision",
    "id",
    "group",
    "sharedTexts",
    "splitSeed",
    "labelSeparator",
    "delimiter",
    "quote",
    "escape",
    "encoding",
    "header",
  ],
  "Model and method:": ["model", "method", "revision", "adapter", "semantics"],
  "Head:": ["head", "mlpSize", "headDropout", "trainHead", "trainPooler"],
  "Training:": [
    "recipe",
    "epochs",
    "learningRate",
    "headLearningRate",
    "batchSize",
    "seed",
    "schedule",
    "warmup",
    "weightDecay",
    "bestMetric",
    "earlyStopping",
    "gradientAccumulation",
    "maxGradientNorm",
    "classWeights",
    "balance",
    "labelSmoothing",
    "beta1",
    "beta2",
    "epsilon",
  ],
  "Output and machine:": [
    "out",
    "precision",
    "strict",
    "threads",
    "bits",
    "checkpointMinutes",
    "frozenFeatureMegabytes",
  ],
};

export const trainExamples = `
Examples:
  attune train --data reviews.csv --out runs/first
  attune train --data reviews.csv --model google-bert/bert-base-uncased --method lora --rank 8 --learning-rate 5e-4 --out runs/lora
  attune train --resume runs/lora

Without --learning-rate, the recipe tuned sets rates, epochs and LoRA's layers by rules; what is given counts. The defaults named above are
those of --recipe own.`;
