/** Figures of runs: what they are called, and how they are written. */
import { abbreviated, memory, metric, timeSpan } from "../../base/format.ts";
import type { FigureName } from "../app-types.ts";

export interface Figure {
  readonly title: string;
  readonly show: (value: number) => string;
}

const whole = (value: number): string => String(Math.round(value));

export const figures: Readonly<Record<FigureName, Figure>> = {
  accuracy: { title: "Accuracy", show: metric },
  f1: { title: "Macro F1", show: metric },
  loss: { title: "Test loss", show: metric },
  calibrationError: { title: "Calibration error", show: metric },
  validationF1: { title: "Validation F1", show: metric },
  bestEpoch: { title: "Best epoch", show: whole },
  seconds: { title: "Time", show: timeSpan },
  textsPerSecond: { title: "Texts per second", show: whole },
  memory: { title: "Peak memory", show: memory },
  trainable: { title: "Trained parameters", show: abbreviated },
  stored: { title: "Size on disk", show: memory },
  learningRate: { title: "Learning rate", show: (value) => (value === 0 ? "0" : value.toExponential(1)) },
  batchSize: { title: "Batch size", show: whole },
  epochs: { title: "Epochs", show: whole },
  rank: { title: "Rank", show: whole },
  seed: { title: "Seed", show: whole },
};

export const figureNames = Object.keys(figures) as FigureName[];

/** Of a figure that may not be there. */
export const shown = (name: FigureName, value: number | undefined): string =>
  value === undefined ? "–" : figures[name].show(value);

/** "3 min ago". */
export function ago(then: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(then).toISOString().slice(0, 10);
}
