/** A data set from a path: rows of all splits, labels in order, and what the user should know about them. */
import { createHash } from "node:crypto";
import { AttuneError, listOf } from "../base/error.ts";
import { withoutEffect } from "../base/unused-options.ts";
import { type Dataset, Examples, labelCounts, type SplitName } from "./dataset.ts";
import { TextSet } from "./equal-texts.ts";
import { findSource, type Source } from "./find-splits.ts";
import { alikeLabels } from "./label-notes.ts";
import { allOf, type LabelledRows } from "./labelled-rows.ts";
import { orderLabels } from "./labels.ts";
import { makeSplits } from "./made-splits.ts";
import { lacksLabels, type ReadOptions, type ReadRows, readRows } from "./read-rows.ts";
import type { Roles } from "./roles.ts";
import type { SplitFiles } from "./split-files.ts";

export const sharedTextsNames = ["once", "keep"] as const;

export interface DatasetOptions extends ReadOptions {
  /** A file, several separated by commas, or a folder; with `source` only a name of it. */
  readonly path: string;
  /** Where the tables are. @default what is found at the path */
  readonly source?: Source | undefined;
  /** Which of the configurations that a folder's README describes. */
  readonly configName?: string | undefined;
  /**
   * - `once`: a text that stands in two given splits is taken out of all but the last, and equal texts get into the same
   *   split where splits are made
   * - `keep`: texts stay where they are, and are split without regard to each other
   *
   * @default "once"
   */
  readonly sharedTexts?: (typeof sharedTextsNames)[number] | undefined;
  /** Decides splits that have to be made. */
  readonly seed: number;
}

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];
/** Characters: a call for each row takes longer than the hash of the row. */
const HASHED_AT_ONCE = 1 << 14;
/** Share of the rows that a made validation or test split gets. */
const MADE_SHARE = 0.1;

/** Rows of a split, by number. */
interface SplitRows {
  readonly rows: LabelledRows;
  readonly order: Int32Array;
}

interface LoadedRows {
  readonly splits: Readonly<Record<SplitName, SplitRows>>;
  readonly classNames: readonly string[] | undefined;
  readonly reading: string;
  readonly roles: Roles;
  readonly notes: readonly string[];
  /** How splits were made; none where all were given. */
  readonly splitNotes: readonly string[];
}

/** Loads all splits; makes those that are missing. */
export async function loadDataset(options: DatasetOptions): Promise<Dataset> {
  const source = options.source ?? findSource(options.path, options.configName);
  const { splits: rows, classNames, reading, roles, notes, splitNotes } = await loadRows(source, options);
  const labels = classNames ?? orderLabels(namesIn(rows.train));
  const unknown = "the training split has no such label; correct it, or leave the row out";
  const splits = Object.fromEntries(
    SPLITS.map((split) => [split, toExamples(rows[split], labels, unknown)]),
  ) as unknown as Dataset["splits"];
  return {
    labels,
    multiLabel: options.multiLabel ?? false,
    splits,
    madeSplits: splitNotes.length > 0,
    reading,
    columns: roles,
    splitNotes,
    notes: [
      ...unusedTables(source),
      ...notes,
      ...splitNotes,
      ...alikeLabels(labels),
      ...rareLabels(splits.train, labels),
      ...unmeasuredLabels(splits, labels),
      ...emptyTexts(Object.values(splits)),
    ],
    sha256: hashOf(labels, splits),
  };
}

interface LoadedSplit {
  readonly examples: Examples;
  readonly notes: readonly string[];
  readonly reading: string;
  /** Whether it was made from another. */
  readonly made: boolean;
  /** Whether texts of other splits were looked at, which may take some out of it. */
  readonly besideOthers: boolean;
}

