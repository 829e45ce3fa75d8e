/** What is printed of a prediction, for people and spreadsheets. */
import { percent } from "../base/format.ts";
import type { Prediction } from "../classifier/classifier.ts";
import type { Text } from "../tables/dataset.ts";

/** Tabs between the columns, so that `cut` and spreadsheets can take them apart; several labels have commas between. */
export function lineOf(text: Text, { label, labels = [label], probabilities }: Prediction): string {
  const shares = labels.map((name) => percent(probabilities[name]!));
  const shown = [text].flat().map((part) => part.replace(/[\t\r\n]/g, " "));
  return [labels.join(","), shares.join(","), ...shown].join("\t");
}
