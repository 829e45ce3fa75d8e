/** Texts of a table without their labels: what is to be predicted, such as the test split of a competition. */
import { AttuneError } from "../base/error.ts";
import { closeChoices } from "./column-content.ts";
import type { SplitName, Text } from "./dataset.ts";
import { findSource } from "./find-splits.ts";
import { openTable, requireUsedFormat } from "./open-table.ts";
import { nameOf, type ReadOptions, textOf } from "./read-rows.ts";
import { describeTexts, findTextRoles, requireColumn, type TextRoles } from "./roles.ts";
import { placeOf, type Table } from "./table.ts";

export interface TextRow {
  /** As the column of ids has it, else "test-0" and so on. */
  readonly id: string;
  readonly text: Text;
}

export interface OpenTexts {
  /** How the first file is read, in one line. */
  readonly reading: string;
  readonly roles: TextRoles;
  /** All rows in order, some at a time. */
  rows(): AsyncGenerator<readonly TextRow[]>;
}

export interface TextOptions extends Omit<ReadOptions, "label" | "group" | "multiLabel" | "labelSeparator"> {
  /** A file, several separated by commas, or a folder. */
  readonly path: string;
  /** Which of the configurations that a folder's README describes. */
  readonly configName?: string | undefined;
  /** @default "test" for a folder, all rows for a file */
  readonly split?: SplitName | undefined;
}

/** Opens the texts of a split, or of files; a column of labels is not looked at. */
export async function openTexts(options: TextOptions): Promise<OpenTexts> {
  const { files, prefix } = filesOf(options);
  requireUsedFormat(files, options);
  let first: { readonly roles: TextRoles; readonly reading: string; readonly header: boolean | undefined } | undefined;
  const tables: Table[] = [];
  for (const file of files) {
    const table = await openTable(file, { ...options, header: options.header ?? first?.header });
    if (table.sample.length === 0) continue;
    first ??= look(table, options);
    for (const column of first.roles.texts) requireColumn(table, column, "--text");
    tables.push(table);
  }
  if (!first) throw new AttuneError("data/empty", `${files[0]}: there are no rows; fill this file, or remove it`);
  const { roles, reading } = first;
  return { roles, reading, rows: () => textRows(tables, roles, prefix) };
}

function filesOf({ path, configName, split }: TextOptions): { files: readonly string[]; prefix: string } {
  const { files } = findSource(path, configName);
  if ("all" in files) {
    if (split === undefined) return { files: files.all, prefix: "row" };
    throw new AttuneError("data/no-split", `${path}: there are no splits in it; leave --split out for all rows`);
  }
  const name = split ?? "test";
  if (files[name]) return { files: files[name], prefix: name };
  const others = Object.keys(files).join(" or ");
  throw new AttuneError("data/no-split", `${path}: there is no ${name} split in it; choose --split ${others}`);
}

function look(table: Table, options: TextOptions) {
  const roles = findTextRoles(table, options);
  const close = options.text === undefined ? closeChoices(table, roles.texts) : [];
  const reading = [...table.found, describeTexts(roles, options), ...close].join(", ");
  return { roles, reading, header: table.hasHeader === false ? false : undefined };
}

async function* textRows(
  tables: readonly Table[],
  { texts, id }: TextRoles,
  prefix: string,
): AsyncGenerator<readonly TextRow[]> {
  let count = 0;
  for (const table of tables) {
    const hasId = id !== undefined && table.columns.includes(id);
    for await (const batch of table.rows([...texts, ...(hasId ? [id] : [])])) {
      yield batch.map(({ place, values }) => {
        const [text, pair] = texts.map((column, i) => textOf(values[i], column, placeOf(table, place)));
        const unnamed = `${prefix}-${count++}`;
        return {
          id: (hasId && nameOf(values[texts.length])) || unnamed,
          text: pair === undefined ? text! : [text!, pair],
        };
      });
    }
  }
}
