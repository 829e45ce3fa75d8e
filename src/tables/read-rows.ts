/** The rows of one split, from one or more files, with their labels brought to names. */
import { AttuneError } from "../base/error.ts";
import { withoutEffect } from "../base/unused-options.ts";
import { closeChoices, sampleIn } from "./column-content.ts";
import type { Source } from "./find-splits.ts";
import { LabelBlanks } from "./label-notes.ts";
import { LabelledRows } from "./labelled-rows.ts";
import { findSeparator, flaggedLabels, labelReader, labelsInCell } from "./labels.ts";
import { requireUsedFormat } from "./open-table.ts";
import { describeRoles, findRoles, type RoleOptions, type Roles, requireColumn } from "./roles.ts";
import { cellOf, placeOf, type Table } from "./table.ts";
import type { TableFormat } from "./table-format.ts";

export interface ReadOptions extends RoleOptions, TableFormat {
  /** What separates labels in a cell, with `multiLabel`. @default found by looking */
  readonly labelSeparator?: string | undefined;
}

/** More labels than these are another kind of column. */
const MOST_LABELS = 1000;

export interface ReadRows {
  readonly rows: LabelledRows;
  readonly roles: Roles;
  /** Labels in order, where metadata or the columns say it. */
  readonly classNames: readonly string[] | undefined;
  /** How the first file was read, in one line. */
  readonly reading: string;
  /** What the user should know of its labels. */
  readonly notes: readonly string[];
  /** False where it had no header. */
  readonly header: boolean | undefined;
}

/** Values of rows whose label is not told: test sets of competitions. */
const UNLABELLED: ReadonlySet<unknown> = new Set([undefined, null, "", "-1", "-1.0", -1, -1n]);

/** Whether files have no column of labels, or one that tells none. */
export async function lacksLabels(
  source: Source,
  files: readonly string[],
  { labels }: Roles,
  format: TableFormat,
): Promise<boolean> {
  const isTold = (value: unknown) => !UNLABELLED.has(typeof value === "string" ? value.trim() : value);
  for (const file of files) {
    const table = await source.open(file, format);
    if (table.sample.length === 0) return false;
    if (!labels.some((column) => table.columns.includes(column))) continue;
    if (labels.length > 1) return false;
    if (sampleIn(table, labels[0]!).some(isTold)) return false;
    for await (const batch of table.rows(labels)) if (batch.some(({ values }) => isTold(values[0]))) return false;
  }
  return true;
}

/** `known` is what another split of the same data was read as; `idPrefix` names rows without an id. */
export async function readRows(
  source: Source,
  files: readonly string[],
  idPrefix: string,
  options: ReadOptions,
  known?: Pick<ReadRows, "roles" | "header">,
): Promise<ReadRows> {
  const multiLabel = options.multiLabel ?? false;
  requireUsedFormat(Object.values(source.files).flat(), options);
  let { roles, header } = known ?? {};
  let rows: LabelledRows | undefined;
  let reading = "";
  let classNames: readonly string[] | undefined;
  const blanks = new LabelBlanks();
  for (const file of files) {
    // A short file does not show by itself whether it has a header.
    const table = await source.open(file, { ...options, header: options.header ?? header });
    if (table.sample.length === 0) continue;
    if (table.hasHeader === false) header = false;
    roles = roles ? checkedRoles(table, roles) : findRoles(table, options);
    if (reading === "") {
      const close = options.text === undefined ? closeChoices(table, roles.texts) : [];
      reading = [...table.found, describeRoles(roles, options), ...close].join(", ");
    }
    classNames ??= source.classNames(roles.labels[0]!);
    classNames = table.classNames(roles.labels[0]!) ?? classNames;
    rows ??= new LabelledRows(idPrefix, roles.texts.length, multiLabel);
    await readTable(table, roles, rows, labelsReader(table, roles, classNames, options, blanks));
  }
  if (!rows || !roles || rows.count === 0)
    throw new AttuneError("data/empty", `${files[0]}: there are no rows; fill this file, or remove it`);
  if (multiLabel && roles.labels.length > 1) classNames ??= roles.labels;
  return { rows, roles, classNames, reading, header, notes: blanks.notes() };
}

type LabelsReader = (values: readonly unknown[], where: string) => readonly string[];

function checkedRoles(table: Table, roles: Roles): Roles {
  for (const column of roles.texts) requireColumn(table, column, "--text");
  for (const column of roles.labels) requireColumn(table, column, "--label");
  const { id, ...others } = roles;
  return id !== undefined && table.columns.includes(id) ? roles : others;
}

function labelsReader(
  table: Table,
  { labels }: Roles,
  classNames: readonly string[] | undefined,
  { multiLabel, labelSeparator }: ReadOptions,
  blanks: LabelBlanks,
): LabelsReader {
  if (labelSeparator !== undefined && !(multiLabel && labels.length === 1))
    throw withoutEffect("--label-separator", "where no cell holds several labels");
  if (multiLabel && labels.length > 1) return (values, where) => flaggedLabels(labels, values, where);
  const [column] = labels as [string];
  const read = labelReader(column, classNames, table);
  if (!multiLabel)
    return ([value], where) => {
      const name = read(value, where);
      blanks.see(value, name);
      return [name];
    };
  const separator = labelSeparator ?? findSeparator(sampleIn(table, column));
  return ([value], where) => [...new Set(labelsInCell(value, separator).map((label) => read(label, where)))];
}

async function readTable(table: Table, roles: Roles, rows: LabelledRows, labelsOf: LabelsReader): Promise<void> {
  const { texts, labels, id, group } = roles;
  const columns = [...texts, ...labels, ...(id === undefined ? [] : [id]), ...(group === undefined ? [] : [group])];
  rows.beginFile((place) => placeOf(table, place));
  for await (const batch of table.rows(columns))
    for (const { place, values } of batch) {
      const where = placeOf(table, place);
      rows.add({
        texts: texts.map((column, i) => textOf(values[i], column, where)),
        labels: labelsOf(values.slice(texts.length, texts.length + labels.length), where),
        place,
        id: id === undefined ? undefined : nameOf(values[texts.length + labels.length]),
        group: group === undefined ? undefined : (nameOf(values.at(-1)) ?? ""),
      });
      if (rows.names.length > MOST_LABELS) throw tooManyLabels(table, labels[0]!, place);
    }
}

const tooManyLabels = (table: Table, column: string, place: number): AttuneError =>
  new AttuneError(
    "data/many-labels",
    `${placeOf(table, place)}: the column "${column}" has more than ${MOST_LABELS} different labels up to here; ` +
      "it may hold texts, numbers or names: choose another --label",
  );

/** The name of a row, where a value is one. */
export const nameOf = (value: unknown): string | undefined =>
  (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : undefined;

/** @throws AttuneError where a value is no text */
export function textOf(value: unknown, column: string, where: string): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  const found = value === undefined ? "missing" : `of type ${typeof value}`;
  throw new AttuneError("data/text", `${cellOf(where, column)} is ${found}; it must be a text`);
}
