/** A data set from a path: rows of all splits, labels in order, and what the user should know about them. */
import { createHash } from "node:crypto";
import { AttuneError, listOf } from "../base/error.ts";
import { nearest } from "../base/nearest.ts";
import type { Dataset, Example, SplitName } from "./dataset.ts";
import { labelReader, orderLabels } from "./labels.ts";
import { findSource, type Source } from "./source.ts";
import { stratifiedSplit } from "./split.ts";
import type { Table } from "./table.ts";
import { readTable } from "./tables.ts";

export interface DatasetOptions {
  /** A file, or a folder with splits. */
  readonly path: string;
  /** Which of the configurations that a folder's README describes. */
  readonly configName?: string | undefined;
  /** Column of the text. @default "text" */
  readonly text?: string;
  /** Column of the label. @default "label" */
  readonly label?: string;
  /** Decides splits that have to be made. */
  readonly seed: number;
}

/** A row on its way to an example: its label is still a name. */
interface LabelledRow {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly where: string;
}

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];
/** Share of the rows that a made validation or test split gets. */
const MADE_SHARE = 0.1;

/** Loads all splits; makes those that are missing. */
export async function loadDataset(options: DatasetOptions): Promise<Dataset> {
  const { rows, notes, classNames } = await loadRows(findSource(options.path, options.configName), options);
  const labels = classNames ?? orderLabels(rows.train.map(({ label }) => label));
  const splits = Object.fromEntries(
    SPLITS.map((split) => [
      split,
      toExamples(rows[split], labels, "the training split has no such label; correct it, or leave the row out"),
    ]),
  ) as Record<SplitName, Example[]>;
  return { labels, splits, notes: [...notes, ...emptyTexts(Object.values(splits))], sha256: hashOf(labels, splits) };
}

/** Loads the texts that a trained model is to be evaluated on, with that model's labels in its order. */
export async function loadSplit(
  options: DatasetOptions & {
    /** @default "test" for a folder, all rows for a file */
    readonly split?: SplitName;
    readonly labels: readonly string[];
  },
): Promise<{ readonly examples: readonly Example[]; readonly notes: readonly string[] }> {
  const { rows, notes } = await loadRowsOf(options, options.split);
  const examples = toExamples(
    rows,
    options.labels,
    "the model was not trained on such a label; correct it, or leave the row out",
  );
  return { examples, notes: [...notes, ...emptyTexts([examples])] };
}

async function loadRowsOf(options: DatasetOptions, split: SplitName | undefined) {
  const source = findSource(options.path, options.configName);
  const { files } = source;
  const name = split ?? "test";
  if ("all" in files) {
    if (split === undefined) return { ...(await readRows(source, [files.all], "row", options)), notes: [] };
  } else if (files[name] && name !== "train") {
    // Reading one split is enough where it is there; of train, others may have been made.
    return { ...(await readRows(source, files[name], name, options)), notes: [] };
  }
  const { rows, notes } = await loadRows(source, options);
  return { rows: rows[name], notes };
}

async function loadRows(source: Source, options: DatasetOptions) {
  return "all" in source.files
    ? splitOneFile(source, source.files.all, options)
    : loadGivenSplits(source, source.files, options);
}

async function splitOneFile(source: Source, file: string, options: DatasetOptions) {
  const { rows: all, classNames } = await readRows(source, [file], "row", options);
  const chosen = stratifiedSplit(
    all.map(({ label }) => label),
    { validation: MADE_SHARE, test: MADE_SHARE },
    options.seed,
  );
  const rows = partition(all, chosen);
  const sizes = SPLITS.map((split) => `${rows[split].length} ${split}`).join(", ");
  requireRows(options.path, rows);
  return {
    rows,
    classNames,
    notes: [`One file without splits: 80/10/10, stratified by label, seed ${options.seed}: ${sizes}.`],
  };
}

