/** What is printed of a prediction: for people and spreadsheets, or as JSON. */
import { percent } from "../base/format.ts";
import type { Prediction } from "../classifier/classifier.ts";
import type { Text } from "../tables/dataset.ts";
import { jsonText } from "./write-text.ts";

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

/** Tabs between the columns, so that `cut` and spreadsheets can take them apart; several labels have commas between. */
export function lineOf(text: Text, { label, labels = [label], probabilities }: Prediction): string {
  const shares = labels.map((name) => percent(probabilities[name]!));
  const shown = [text].flat().map((part) => part.replace(/[\t\r\n]/g, " "));
  return [labels.join(","), shares.join(","), ...shown].join("\t");
}
