/** What is printed of a prediction: for people and spreadsheets, or as JSON. */
import { csvCell } from "../base/escape.ts";
import { percent } from "../base/format.ts";
import type { Prediction, TablePredictions } from "../classifier/classifier.ts";
import type { Text } from "../tables/dataset.ts";
import { jsonText } from "./write-text.ts";

export function jsonOf(
  given: Text,
  { id, label, labels, scores, probabilities }: Prediction & { readonly id?: string },
): string {
  const [text, pair] = [given].flat() as [string, string?];
  return jsonText({ id, text, pair, ...(labels ? { labels } : { label }), probabilities, scores });
}

/** A table of ids and labels, as competitions take it; several labels have commas between. */
export async function tableOf({ idColumn, labelColumn, rows }: TablePredictions): Promise<string> {
  const lines = [[idColumn, labelColumn]];
  for await (const { id, label, labels = [label] } of rows) lines.push([id, labels.join(",")]);
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

/** Tabs between the columns, so that `cut` and spreadsheets can take them apart; several labels have commas between. */
export function lineOf(text: Text, { label, labels = [label], probabilities }: Prediction): string {
  const shares = labels.map((name) => percent(probabilities[name]!));
  const shown = [text].flat().map((part) => part.replace(/[\t\r\n]/g, " "));
  return [labels.join(","), shares.join(","), ...shown].join("\t");
}
