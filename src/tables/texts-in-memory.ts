/** Labelled texts that a program has in memory, as tables: lists of objects are read as the rows of JSON Lines files are. */
import { AttuneError } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import type { SplitName } from "./dataset.ts";
import type { Source } from "./find-splits.ts";
import { showValue } from "./show-value.ts";
import { type Row, SAMPLE_ROWS, type Table } from "./table.ts";

/** One text. Other fields are columns as well, which the options `text`, `label`, `id` and `group` may name. */
export interface LabelledText {
  /** What is to be classified; empty texts are used as they are. */
  readonly text: string;
  /** The second text, where both are read together. */
  readonly textPair?: string;
  /** Its label: a word, a whole number or true/false. */
  readonly label?: string | number | bigint | boolean;
  /** Its labels, with `multiLabel`. */
  readonly labels?: readonly (string | number | bigint | boolean)[];
  /** Its name in files of predictions. @default its split and number, such as "train-0" */
  readonly id?: string | number | bigint;
}

/** Labelled texts by split, or in one list. What is missing is made as for files: of a list 80/10/10, else a tenth of `train`. */
export type TextsInMemory =
  | readonly LabelledText[]
  | {
      /** What is learned from. */
      readonly train: readonly LabelledText[];
      /** What the best epoch is chosen on. @default a tenth of `train`, stratified by label */
      readonly validation?: readonly LabelledText[];
      /** What the result is measured on. @default a tenth of `train`, stratified by label */
      readonly test?: readonly LabelledText[];
    };

/** What stands in run.json and in messages where a path would stand. */
export const IN_MEMORY = "texts in memory";

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];
const ROW = 'a row is an object like { text: "…", label: "…" }';

/**
 * Options with a name for their data, and the texts themselves where a program gave those instead of a path.
 *
 * @throws AttuneError with the place of what is not a row, like `data.train[17]`
 */
export function takeTexts<Options extends object>(
  options: Options,
): { readonly options: Options & { readonly data: string }; readonly source: Source | undefined } {
  const { data, configName } = (options ?? {}) as { readonly data?: unknown; readonly configName?: unknown };
  if (typeof data !== "object" || data === null)
    return { options: options as Options & { readonly data: string }, source: undefined };
  if (configName !== undefined)
    throw new AttuneError("data/no-config", `${IN_MEMORY} have no configurations; leave configName out`);
  return { options: { ...options, data: IN_MEMORY }, source: sourceOf(data) };
}

/** The splits, in the same form as those of files. */
export function sourceOf(data: object): Source {
  const lists = Array.isArray(data) ? { data } : Object.fromEntries(listsOf(data));
  for (const [path, rows] of Object.entries(lists)) requireRows(path, rows);
  const names = Object.keys(lists);
  return {
    files: Array.isArray(data)
      ? { all: names }
      : Object.fromEntries(names.map((name) => [name.replace("data.", ""), [name]])),
    unused: [],
    classNames: () => undefined,
    open: async (path) => tableOf(path, lists[path] as readonly Values[]),
  };
}

type Values = Readonly<Record<string, unknown>>;

function listsOf(data: object): [string, unknown][] {
  return Object.entries(data).flatMap(([split, rows]): [string, unknown][] => {
    if (!(SPLITS as readonly string[]).includes(split)) {
      const hint = didYouMean(split, SPLITS, `its splits are ${SPLITS.join(", ")}`, (name) => name);
      throw new AttuneError("data/splits", `data has no split ${JSON.stringify(split)}; ${hint}`);
    }
    return rows === undefined ? [] : [[`data.${split}`, rows]];
  });
}

function requireRows(path: string, rows: unknown): void {
  if (!Array.isArray(rows))
    throw new AttuneError("data/rows", `${path} is ${showValue(rows)}; it must be a list of rows, and ${ROW}`);
  if (rows.length === 0) throw new AttuneError("data/empty", `${path}: there are no rows`);
  const wrong = rows.findIndex((row) => typeof row !== "object" || row === null || Array.isArray(row));
  if (wrong >= 0) throw new AttuneError("data/rows", `${path}[${wrong}] is ${showValue(rows[wrong])}; ${ROW}`);
}

/** Rows are given in parts of this size. */
const BATCH = 1000;

function tableOf(path: string, rows: readonly Values[]): Table {
  const columns = [...new Set(rows.slice(0, SAMPLE_ROWS).flatMap((row) => Object.keys(row)))];
  const part = (from: number, wanted: readonly string[]): Row[] =>
    rows.slice(from, from + BATCH).map((row, i) => ({
      place: from + i,
      values: wanted.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined)),
    }));
  return {
    path,
    columns,
    unit: "index",
    textOnly: false,
    found: [],
    sample: part(0, columns),
    classNames: () => undefined,
    async *rows(wanted) {
      for (let from = 0; from < rows.length; from += BATCH) yield part(from, wanted);
    },
  };
}
