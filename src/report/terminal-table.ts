/** The final table on a terminal: a row for each setting, the best cell of each column marked. */
import { styleText } from "node:util";
import { abbreviated, duration, memory, metric } from "../base/format.ts";
import type { Comparison, MarkedColumn, Setting } from "../experiment/comparison.ts";
import { shortened } from "./escape.ts";
import { isMarked, viewOf } from "./view.ts";

interface TerminalColumn {
  readonly title: string;
  readonly column: MarkedColumn;
  cell(setting: Setting): string;
}

const columns: readonly TerminalColumn[] = [
  { title: "accuracy", column: "accuracy", cell: ({ test }) => metric(test.accuracy.value) },
  { title: "macro F1", column: "f1", cell: ({ test }) => metric(test.f1.value) },
  { title: "cal.err", column: "calibrationError", cell: ({ test }) => metric(test.calibrationError.value) },
  { title: "training", column: "trainSeconds", cell: ({ cost }) => span(cost.trainSeconds) },
  { title: "total", column: "totalSeconds", cell: ({ cost }) => span(cost.totalSeconds) },
  { title: "memory", column: "peakRssBytes", cell: ({ cost }) => memory(cost.peakRssBytes) },
  { title: "trained", column: "trainableParameters", cell: ({ cost }) => abbreviated(cost.trainableParameters) },
  { title: "stored", column: "storedBytes", cell: ({ cost }) => memory(cost.storedBytes) },
];

/** Short, and with a decimal where whole seconds would hide what they are about. */
const span = (seconds: number): string => (seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds));

const WIDTH = 100;
const GAP = "  ";

/** Lines of at most 100 columns. A marked cell is bold and coloured, or without colour has a `*` behind it. */
export function resultTable(comparison: Comparison, { colour }: { readonly colour: boolean }): string {
  const view = viewOf(comparison);
  const cells = new Map(view.settings.map((setting) => [setting, columns.map(({ cell }) => cell(setting))]));
  // One more for the mark, also in colour, so that both have the same columns.
  const widths = columns.map(
    ({ title }, i) => 1 + Math.max(title.length, ...[...cells.values()].map((row) => row[i]!.length)),
  );
  const left = WIDTH - widths.reduce((sum, width) => sum + width + GAP.length - 1, 0);
  const names = view.settings.map((setting) => printable(view.shortName(setting)));
  const nameWidth = Math.min(left, Math.max(6, ...names.map((name) => name.length)));
  const row = (name: string, texts: readonly string[]) =>
    [shortened(name, nameWidth).padEnd(nameWidth), ...texts].join(GAP.slice(1)).trimEnd();
  const bold = (text: string) => (colour ? styleText("bold", text, { validateStream: false }) : text);
  const lineOf = (setting: Setting) =>
    row(
      printable(view.shortName(setting)),
      columns.map(({ column }, i) => {
        const text = cells.get(setting)![i]!;
        const isBest = isMarked(view, column, setting);
        const padded = text.padStart(widths[i]! - 1);
        if (!isBest) return `${padded} `;
        return colour ? `${styleText(["bold", "green"], padded, { validateStream: false })} ` : `${padded}*`;
      }),
    );
  const head = row(
    "method",
    columns.map(({ title }, i) => `${title.padStart(widths[i]! - 1)} `),
  );
  const groups = view.recipes.flatMap((recipe) => [
    ...(view.recipes.length > 1 ? ["", bold(recipe)] : []),
    ...view.settings.filter((setting) => setting.recipe === recipe).map(lineOf),
  ]);
  const notes = [
    ...(view.timed ? [] : [`Times cannot be compared: ${comparison.timesComparable.reason}.`]),
    ...comparison.failed.map(({ name, reason }) => `${name} failed: ${printable(reason)}`),
    ...(comparison.missing.length > 0 ? [`Not ended yet: ${comparison.missing.join(", ")}`] : []),
  ];
  return [bold(head), ...groups, ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

/** Without what would move the cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, " ");