/** Loads the texts that a trained model is to be evaluated on, with that model's labels in its order. */
export async function loadSplit(
  options: DatasetOptions & {
    /** @default "test" for a folder, all rows for a file */
    readonly split?: SplitName;
    readonly labels: readonly string[];
  },
): Promise<LoadedSplit> {
  const { rows, notes, ...found } = await loadRowsOf(options, options.split);
  const unknown = "the model was not trained on such a label; correct it, or leave the row out";
  const examples = toExamples(rows, options.labels, unknown);
  return { ...found, examples, notes: [...notes, ...emptyTexts([examples])] };
}

async function loadRowsOf(options: DatasetOptions, split: SplitName | undefined) {
  const source = options.source ?? findSource(options.path, options.configName);
  const { files } = source;
  const { usual } = options;
  if ("all" in files && split === undefined) {
    if (options.group !== undefined) throw groupUnused();
    const { rows, reading } = await readRows(source, files.all, "row", options);
    return { rows: { rows, order: allOf(rows) }, notes: [], reading, made: false, besideOthers: false };
  }
  const name = split ?? "test";
  const isGiven = !("all" in files) && files[name] !== undefined && name !== "train";
  if (isGiven && !(usual && (await lacksLabels(source, files[name]!, usual, options)))) {
    if (options.group !== undefined) throw groupUnused();
    // Train is not needed for a split that is there: its texts give way to those of the others.
    const { train: _, ...others } = files;
    const { given, first } = await readGiven(source, name === "test" ? { test: files.test! } : others, options);
    const { splits, notes } = withoutShared(given, options);
    const besideOthers = Object.keys(given).length > 1;
    return { rows: splits[name]!, notes, reading: first.reading, made: false, besideOthers };
  }
  const { splits, notes, splitNotes, reading } = await loadRows(source, options);
  const made = splitNotes.length > 0;
  return { rows: splits[name], notes: [...notes, ...splitNotes], reading, made, besideOthers: true };
}

const groupUnused = (): AttuneError => withoutEffect("--group", "where no split is made");

function loadRows(source: Source, options: DatasetOptions): Promise<LoadedRows> {
  return "all" in source.files
    ? splitAll(source, source.files.all, options)
    : loadGivenSplits(source, source.files, options);
}

async function splitAll(source: Source, files: readonly string[], options: DatasetOptions): Promise<LoadedRows> {
  const { rows, classNames, reading, roles, notes } = await readRows(source, files, "row", options);
  const shares = { validation: MADE_SHARE, test: MADE_SHARE };
  const made = makeSplits(rows, allOf(rows), shares, options.seed, options.sharedTexts !== "keep");
  const splits = withOrders(rows, made.rows);
  requireRows(options.path, splits, roles.group);
  const sizes = SPLITS.map((split) => `${splits[split].order.length} ${split}`).join(", ");
  const what = files.length === 1 ? "One file" : `${files.length} files`;
  return {
    splits,
    classNames,
    reading,
    roles,
    notes,
    splitNotes: [
      `${what} without splits: 80/10/10, ${howMade(roles.group, options)}: ${sizes}.`,
      ...repeatedTexts(made.repeated),
    ],
  };
}

/** The splits that have files; the first of them decides which columns hold what. */
async function readGiven(source: Source, files: SplitFiles, options: DatasetOptions) {
  const given: Partial<Record<SplitName, SplitRows>> = {};
  const notes: string[] = [];
  let first: ReadRows | undefined;
  for (const split of SPLITS) {
    if (!files[split]) continue;
    if (
      first &&
      (await lacksLabels(source, files[split], first.roles, { ...options, header: options.header ?? first.header }))
    ) {
      notes.push(
        `The ${split} split has no labels (${listOf(files[split], "and")}), so it is left out; attune predict RUN --data … fills it.`,
      );
      continue;
    }
    const read = await readRows(source, files[split], split, options, first);
    first ??= read;
    notes.push(...read.notes);
    given[split] = { rows: read.rows, order: allOf(read.rows) };
  }
  return { given, first: first!, notes };
}

