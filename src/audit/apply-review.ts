/** `applyReview`: the data as a review wants them, in new files; the originals stay as they are. */
import { appendFileSync, existsSync, renameSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { z } from "zod";
import { callShape, requireCallOptions, text } from "../base/call-options.ts";
import { naming } from "../base/disk-error.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { openDataSource } from "../hub/named-inputs.ts";
import { findSource } from "../tables/find-splits.ts";
import { loadDataset } from "../tables/load-dataset.ts";
import { openTable, tableEnding } from "../tables/open-table.ts";
import type { Roles } from "../tables/roles.ts";
import type { TableFormat } from "../tables/table-format.ts";
import { type DataOptions, dataOptions, datasetOptions } from "../tables/table-options.ts";
import { type AuditedTexts, allTexts, WHOLE } from "./audited-texts.ts";
import { type Ending, endings, tableWriter } from "./cleaned-table.ts";
import { namesOf, type Review, readReview } from "./read-review.ts";

export interface ApplyOptions extends Omit<DataOptions, "sharedTexts" | "group"> {
  /** The data that were audited. */
  readonly data: string;
  /** issues.csv of the audit, with decisions filled in. */
  readonly review: string;
  /** A new file ending in .csv, .tsv or .jsonl; for data with splits, a new folder with a file for each. */
  readonly out: string;
  /** Branch, tag or commit of data on the Hub. @default "main" */
  readonly dataRevision?: string;
  /** Which configuration of data that have several. @default their own */
  readonly configName?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Stops fetching. */
  readonly signal?: AbortSignal;
}

export interface AppliedReview {
  /** The files that were written. */
  readonly files: readonly string[];
  /** Rows in them. */
  readonly rows: number;
  readonly relabelled: number;
  readonly removed: number;
  /** Lines of the review without a decision: their rows are as they were. */
  readonly undecided: number;
}

const { sharedTexts: _, group: __, ...reading } = dataOptions.partial().shape;
const shape = {
  ...reading,
  data: z.string().min(1).describe("a folder, a file, or the name of a data set"),
  review: z.string().min(1).describe("issues.csv of an audit, with decisions"),
  out: z.string().min(1).describe("a new file or folder"),
  ...{ dataRevision: text(), configName: text(), onFetch: callShape.onFetch, signal: callShape.signal },
};

/**
 * Writes the data with the decisions of a review: rows with other labels, and without those that were removed. All columns are
 * kept, and labels are names.
 *
 * @throws AttuneError where the review cannot be followed or its rows have changed; then nothing is written
 */
export async function applyReview(options: ApplyOptions): Promise<AppliedReview> {
  requireCallOptions<ApplyOptions>(options, shape, "applyReview", "{ data: …, review: …, out: … }");
  const { data, dataRevision, configName, review: path, out, onFetch, signal, ...reading } = options;
  if (existsSync(out)) throw new AttuneError("audit/exists", `${out}: this exists already; choose another --out`);
  const source = await openDataSource(data, { revision: dataRevision, configName }, { onEvent: onFetch, signal });
  const given = datasetOptions({ ...reading, data: source.path, configName, seed: 0, sharedTexts: "keep" });
  const dataset = await loadDataset(given);
  const texts = allTexts(dataset);
  const review = await readReview(path, texts);
  const { files } = findSource(source.path, configName);
  // In the order of the texts.
  const splits = Object.keys(texts.sizes).map((split) => [split, files[split as keyof typeof files]] as const);
  const written = await writeSplits(splits, out, { texts, review, roles: dataset.columns, format: reading });
  const changes = [...review.changes.values()];
  const removed = changes.filter((change) => change === "removed").length;
  return {
    files: written,
    rows: texts.examples.length - removed,
    relabelled: changes.length - removed,
    removed,
    undecided: review.undecided,
  };
}

interface Cleaning {
  readonly texts: AuditedTexts;
  readonly review: Review;
  readonly roles: Roles;
  readonly format: TableFormat;
}

/** One file, or a folder with one for each split; whole or not at all. */
async function writeSplits(
  splits: readonly (readonly [string, readonly string[]])[],
  out: string,
  cleaning: Cleaning,
): Promise<string[]> {
  const isFile = splits.length === 1 && splits[0]![0] === WHOLE;
  const ending = isFile ? endingOf(out) : endingLike(splits[0]![1][0]!);
  makeFolder(dirname(resolve(out)));
  const partial = partialOf(out);
  const nameIn = (place: string, split: string) => (isFile ? place : join(place, `${split}${ending}`));
  try {
    if (!isFile) naming(out, () => makeFolder(partial));
    let first = 0;
    for (const [split, files] of splits)
      first = await writeSplit(files, nameIn(partial, split), ending, first, cleaning);
    naming(out, () => renameSync(partial, out));
  } catch (error) {
    discard(partial);
    throw error;
  }
  return splits.map(([split]) => nameIn(out, split));
}

function endingOf(out: string): Ending {
  const ending = endings.find((one) => one === extname(out).toLowerCase());
  if (ending) return ending;
  throw new AttuneError("options/value", `--out cannot be ${out}: it must be a new file ending in ${listOf(endings)}`);
}

/** As the data are written, or where that cannot be written, a line of JSON for each row, which has types as well. */
const endingLike = (file: string): Ending => endings.find((one) => one === tableEnding(file)) ?? ".jsonl";

/** Writes the rows of a split's files into one; its first row is text `first`. Returns the first of the next split. */
async function writeSplit(
  files: readonly string[],
  out: string,
  ending: Ending,
  first: number,
  { texts, review, roles, format }: Cleaning,
): Promise<number> {
  let index = first;
  let { header } = format;
  const tables = [];
  for (const file of files) {
    const table = await openTable(file, { ...format, header });
    if (table.sample.length === 0) continue;
    if (table.hasHeader === false) header = false;
    tables.push(table);
  }
  const columns = [...new Set(tables.flatMap((table) => table.columns))];
  const writer = tableWriter(ending, columns, roles.labels, header !== false);
  let ready = writer.header;
  for (const table of tables)
    for await (const batch of table.rows(columns.filter((column) => table.columns.includes(column)))) {
      const own = columns.filter((column) => table.columns.includes(column));
      for (const { values } of batch) {
        const change = review.changes.get(index);
        const row = Object.fromEntries(own.map((column, i) => [column, values[i]]));
        if (change !== "removed") ready += writer.line(row, change?.labels ?? namesOf(texts, index));
        index++;
      }
      naming(out, () => appendFileSync(out, ready));
      ready = "";
    }
  naming(out, () => appendFileSync(out, ready));
  return index;
}
