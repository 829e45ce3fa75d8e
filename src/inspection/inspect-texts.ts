/** `inspect`: what there is to see in labelled texts before a run, and what a transformer must beat. */

import { z } from "zod";
import { callShape, requireCallOptions, text } from "../base/call-options.ts";
import { AttuneError } from "../base/error.ts";
import { withoutEffect } from "../base/unused-options.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { openDataSource, openModelSource } from "../hub/named-inputs.ts";
import { openModel } from "../pretrained/open-model.ts";
import { textLength } from "../pretrained/own-max-length.ts";
import type { Dataset } from "../tables/dataset.ts";
import { loadDataset } from "../tables/load-dataset.ts";
import { type DataOptions, dataOptions, datasetOptions } from "../tables/table-options.ts";
import { type TextsInMemory, takeTexts } from "../tables/texts-in-memory.ts";
import { loadTokenizer, type Tokenizer } from "../tokens/tokenizer.ts";
import { type BagOfWordsScore, scoreBagOfWords } from "./baselines.ts";
import { type DataDescription, describeData, describeTexts, type TextDescription } from "./describe.ts";

export interface InspectOptions extends DataOptions {
  /** A folder, a file, several with commas between, the name of a data set on the Hub or in Attune, or texts in memory. */
  readonly data: string | TextsInMemory;
  /** Branch, tag or commit of data on the Hub. @default "main" */
  readonly dataRevision?: string;
  /** Which configuration of data that have several. @default their own */
  readonly configName?: string;
  /** Folder of a model, or its name, whose tokens are counted. @default none, and only words are counted */
  readonly model?: string;
  /** Branch, tag or commit of a model on the Hub. @default "main" */
  readonly revision?: string;
  /** Longest text in tokens. @default the model's positions */
  readonly maxLength?: number;
  /** Decides splits that have to be made. @default 42 */
  readonly seed?: number;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Stops fetching. */
  readonly signal?: AbortSignal;
}

/** What is found; tokens and how many texts are cut only where a model is given. */
export interface Inspection extends TextDescription, Partial<Pick<DataDescription, "tokens" | "cutShare">> {
  /** How the data were read, in one line. */
  readonly reading: string;
  /** What the user should know: the commit on the Hub, splits that were made, texts that were taken out. */
  readonly notes: readonly string[];
  readonly labels: readonly string[];
  /** Whether a text may have any number of labels. */
  readonly multiLabel: boolean;
  /** Whether each text is two that are read together. */
  readonly sentencePairs: boolean;
  /** Longest text in tokens that the model takes. */
  readonly maxLength?: number;
  /** On the test split, learned from train; absent where there is but one label. */
  readonly bagOfWords?: BagOfWordsScore;
}

const shape = {
  ...dataOptions.partial().shape,
  ...{ data: z.string().min(1).describe("a folder, a file, or the name of a data set"), dataRevision: text() },
  ...{ configName: text(), model: text(), revision: text(), onFetch: callShape.onFetch, signal: callShape.signal },
  ...{ maxLength: z.number().int().min(2).optional(), seed: z.number().int().min(0).optional() },
};

/**
 * Reads labelled texts as `train` does and says what is in them. Nothing is written.
 *
 * @throws AttuneError where data or model cannot be read
 */
export async function inspect(given: InspectOptions): Promise<Inspection> {
  const { options, source: texts } = takeTexts(given);
  requireCallOptions<InspectOptions>(options, shape, "inspect", "{ data: … }");
  const { data, dataRevision, configName, model, revision, maxLength, seed, onFetch, signal, ...reading } = options;
  for (const [name, value] of Object.entries({ "--revision": revision, "--max-length": maxLength }))
    if (model === undefined && value !== undefined)
      throw new AttuneError("options/no-model", `${name} is about a model, and none is given; name one with --model`);
  const context = { onEvent: onFetch, signal };
  const source = await openDataSource(data, { revision: dataRevision, configName }, context);
  const where = datasetOptions({ ...reading, data: source.path, configName, seed: seed ?? 42 });
  const dataset = await loadDataset({ ...where, source: texts });
  if (seed !== undefined && !dataset.madeSplits) throw withoutEffect("--seed", "where no split is made");
  if (model === undefined) return withNotes(inspectDataset(dataset), source.notes);
  const { path, notes } = await openModelSource(model, revision, context);
  const { encoder, close } = await openModel(path, dataset.labels);
  close();
  const limits = { tokenizer: loadTokenizer(path), maxLength: textLength(maxLength, path, encoder) };
  return withNotes(inspectDataset(dataset, limits), [...notes, ...source.notes]);
}

const withNotes = (found: Inspection, notes: readonly string[]): Inspection => ({
  ...found,
  notes: [...notes, ...found.notes],
});

/** The same of data that are loaded. */
export function inspectDataset(
  dataset: Dataset,
  model?: { readonly tokenizer: Pick<Tokenizer, "encode">; readonly maxLength: number },
): Inspection {
  const { labels, multiLabel, reading, notes, splits } = dataset;
  return {
    reading,
    notes,
    labels,
    multiLabel,
    sentencePairs: splits.train.isPair,
    ...(model ? describeData(dataset, model.tokenizer, model.maxLength) : describeTexts(dataset)),
    ...(model && { maxLength: model.maxLength }),
    ...(labels.length > 1 && { bagOfWords: scoreBagOfWords(dataset) }),
  };
}
