/** How tables are read: options of every command that reads labelled texts, described once. */
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import type { DataOptions } from "./data-options.generated.ts";
import { type DatasetOptions, sharedTextsNames } from "./load-dataset.ts";

/** What `--data` may be. */
export const DATA =
  "labelled texts: CSV, TSV, JSON, JSONL or Parquet files (gzip works; separate several by commas), a folder of them with or without splits, or a name on the Hub, org/name";

const name = () => z.string().min(1).optional();

export const dataOptions = z.strictObject({
  text: name().describe(
    "column of the text; two columns, separated by a comma, make a sentence pair (default: detected)",
  ),
  label: name().describe(
    "column of the label; with --multi-label also one column per label, separated by commas (default: detected)",
  ),
  id: name().describe("column of row ids (default: the column id, if there is one)"),
  group: name().describe("rows with the same value in this column stay in one split, where Attune makes the splits"),
  multiLabel: z
    .boolean()
    .default(false)
    .describe("a text may have any number of labels: as a list, as a separated text, or with one column per label"),
  labelSeparator: name().describe("separator between labels in one cell (default: detected)"),
  delimiter: name().describe('delimiter of CSV and TSV: one character, or "tab" (default: detected)'),
  quote: name().describe(
    'quote character of CSV and TSV, or "none" where quotes are part of the texts (default: detected)',
  ),
  escape: name().describe(
    'character before a quote that belongs to the text, in CSV and TSV: " or "backslash" (default: detected)',
  ),
  encoding: name().describe(
    "encoding of text files, such as latin-1 or windows-1252 (default: UTF-8; UTF-16 is detected)",
  ),
  header: z.boolean().optional().describe("whether the first row of CSV and TSV names the columns (default: detected)"),
  sharedTexts: z
    .enum(sharedTextsNames)
    .default("once")
    .describe(
      "texts that stand in two splits: once removes them from all but the last of train, validation and test; keep leaves them",
    ),
});

export type { DataOptions };

/** Those of them that texts without labels need. */
export const textReading = dataOptions.pick({
  text: true,
  id: true,
  delimiter: true,
  quote: true,
  escape: true,
  encoding: true,
  header: true,
});

/** Those of the given options that say how tables are read, checked; `spell` says how an option is written. */
export function checkedDataOptions(given: object, spell: Spell): DataOptions {
  const own = Object.entries(given).filter(([key]) => Object.hasOwn(dataOptions.shape, key));
  const checked = checkOptions(dataOptions.partial().shape, Object.fromEntries(own), spell) as DataOptions;
  return Object.fromEntries(Object.entries(checked).filter(([key]) => Object.hasOwn(given, key)));
}

/** The given options without those that say how tables are read. */
export const withoutDataOptions = <T extends object>(given: T): Omit<T, keyof DataOptions> =>
  Object.fromEntries(Object.entries(given).filter(([key]) => !Object.hasOwn(dataOptions.shape, key))) as T;

/** The reading options among others, with where and how splits are made. */
export function datasetOptions(
  options: DataOptions & {
    readonly data: string;
    readonly seed: number;
    /** Which configuration of data that have several. @default their own */
    readonly configName?: string | undefined;
    /** Decides splits that have to be made. @default the seed */
    readonly splitSeed?: number | undefined;
  },
): DatasetOptions {
  const own = Object.keys(dataOptions.shape) as (keyof DataOptions)[];
  return {
    path: options.data,
    configName: options.configName,
    seed: options.splitSeed ?? options.seed,
    ...Object.fromEntries(own.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]))),
  };
}
