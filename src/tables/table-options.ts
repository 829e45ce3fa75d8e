/** How tables are read: options of every command that reads labelled texts, described once. */
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import { type DatasetOptions, sharedTextsNames } from "./load-dataset.ts";

/** What `--data` may be. */
export const DATA =
  "labelled texts: a folder, with splits or without, or CSV, TSV, JSON, JSONL or Parquet files, also gzipped, with commas between; or a name on the Hub, org/name";

const name = () => z.string().min(1).optional();

export const dataOptions = z.strictObject({
  text: name().describe("column that holds the text; two, with a comma between, make a sentence pair (default: found)"),
  label: name().describe(
    "column that holds the label; with --multi-label also one column for each, with commas between (default: found)",
  ),
  id: name().describe("column that names the rows (default: id where there is one)"),
  group: name().describe("column whose equal values stay in one split, where splits are made"),
  multiLabel: z
    .boolean()
    .default(false)
    .describe("a text may have any number of labels: a list, a separated text, or one column for each"),
  labelSeparator: name().describe("what separates labels in one cell (default: found)"),
  delimiter: name().describe('of CSV and TSV: one character, or "tab" (default: found)'),
  quote: name().describe(
    'of CSV and TSV: one character, or "none" where quotes are part of the texts (default: found)',
  ),
  encoding: name().describe("of text files, like windows-1252 (default: UTF-8, or UTF-16 where the file shows it)"),
  header: z.boolean().optional().describe("whether the first row of CSV and TSV names the columns (default: found)"),
  sharedTexts: z
    .enum(sharedTextsNames)
    .default("once")
    .describe(
      "equal texts in two splits: once takes them out of all but the last and keeps them together in splits that are made",
    ),
});

export type DataOptions = z.input<typeof dataOptions>;

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
