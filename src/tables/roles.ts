/** Which columns hold texts, labels, ids and groups: as asked for, or found by their names and by what they hold. */
import { AttuneError, listOf } from "../base/error.ts";
import { nearest } from "../base/nearest.ts";
import { distinctIn, sampleIn, wordsIn } from "./column-content.ts";
import { ID_NAMES, LABEL_NAMES, PAIR_NAMES, plainName, TEXT_NAMES } from "./column-names.ts";
import { isFlag, isFraction } from "./labels.ts";
import { placeOf, type Table } from "./table.ts";

export interface RoleOptions {
  /** Column of the text, or two, separated by a comma, whose texts are read together. @default found by looking */
  readonly text?: string | undefined;
  /** Column of the label; with several labels a text also one column for each, separated by commas. @default found */
  readonly label?: string | undefined;
  /** Column that names the rows. @default "id" where there is one */
  readonly id?: string | undefined;
  /** Column whose equal values stay in one split where splits are made. @default none */
  readonly group?: string | undefined;
  /** Whether a text has any number of labels. @default false */
  readonly multiLabel?: boolean | undefined;
  /** What a model was trained with: columns that are taken before looking, as far as they are there. @default none */
  readonly usual?: Roles | undefined;
}

export interface Roles {
  /** One column, or the two of a sentence pair. */
  readonly texts: readonly string[];
  /** One column, or one for each label. */
  readonly labels: readonly string[];
  readonly id?: string;
  readonly group?: string;
}

export function findRoles(table: Table, options: RoleOptions): Roles {
  const askedTexts = options.text === undefined ? undefined : columnsOf(table, options.text, "--text");
  const askedLabels = options.label === undefined ? undefined : columnsOf(table, options.label, "--label");
  if (askedTexts && askedTexts.length > 2)
    throw new AttuneError("options/text", `--text names ${askedTexts.length} columns; one text, or a pair of two`);
  if (askedLabels && askedLabels.length > 1 && !options.multiLabel)
    throw new AttuneError(
      "options/label",
      `--label names ${askedLabels.length} columns; with one column for each label, say --multi-label as well`,
    );
  const askedId = options.id === undefined ? undefined : requireColumn(table, options.id, "--id");
  const askedGroup = options.group === undefined ? undefined : requireColumn(table, options.group, "--group");
  const asked = present(...(askedTexts ?? []), ...(askedLabels ?? []), askedId, askedGroup);
  const usual = usualColumns(table, options.usual, asked);
  const id = askedId ?? usual.id ?? byName(table, ID_NAMES);
  const group = askedGroup ?? usual.group;
  const givenTexts = askedTexts ?? usual.texts;
  const givenLabels = askedLabels ?? usual.labels;
  const taken = present(...(givenTexts ?? []), ...(givenLabels ?? []), id, group);
  // Names say more than content, so labels by name are known before texts are looked for by content.
  const namedLabel = givenLabels ?? named(table, LABEL_NAMES, taken);
  const texts = givenTexts ?? findTexts(table, [...taken, ...(namedLabel ?? [])]);
  const labels = namedLabel ?? findLabels(table, [...taken, ...texts], options.multiLabel ?? false);
  requireOnce(table, present(...texts, ...labels, id, group));
  return { texts, labels, ...(id !== undefined && { id }), ...(group !== undefined && { group }) };
}

/** Which columns hold texts and ids, where labels do not matter. */
export interface TextRoles {
  readonly texts: readonly string[];
  readonly id?: string;
}

/** The same for texts alone: what is called like a label, or was one in training, is none. */
export function findTextRoles(table: Table, options: Pick<RoleOptions, "text" | "id" | "usual">): TextRoles {
  const asked = options.text === undefined ? undefined : columnsOf(table, options.text, "--text");
  if (asked && asked.length > 2)
    throw new AttuneError("options/text", `--text names ${asked.length} columns; one text, or a pair of two`);
  const askedId = options.id === undefined ? undefined : requireColumn(table, options.id, "--id");
  const usual = usualColumns(table, options.usual, present(...(asked ?? []), askedId));
  const id = askedId ?? usual.id ?? byName(table, ID_NAMES);
  const taken = present(...(usual.labels ?? []), id);
  const texts = asked ?? usual.texts ?? findTexts(table, [...taken, ...(named(table, LABEL_NAMES, taken) ?? [])]);
  requireOnce(table, present(...texts, id));
  return { texts, ...(id !== undefined && { id }) };
}

function requireOnce(table: Table, columns: readonly string[]): void {
  const { repeated } = table;
  const twice = columns.find((column) => repeated?.columns.includes(column));
  if (twice === undefined) return;
  throw new AttuneError(
    "data/header",
    `${placeOf(table, repeated!.line)}: the column "${twice}" is there twice; rename one`,
  );
}

const present = (...names: readonly (string | undefined)[]): string[] => names.filter((name) => name !== undefined);

/** Those of the usual columns that the table has and no other role was asked to take. */
function usualColumns({ columns }: Table, usual: Roles | undefined, asked: readonly string[]): Partial<Roles> {
  const isFree = (value: string | readonly string[]) =>
    [value].flat().every((name) => columns.includes(name) && !asked.includes(name));
  return Object.fromEntries(Object.entries(usual ?? {}).filter(([, value]) => isFree(value)));
}

const instead = (before: readonly string[] | undefined, now: readonly string[], asked: string | undefined): string =>
  before === undefined || asked !== undefined || before.join("\n") === now.join("\n")
    ? ""
    : ` (the run had ${columnNames(before)})`;

