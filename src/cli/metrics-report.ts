/** Metrics of a split as text: totals, one line per class, and the confusion matrix. */

import { alignColumns, grouped, metric } from "../base/format.ts";
import type { SplitMetrics } from "../train/metrics.ts";

/** Above so many labels a matrix no longer fits a terminal. */
const WIDEST_MATRIX = 12;

export function metricsReport(metrics: SplitMetrics, examples: number): string {
  const { loss, accuracy, precision, recall, f1, microF1, calibrationError, perClass, confusion } = metrics;
  // Where a text may have any number of labels, all of them have to be right.
  const right = microF1 === undefined ? { accuracy } : { "subset accuracy": accuracy, "micro F1": microF1 };
  const macro = { "macro precision": precision, "macro recall": recall, "macro F1": f1 };
  const calibration = calibrationError === undefined ? {} : { "calibration error": calibrationError };
  const totals = [
    ["texts", grouped(examples)],
    ...Object.entries({ loss, ...right, ...macro, ...calibration }).map(([name, value]) => [name, metric(value)]),
  ];
  const classes = [
    ["label", "precision", "recall", "F1", "texts"],
    ...perClass.map((c) => [c.label, metric(c.precision), metric(c.recall), metric(c.f1), grouped(c.support)]),
  ];
  const labels = perClass.map(({ label }) => label);
  const matrix = () => [
    ["true \\ predicted", ...labels],
    ...labels.map((label, i) => [label, ...confusion[i]!.map(String)]),
  ];
  const sections = [totals, classes, ...(confusion.length > 0 && labels.length <= WIDEST_MATRIX ? [matrix()] : [])];
  return sections.map((rows) => alignColumns(rows).join("\n")).join("\n\n");
}
