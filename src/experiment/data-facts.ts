/** data.json of a study: what its data are, kept so that a report needs neither the data nor the model. */
import { describeData } from "../data/describe.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { loadTokenizer } from "../data/tokenizer.ts";
import { openModel } from "../models/load.ts";
import { datasetOptions } from "../run/data-options.ts";
import { longestText } from "../run/model-limits.ts";
import { type ResolvedTrainOptions, resolveOptions } from "../run/options.ts";
import { pinned, type Sources } from "../run/sources.ts";
import type { DataFacts } from "./comparison.ts";
import type { PlannedRun } from "./study.ts";

/** Name of the file in the folder of a study. */
export const DATA_FACTS = "data.json";

/** Reads the data and the tokenizer of a planned run, and says what there is to know of them. */
export function describePlannedData({ options }: Pick<PlannedRun, "options">, sources: Sources): Promise<DataFacts> {
  return describeDataOf(resolveOptions({ ...options, out: "-" }), sources);
}

/** The same by the options of a run that has begun. */
export async function describeDataOf(options: ResolvedTrainOptions, sources: Sources): Promise<DataFacts> {
  const { data, limit } = options;
  const model = sources.model.path;
  const dataset = await loadDataset(datasetOptions({ ...options, data: sources.data.path }));
  const pretrained = await openModel(model, dataset.labels);
  pretrained.close();
  const { sha256, labels, splits, notes } = dataset;
  return {
    path: sources.data.hub ? pinned(sources.data.hub) : data,
    sha256,
    labels,
    ...describeData(dataset, loadTokenizer(model), longestText(options.maxLength, pretrained.encoder)),
    trainedOn: Math.min(limit ?? Number.POSITIVE_INFINITY, splits.train.length),
    notes,
  };
}