async function loadGivenSplits(
  source: Source,
  files: Readonly<Partial<Record<SplitName, readonly string[]>>>,
  options: DatasetOptions,
) {
  const rows: Record<SplitName, LabelledRow[]> = { train: [], validation: [], test: [] };
  let classNames: readonly string[] | undefined;
  if (!files.train)
    throw new AttuneError("data/no-train", `${options.path}: there is no training split; add a file like train.csv`);
  for (const split of SPLITS) {
    if (!files[split]) continue;
    const read = await readRows(source, files[split], split, options);
    rows[split] = read.rows;
    if (split === "train") classNames = read.classNames;
  }
  const missing = (["validation", "test"] as const).filter((split) => !files[split]);
  if (missing.length === 0) return { rows, classNames, notes: [] };
  const share = (split: SplitName) => (missing.includes(split as "test") ? MADE_SHARE : 0);
  const shares = { validation: share("validation"), test: share("test") };
  const made = partition(
    rows.train,
    stratifiedSplit(
      rows.train.map(({ label }) => label),
      shares,
      options.seed,
    ),
  );
  rows.train = made.train;
  for (const split of missing) rows[split] = made[split];
  requireRows(options.path, rows);
  const sizes = missing.map((split) => `${split} (${rows[split].length} texts)`).join(" and ");
  return {
    rows,
    classNames,
    notes: [`There is no ${sizes}: made from train, stratified by label, seed ${options.seed}.`],
  };
}

function partition(all: readonly LabelledRow[], splits: readonly SplitName[]): Record<SplitName, LabelledRow[]> {
  const rows: Record<SplitName, LabelledRow[]> = { train: [], validation: [], test: [] };
  for (const [i, row] of all.entries()) rows[splits[i]!].push(row);
  return rows;
}

function requireRows(path: string, rows: Readonly<Record<SplitName, readonly LabelledRow[]>>): void {
  const empty = SPLITS.find((split) => rows[split].length === 0);
  if (empty)
    throw new AttuneError(
      "data/too-few",
      `${path}: there are too few rows for a ${empty} split; 10 of each label are enough`,
    );
}

/** The rows of one split, from one or more files. */
async function readRows(source: Source, files: readonly string[], idPrefix: string, options: DatasetOptions) {
  const { text: textColumn = "text", label: labelColumn = "label" } = options;
  const rows: LabelledRow[] = [];
  let classNames = source.classNames(labelColumn);
  for (const file of files) {
    const table = await readTable(file);
    if (table.rows.length === 0) continue;
    for (const column of [textColumn, labelColumn])
      requireColumn(table, column, column === textColumn ? "--text" : "--label");
    classNames = table.classNames(labelColumn) ?? classNames;
    const read = labelReader(labelColumn, classNames, table);
    for (const { values, place } of table.rows) {
      const where = `${file}, ${place}`;
      rows.push({
        id: idOf(values.id) ?? `${idPrefix}-${rows.length}`,
        text: textOf(values[textColumn], textColumn, where),
        label: read(values[labelColumn], where),
        where,
      });
    }
  }
  if (rows.length === 0)
    throw new AttuneError("data/empty", `${files[0]}: there are no rows; fill this file, or remove it`);
  return { rows, classNames };
}

const idOf = (value: unknown): string | undefined =>
  (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : undefined;

function textOf(value: unknown, column: string, where: string): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  const found = value === undefined ? "missing" : `of type ${typeof value}`;
  throw new AttuneError("data/text", `${where}: the ${column} is ${found}; it must be a text`);
}

function requireColumn(table: Table, column: string, option: string): void {
  if (table.columns.includes(column)) return;
  const guess = nearest(column, table.columns);
  throw new AttuneError(
    "data/missing-column",
    `${table.path}: there is no column "${column}"; it has ${listOf(table.columns, "and")}. ` +
      `Choose one with ${option}${guess ? `, perhaps ${option} ${guess}` : ""}`,
  );
}

function toExamples(rows: readonly LabelledRow[], labels: readonly string[], unknown: string): Example[] {
  const index = new Map(labels.map((label, i) => [label, i]));
  return rows.map(({ id, text, label, where }) => {
    const found = index.get(label);
    if (found === undefined) throw new AttuneError("data/unknown-label", `${where}: the label "${label}": ${unknown}`);
    return { id, text, label: found };
  });
}

function emptyTexts(splits: readonly (readonly Example[])[]): string[] {
  const count = splits.flat().filter(({ text }) => text.trim() === "").length;
  if (count === 0) return [];
  return [
    count === 1 ? "1 text is empty; it is used as it is." : `${count} texts are empty; they are used as they are.`,
  ];
}

function hashOf(labels: readonly string[], splits: Readonly<Record<SplitName, readonly Example[]>>): string {
  const hash = createHash("sha256").update(JSON.stringify(labels));
  // JSON strings are framed by their quotes, so no two different data sets give the same bytes.
  for (const split of SPLITS)
    hash.update(
      `\n${split}\n${splits[split].map(({ id, text, label }) => JSON.stringify([id, text, label])).join("\n")}`,
    );
  return hash.digest("hex");
}
