/** data.json of a study: what its data are, kept so that a report needs neither the data nor the model. */
import type { Dataset } from "../data/dataset.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { loadTokenizer } from "../data/tokenizer.ts";
import type { Encoder } from "../models/encoder.ts";
import { openModel } from "../models/load.ts";
import { datasetOptions } from "../run/data-options.ts";
import { inspectDataset } from "../run/inspect.ts";
import { longestText } from "../run/model-limits.ts";
import type { ResolvedTrainOptions } from "../run/options.ts";
import { pinned, type Sources } from "../run/sources.ts";
import type { DataFacts } from "./comparison.ts";

/** Name of the file in the folder of a study. */
export const DATA_FACTS = "data.json";

/** What runs are given, opened: data, and of the model what does not take its weights. */
export interface StudyInput {
  readonly options: ResolvedTrainOptions;
  readonly sources: Sources;
  readonly dataset: Dataset;
  readonly encoder: Encoder;
}

/** @throws AttuneError where model or data cannot be used */
export async function openStudyInput(options: ResolvedTrainOptions, sources: Sources): Promise<StudyInput> {
  const dataset = await loadDataset(datasetOptions({ ...options, data: sources.data.path }));
  const { encoder, close } = await openModel(sources.model.path, dataset.labels);
  close();
  return { options, sources, dataset, encoder };
}

/** What there is to know of the data. */
export function describeStudyData({ options, sources, dataset, encoder }: StudyInput): DataFacts {
  const { data, limit } = options;
  const model = {
    tokenizer: loadTokenizer(sources.model.path),
    maxLength: longestText(options.maxLength, encoder),
  };
  return {
    path: sources.data.hub ? pinned(sources.data.hub) : data,
    sha256: dataset.sha256,
    ...inspectDataset(dataset, model, limit),
    trainedOn: Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.splits.train.length),
  };
}
