/** All texts of a data set as one list that knows where each of them stands. */
import { createHash } from "node:crypto";
import { type Dataset, Examples, type SplitName } from "../tables/dataset.ts";
import { allOf, LabelledRows } from "../tables/labelled-rows.ts";
import type { RowPlace } from "./audit-result.ts";

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];

/** The split of data that have none. */
export const WHOLE = "all";

export interface AuditedTexts {
  readonly examples: Examples;
  readonly labels: readonly string[];
  readonly multiLabel: boolean;
  /** Texts by split as they are given, in the order of the texts. */
  readonly sizes: Readonly<Record<string, number>>;
  placeOf(index: number): RowPlace;
  /** File and line, for people. */
  whereIs(index: number): string;
}

/** Splits that were made are taken back: each text has the place of its row in the files. */
export function allTexts({ labels, multiLabel, splits }: Dataset): AuditedTexts {
  const places = SPLITS.flatMap((split) =>
    Array.from({ length: splits[split].length }, (_, i) => splits[split].place(i)),
  );
  const sources = [...new Set(places.map(({ rows }) => rows))];
  places.sort((a, b) => sources.indexOf(a.rows) - sources.indexOf(b.rows) || a.row - b.row);
  const rows = new LabelledRows(WHOLE, sources[0]!.texts.length, multiLabel);
  rows.beginFile((place) => places[place]!.rows.whereIs(places[place]!.row));
  for (const [place, { rows: source, row }] of places.entries())
    rows.add({
      texts: source.texts.map((texts) => texts.at(row)),
      labels: Array.from(source.labelsOf(row), (name) => source.names[name]!),
      place,
      id: source.idOf(row),
      group: undefined,
    });
  const known = new Map(labels.map((label, i) => [label, i]));
  const nameOf = (source: LabelledRows) => (source.idPrefix === "row" ? WHOLE : source.idPrefix);
  return {
    examples: new Examples(
      rows,
      allOf(rows),
      Int32Array.from(rows.names, (name) => known.get(name)!),
    ),
    labels,
    multiLabel,
    sizes: Object.fromEntries(sources.map((source) => [nameOf(source), source.count])),
    placeOf: (index) => ({ split: nameOf(places[index]!.rows), row: places[index]!.row + 1 }),
    whereIs: (index) => rows.whereIs(index),
  };
}

/** By which a review knows that a row is still the same. */
export const textHash = (texts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);

/** Between several labels of a text: what none of the labels has in it. */
const SEPARATORS = [", ", "; ", " | ", "\n"];

/** All labels of a text as one text, the same way for all texts. */
export const labelSeparator = (labels: readonly string[]): string =>
  SEPARATORS.find((separator) => !labels.some((label) => label.includes(separator.trim() || separator)))!;