/** "text from "review"", and which columns a run had where those were not asked for and are not here. */
export const describeTexts = ({ texts, id }: TextRoles, { usual, text }: RoleOptions = {}): string =>
  [
    `${texts.length > 1 ? "texts" : "text"} from ${listOf(texts, "and")}${instead(usual?.texts, texts, text)}`,
    ...(id === undefined ? [] : [`ids from "${id}"`]),
  ].join(", ");

/** "text from "review", label from "stars"", and what the run had where that was not asked for and is not here. */
export function describeRoles({ texts, labels, id, group }: Roles, { usual, text, label }: RoleOptions = {}): string {
  return [
    `${texts.length > 1 ? "texts" : "text"} from ${listOf(texts, "and")}${instead(usual?.texts, texts, text)}`,
    `${labels.length > 1 ? "labels" : "label"} from ${columnNames(labels)}${instead(usual?.labels, labels, label)}`,
    ...(id === undefined ? [] : [`ids from "${id}"`]),
    ...(group === undefined ? [] : [`groups from "${group}"`]),
  ].join(", ");
}

const columnNames = (names: readonly string[]): string =>
  names.length > 6
    ? `${names.length} columns, ${JSON.stringify(names[0])} to ${JSON.stringify(names.at(-1))}`
    : listOf(names, "and");

/** Column names separated by commas; a name that has a comma itself counts as one. */
function columnsOf(table: Table, given: string, option: string): string[] {
  if (table.columns.includes(given) || !given.includes(",")) return [requireColumn(table, given, option)];
  return given.split(",").map((name) => requireColumn(table, name.trim(), option));
}

export function requireColumn(table: Table, column: string, option: string): string {
  if (table.columns.includes(column)) return column;
  const guess = nearest(column, table.columns);
  throw new AttuneError(
    "data/missing-column",
    `${table.path}: there is no column "${column}"; it has ${columnList(table)}. ` +
      `Choose one with ${option}${guess ? `, perhaps ${option} ${guess}` : ""}`,
  );
}

const columnList = ({ columns }: Table): string => {
  const shown = columns.slice(0, 20);
  return columns.length > shown.length
    ? `${listOf(shown, "and").replace(" and ", ", ")} and ${columns.length - shown.length} more`
    : listOf(columns, "and");
};

const byName = ({ columns }: Table, names: readonly string[]): string | undefined =>
  names.map((name) => columns.find((column) => plainName(column) === name)).find((column) => column !== undefined);

function named(table: Table, names: readonly string[], taken: readonly string[]): [string] | undefined {
  const free = { ...table, columns: table.columns.filter((column) => !taken.includes(column)) };
  const found = byName(free, names);
  return found === undefined ? undefined : [found];
}

function findTexts(table: Table, taken: readonly string[]): readonly string[] {
  const pair = PAIR_NAMES.map((names) => names.map((name) => byName(table, [name]))).find((found) =>
    found.every((column) => column !== undefined && !taken.includes(column)),
  ) as readonly string[] | undefined;
  const text = named(table, ["text"], taken);
  const isBeside = text === undefined || pair?.[0] === text[0];
  const found = (isBeside ? pair : text) ?? named(table, TEXT_NAMES, taken);
  if (found) return found;
  const contents = free(table, taken).map((column) => ({ column, words: wordsIn(table, column) }));
  const wordy = contents.filter(({ words }) => words >= 3);
  if (wordy.length === 1 || wordy.length === 2) return wordy.map(({ column }) => column);
  // Texts may be single words, where nothing else can be the text.
  const wordsOnly = contents.filter(({ words }) => words > 0);
  const [only, another] = wordsOnly;
  if (only && !another && !isRatherLabel(table, only.column, taken)) return [only.column];
  throw undecided(table, "text");
}

/** Whether a column has few values, and another one more: texts without letters, as "10/10", beside words as labels. */
function isRatherLabel(table: Table, column: string, taken: readonly string[]): boolean {
  const own = distinctIn(table, column);
  const others = free(table, [...taken, column]).map((other) => distinctIn(table, other));
  return own <= table.sample.length / 2 && others.some((other) => other > own);
}

function findLabels(table: Table, taken: readonly string[], multiLabel: boolean): readonly string[] {
  const columns = free(table, taken);
  const flags = columns.filter((column) => sampleIn(table, column).every(isFlag));
  if (multiLabel && flags.length > 1) return flags;
  if (columns.length === 1) return columns;
  const few = columns.filter((column) => {
    const values = sampleIn(table, column).filter((value) => value !== null && value !== "");
    const distinct = distinctIn(table, column);
    return distinct > 1 && distinct <= values.length / 2 && !values.some((value) => isFraction(value, table.textOnly));
  });
  if (few.length === 1) return few;
  throw undecided(table, "label", flags);
}

const free = ({ columns }: Table, taken: readonly string[]) => columns.filter((column) => !taken.includes(column));

/** The error that asks for a column; `flags` are the columns of 0 and 1 that could be one label each. */
function undecided(table: Table, role: "text" | "label", flags: readonly string[] = []): AttuneError {
  if (table.columns[0]?.startsWith("__label__"))
    return new AttuneError(
      "data/roles",
      `${table.path}: this looks like fastText's format, which is not read; write a CSV file with the columns label and text`,
    );
  const severalLabels =
    flags.length > 1
      ? `, or say --multi-label if a text may have several labels, for which ${columnNames(flags)} would be read`
      : "";
  return new AttuneError(
    "data/roles",
    `${table.path}: which column is the ${role}? It has ${columnList(table)}; choose one with --${role}${severalLabels}`,
  );
}