async function loadGivenSplits(source: Source, files: SplitFiles, options: DatasetOptions): Promise<LoadedRows> {
  if (!files.train)
    throw new AttuneError("data/no-train", `${options.path}: there is no training split; add a file like train.csv`);
  const { given, first: train, notes: leftOut } = await readGiven(source, files, options);
  const { splits, notes: shared } = withoutShared(given, options);
  const notes = [...leftOut, ...shared];
  const { classNames, reading, roles } = train;
  const missing = (["validation", "test"] as const).filter((split) => !splits[split]);
  if (missing.length === 0) {
    requireRows(options.path, splits as LoadedRows["splits"], roles.group);
    if (options.group !== undefined) throw groupUnused();
    return { splits: splits as LoadedRows["splits"], classNames, reading, roles, notes, splitNotes: [] };
  }
  const share = (split: SplitName) => (missing.includes(split as "test") ? MADE_SHARE : 0);
  const shares = { validation: share("validation"), test: share("test") };
  const made = makeSplits(train.rows, splits.train!.order, shares, options.seed, options.sharedTexts !== "keep");
  const fromTrain = withOrders(train.rows, made.rows);
  const whole = { ...fromTrain, ...splits, train: fromTrain.train };
  requireRows(options.path, whole, roles.group);
  const sizes = missing.map((split) => `${split} (${whole[split].order.length} texts)`).join(" and ");
  return {
    splits: whole,
    classNames,
    reading,
    roles,
    notes,
    splitNotes: [
      `There is no ${sizes}: made from train, ${howMade(roles.group, options)}.`,
      ...repeatedTexts(made.repeated),
    ],
  };
}

/** Tables of the folder that are not read. */
function unusedTables({ unused }: Source): string[] {
  if (unused.length === 0) return [];
  const shown = unused.length > 6 ? [...unused.slice(0, 5), `${unused.length - 5} more`] : unused;
  const names = unused.length > 6 ? shown.join(", ") : listOf(shown, "and");
  return [`Tables that are not used, since other files are the splits or their names say none: ${names}.`];
}

const howMade = (group: string | undefined, { multiLabel, seed }: DatasetOptions): string =>
  [
    `stratified by ${multiLabel ? "rarest label" : "label"}`,
    ...(group === undefined ? [] : [`rows with the same "${group}" together`]),
    `seed ${seed}`,
  ].join(", ");

function repeatedTexts(count: number): string[] {
  if (count === 0) return [];
  return [
    count === 1
      ? "1 text repeats another; both are in the same split."
      : `${count} texts repeat others; equal texts are in the same split.`,
  ];
}

const withOrders = (rows: LabelledRows, orders: Readonly<Record<SplitName, Int32Array>>): LoadedRows["splits"] => ({
  train: { rows, order: orders.train },
  validation: { rows, order: orders.validation },
  test: { rows, order: orders.test },
});

/** Takes texts out of a split that stand in a later one too: test stays whole, validation loses what test has. */
function withoutShared(given: Readonly<Partial<Record<SplitName, SplitRows>>>, { path, sharedTexts }: DatasetOptions) {
  const splits: Partial<Record<SplitName, SplitRows>> = { ...given };
  if (sharedTexts === "keep") return { splits, notes: [] };
  const seen = new TextSet(Object.values(given).reduce((sum, { order }) => sum + order.length, 0));
  const removed: string[] = [];
  for (const split of SPLITS.toReversed()) {
    const own = given[split];
    if (!own) continue;
    const { rows } = own;
    const order = own.order.filter((row) => !seen.has({ rows, row }));
    for (const row of order) seen.add({ rows, row });
    if (order.length === own.order.length) continue;
    if (order.length === 0)
      throw new AttuneError(
        "data/shared-texts",
        `${path}: every text of ${split} stands in a later split too; put others there, or leave them with --shared-texts keep`,
      );
    removed.push(`${own.order.length - order.length} from ${split}`);
    splits[split] = { rows, order };
  }
  const said = `Texts that stand in a later split too were taken out: ${removed.join(" and ")} (--shared-texts keep leaves them).`;
  return { splits, notes: removed.length > 0 ? [said] : [] };
}

