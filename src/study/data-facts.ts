/** data.json of a study: what its data are, kept so that a report needs neither the data nor the model. */

import { pinned, type Sources } from "../hub/named-inputs.ts";
import { type Inspection, inspectDataset } from "../inspection/inspect-texts.ts";
import type { Encoder } from "../models/encoder.ts";
import { type FittingHead, fittingHead } from "../pretrained/fitting-head.ts";
import { openModel } from "../pretrained/open-model.ts";
import { textLength } from "../pretrained/own-max-length.ts";
import type { ResolvedTrainOptions } from "../run/train-options.ts";
import type { Dataset } from "../tables/dataset.ts";
import { limitTrain } from "../tables/limit-train.ts";
import { loadDataset } from "../tables/load-dataset.ts";
import { datasetOptions } from "../tables/table-options.ts";
import { loadTokenizer } from "../tokens/tokenizer.ts";

/**
 * The data of a study, as `inspect` sees them. They are looked at when it begins and that is kept in its folder; where that
 * is missing and the data are no longer what the runs were made with, only what the runs' own files tell is there.
 */
export interface DataFacts extends Partial<Omit<Inspection, "labels" | "counts" | "notes">> {
  readonly path: string;
  readonly sha256: string;
  readonly labels: readonly string[];
  /** Texts by split and label, in the order of labels. */
  readonly counts: Partial<Inspection["counts"]>;
  /** Training texts that were used, and how many there are: --limit takes some of them, which all else is about. */
  readonly trainedOn?: number;
  readonly ofTexts?: number;
  /** Splits that were made, texts that are empty, what is not known and why. */
  readonly notes: readonly string[];
}

/** Name of the file in the folder of a study. */
export const DATA_FACTS = "data.json";

/** What runs are given, opened: data, and of the model what does not take its weights. */
export interface StudyInput {
  readonly options: ResolvedTrainOptions;
  readonly sources: Sources;
  readonly dataset: Dataset;
  readonly encoder: Encoder;
  readonly head: FittingHead;
}

/** @throws AttuneError where model or data cannot be used */
export async function openStudyInput(options: ResolvedTrainOptions, sources: Sources): Promise<StudyInput> {
  const dataset = await loadDataset(datasetOptions({ ...options, data: sources.data.path }));
  const model = await openModel(sources.model.path, dataset.labels);
  model.close();
  const head = fittingHead(model, sources.model.path, dataset.labels);
  return { options, sources, dataset, encoder: model.encoder, head };
}

/** What there is to know of the data. */
export function describeStudyData({ options, sources, dataset, encoder }: StudyInput): DataFacts {
  const { data, limit } = options;
  const limited = limitTrain(dataset, limit, datasetOptions(options).seed);
  const model = {
    tokenizer: loadTokenizer(sources.model.path),
    maxLength: textLength(options.maxLength, sources.model.path, encoder),
  };
  return {
    path: sources.data.hub ? pinned(sources.data.hub) : data,
    sha256: dataset.sha256,
    ...inspectDataset(limited, model),
    trainedOn: limited.splits.train.length,
    ofTexts: dataset.splits.train.length,
  };
}
