/** Labelled texts of so many rows, as CSV that both sides read; labels are numbers. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Dataset, Examples } from "../src/tables/dataset.ts";
import { loadDataset } from "../src/tables/load-dataset.ts";

export type { Dataset };

export const loadTexts = (path: string): Promise<Dataset> => loadDataset({ path, seed: 42 });

export interface SampleSizes {
  readonly train: number;
  /** Of validation and of test. */
  readonly others: number;
}

/** Writes train.csv, validation.csv and test.csv and returns their folder; texts repeat where there are fewer. */
export function writeSample(folder: string, { splits }: Dataset, { train, others }: SampleSizes): string {
  mkdirSync(folder, { recursive: true });
  writeRows(join(folder, "train.csv"), splits.train, train);
  for (const split of ["validation", "test"] as const) writeRows(join(folder, `${split}.csv`), splits[split], others);
  return folder;
}

const ROWS_PER_WRITE = 10_000;

function writeRows(path: string, examples: Examples, count: number): void {
  const file = openSync(path, "w");
  writeSync(file, "text,label\n");
  for (let from = 0; from < count; from += ROWS_PER_WRITE) {
    const lines = Array.from({ length: Math.min(ROWS_PER_WRITE, count - from) }, (_, i) => {
      const { text, label } = examples.at((from + i) % examples.length);
      return `"${text.replaceAll('"', '""')}",${label}\n`;
    });
    writeSync(file, lines.join(""));
  }
  closeSync(file);
}

/** Writes one CSV for each split into the folder, with the columns text and label. */
export function writeCsv(
  folder: string,
  splits: Readonly<Record<string, readonly { readonly text: string; readonly label: string }[]>>,
): void {
  mkdirSync(folder, { recursive: true });
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  for (const [split, rows] of Object.entries(splits)) {
    const lines = rows.map(({ text, label }) => `${quoted(text)},${quoted(label)}\n`);
    writeFileSync(join(folder, `${split}.csv`), `text,label\n${lines.join("")}`);
  }
}
