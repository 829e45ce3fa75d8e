/** Metrics of a split as text: totals, one line per class, and the confusion matrix. */

import { alignColumns, grouped, metric } from "../base/format.ts";
import type { SplitMetrics } from "../train/metrics.ts";

/** Above so many labels a matrix no longer fits a terminal. */
const WIDEST_MATRIX = 12;

export function metricsReport(metrics: SplitMetrics, examples: number): string {
  const { loss, accuracy, precision, recall, f1, calibrationError, perClass, confusion } = metrics;
  const totals = [
    ["texts", grouped(examples)],
    ...Object.entries({
      loss,
      accuracy,
      "macro precision": precision,
      "macro recall": recall,
      "macro F1": f1,
      "calibration error": calibrationError,
    }).map(([name, value]) => [name, metric(value)]),
  ];
  const classes = [
    ["label", "precision", "recall", "F1", "texts"],
    ...perClass.map((c) => [c.label, metric(c.precision), metric(c.recall), metric(c.f1), grouped(c.support)]),
  ];
  const labels = perClass.map(({ label }) => label);
  const matrix = [["true \\ predicted", ...labels], ...labels.map((label, i) => [label, ...confusion[i]!.map(String)])];
  const sections = [totals, classes, ...(labels.length <= WIDEST_MATRIX ? [matrix] : [])];
  return sections.map((rows) => alignColumns(rows).join("\n")).join("\n\n");
}