function requireRows(path: string, rows: LoadedRows["splits"], group: string | undefined): void {
  const empty = SPLITS.find((split) => rows[split].order.length === 0);
  if (!empty) return;
  const enough = group === undefined ? "5 of each label are enough" : `or too few groups in "${group}"`;
  throw new AttuneError("data/too-few", `${path}: there are too few rows for a ${empty} split; ${enough}`);
}

/** Label names that rows of the split have. */
function namesIn({ rows, order }: SplitRows): string[] {
  const isUsed = new Uint8Array(rows.names.length);
  for (const row of order) for (const name of rows.labelsOf(row)) isUsed[name] = 1;
  return rows.names.filter((_, name) => isUsed[name] === 1);
}

function toExamples({ rows, order }: SplitRows, labels: readonly string[], unknown: string): Examples {
  const index = new Map(labels.map((label, i) => [label, i]));
  const labelOf = Int32Array.from(rows.names, (name) => index.get(name) ?? -1);
  if (labelOf.includes(-1))
    for (const row of order)
      for (const name of rows.labelsOf(row))
        if (labelOf[name] === -1)
          throw new AttuneError(
            "data/unknown-label",
            `${rows.whereIs(row)}: the label "${rows.names[name]}": ${unknown}`,
          );
  return new Examples(rows, order, labelOf);
}

function rareLabels(train: Examples, labels: readonly string[]): string[] {
  const counts = labelCounts(train.truths(), labels.length);
  const rare = labels.filter((_, label) => counts[label] === 1);
  if (rare.length === 0) return [];
  return [`In train there is one text only with ${shownLabels(rare)}; more would be learned from.`];
}

/** Labels that none of the texts has by which epochs are chosen, or by which the run is measured. */
function unmeasuredLabels(splits: Dataset["splits"], labels: readonly string[]): string[] {
  const missing = (["validation", "test"] as const).map((split) => {
    const counts = labelCounts(splits[split].truths(), labels.length);
    return { split, labels: labels.filter((_, label) => counts[label] === 0) };
  });
  const [validation, test] = missing.map((one) => one.labels.join("\n"));
  const found = validation === test ? [{ ...missing[0]!, split: "validation and test" }] : missing;
  return found
    .filter((one) => one.labels.length > 0)
    .map(
      (one) =>
        `In ${one.split} there is no text with ${shownLabels(one.labels)}; how well it is recognized is not measured there.`,
    );
}

const shownLabels = (labels: readonly string[]): string =>
  labels.length > 5
    ? `${labels.length} labels, like ${listOf(labels.slice(0, 3), "and")},`
    : `the ${labels.length === 1 ? "label" : "labels"} ${listOf(labels, "and")}`;

function emptyTexts(splits: readonly Examples[]): string[] {
  let count = 0;
  for (const split of splits)
    for (let i = 0; i < split.length; i++) if ([split.text(i)].flat().every((text) => text.trim() === "")) count++;
  if (count === 0) return [];
  return [
    count === 1 ? "1 text is empty; it is used as it is." : `${count} texts are empty; they are used as they are.`,
  ];
}

function hashOf(labels: readonly string[], splits: Dataset["splits"]): string {
  const hash = createHash("sha256").update(JSON.stringify(labels));
  // JSON strings are framed by their quotes, so no two different data sets give the same bytes.
  for (const split of SPLITS) {
    hash.update(`\n${split}\n`);
    let lines = "";
    let separator = "";
    for (const { id, text, pair, label, labels: several } of splits[split]) {
      const texts = pair === undefined ? [text] : [text, pair];
      lines += `${separator}${JSON.stringify([id, ...texts, several ?? label])}`;
      separator = "\n";
      if (lines.length < HASHED_AT_ONCE) continue;
      hash.update(lines);
      lines = "";
    }
    hash.update(lines);
  }
  return hash.digest("hex");
}
