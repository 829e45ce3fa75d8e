/** Predictions for a table on their way to a file: written as they come, with what is left to do, and whole or not there. */
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { delimitedLine, jsonText } from "../base/escape.ts";
import { grouped } from "../base/format.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { Text } from "../tables/dataset.ts";
import type { Classifier, Prediction, PredictTableOptions, TablePrediction, TablePredictions } from "./classifier.ts";

/** How often progress is told and what is ready goes to the file. */
const ROWS_AT_ONCE = 1000;

export interface WriteOptions {
  /** So many of the most probable labels with their probabilities. @default the label alone */
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how many texts are done. */
  readonly see?: (done: number, total: number) => void;
}

/** Predicts the rows of a table into a file, in the format that its ending says. `top` may be more than there are labels. */
export async function predictIntoFile(
  classifier: Classifier,
  table: Omit<PredictTableOptions, "signal">,
  out: string,
  { top, signal, see }: WriteOptions,
): Promise<void> {
  const found = await classifier.predictTable({ ...table, ...(signal && { signal }) });
  const most = top && Math.min(top, classifier.labels.length);
  const count = await writePredictions(found, out, { top: most, signal, ...(see && { see }) });
  see?.(count, count);
}

/** Writes a table in the format that the ending of `out` says: .tsv, .jsonl, and CSV with any other. Says how many rows. */
export async function writePredictions(
  found: TablePredictions,
  out: string,
  { top, signal, see }: WriteOptions,
): Promise<number> {
  const line = lineWriter(found, extname(out).toLowerCase(), top);
  makeFolder(dirname(resolve(out)));
  const partial = partialOf(out);
  let file: FileHandle | undefined;
  let done = 0;
  try {
    file = await open(partial, "wx");
    const total = await found.count();
    let ready = line.header;
    for await (const row of found.rows) {
      ready += line.of(row);
      if (++done % ROWS_AT_ONCE !== 0) continue;
      await file.appendFile(ready);
      ready = "";
      see?.(done, total);
    }
    await file.appendFile(ready);
    await file.sync();
    await file.close();
    await rename(partial, out);
    return done;
  } catch (error) {
    await file?.close().catch(() => {});
    discard(partial);
    if (signal?.aborted)
      throw new AttuneError(
        "predict/interrupted",
        `stopped after some ${grouped(done)} texts; ${out} was not written`,
        "interrupted",
      );
    throw diskError(error, out, "nothing was written; put that right, or choose another --out");
  }
}

interface LineWriter {
  readonly header: string;
  of(row: TablePrediction): string;
}

/**
 * A table of ids and labels, as competitions take it; several labels have commas between. With `top`, so many labels with
 * their probabilities: in columns label, probability, label_2, probability_2 and so on.
 */
export function lineWriter(
  { idColumn, labelColumn }: Pick<TablePredictions, "idColumn" | "labelColumn">,
  ending: string,
  top?: number,
): LineWriter {
  if (ending === ".jsonl") return { header: "", of: (row) => `${jsonOf(row.text, row, top)}\n` };
  const delimiter = ending === ".tsv" ? "\t" : ",";
  const lineOf = (cells: readonly string[]) => delimitedLine(cells, delimiter);
  const places = Array.from({ length: top ?? 0 }, (_, i) => i);
  const columns = places.flatMap((i) => (i === 0 ? ["probability"] : [`label_${i + 1}`, `probability_${i + 1}`]));
  return {
    header: lineOf([idColumn, labelColumn, ...columns]),
    of: ({ id, label, labels = [label], scores, probabilities }) => {
      const first = top === undefined ? [] : [labels.map((name) => probabilities[name]).join(",")];
      const others = scores.slice(1, top ?? 1).flatMap((score) => [score.label, String(score.probability)]);
      return lineOf([id, labels.join(","), ...first, ...others]);
    },
  };
}

/** `scores` has the `top` most probable labels, or all. */
export function jsonOf(
  given: Text,
  { id, label, labels, scores, probabilities }: Prediction & { readonly id?: string },
  top?: number,
): string {
  const [text, pair] = [given].flat() as [string, string?];
  return jsonText({
    id,
    text,
    pair,
    ...(labels ? { labels } : { label }),
    probabilities,
    scores: scores.slice(0, top),
  });
}
