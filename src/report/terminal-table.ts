/** The final table on a terminal: a row for each setting, the best cell of each column marked. */
import { styleText } from "node:util";
import { abbreviated, duration, memory, metric } from "../base/format.ts";
import type { Comparison, MarkedColumn, Setting } from "../comparison/comparison.ts";
import { failureOf } from "../comparison/failed-settings.ts";
import { cutMiddle, cutTo, namesWithin, padTo, printable, widthOf, wrappedTo } from "../document/narrow-text.ts";
import { verdictLines } from "../run/verdict.ts";
import { isMarked, viewOf } from "./view.ts";

interface TerminalColumn {
  readonly title: string;
  readonly column: MarkedColumn;
  cell(setting: Setting): string;
}

const columns: readonly TerminalColumn[] = [
  { title: "accuracy", column: "accuracy", cell: ({ test }) => metric(test.accuracy.value) },
  { title: "macro F1", column: "f1", cell: ({ test }) => metric(test.f1.value) },
  { title: "micro F1", column: "microF1", cell: ({ test: { microF1 } }) => (microF1 ? metric(microF1.value) : "") },
  {
    title: "cal.err",
    column: "calibrationError",
    cell: ({ test: { calibrationError } }) => (calibrationError ? metric(calibrationError.value) : ""),
  },
  { title: "training", column: "trainSeconds", cell: ({ cost }) => span(cost.trainSeconds) },
  { title: "total", column: "totalSeconds", cell: ({ cost }) => span(cost.totalSeconds) },
  { title: "memory", column: "peakRssBytes", cell: ({ cost }) => memory(cost.peakRssBytes) },
  { title: "trained", column: "trainableParameters", cell: ({ cost }) => abbreviated(cost.trainableParameters) },
  { title: "stored", column: "storedBytes", cell: ({ cost }) => memory(cost.storedBytes) },
];

/** Short, and with a decimal where whole seconds would hide what they are about. */
const span = (seconds: number): string => (seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds));

const GAP = " ";
/** In a narrow terminal these go, the first first. */
const LESS_IMPORTANT = ["stored", "cal.err", "micro F1", "training", "trained", "memory", "accuracy", "total"];
/** Names up to this are whole; before they are cut, columns go. */
const WHOLE_NAME = 30;

export interface TableStyle {
  readonly colour: boolean;
  /** Columns of the terminal. @default as many as are needed */
  readonly width?: number;
}

/** A marked cell is bold and coloured, or without colour has a `*` behind it. */
export function resultTable(comparison: Comparison, style: TableStyle): string {
  const { colour, width = Number.POSITIVE_INFINITY } = style;
  const view = viewOf(comparison);
  const names = new Map(view.settings.map((setting) => [setting, printable(view.shortName(setting))]));
  const nameWidth = Math.max("method".length, ...[...names.values()].map(widthOf));
  const { shown, hidden, room } = columnsWithin(width, view.settings, Math.min(nameWidth, WHOLE_NAME));
  const named = Math.max(1, Math.min(room, nameWidth));
  const row = (name: string, texts: readonly string[]) =>
    [padTo(named, cutMiddle(named, name)), ...texts].join(GAP).trimEnd();
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const lineOf = (setting: Setting) =>
    row(
      names.get(setting)!,
      shown.map(({ column, cell, width: own }) => {
        const padded = cell(setting).padStart(own - 1);
        if (!isMarked(view, column, setting)) return `${padded} `;
        return colour ? `${paint(["bold", "green"], padded)} ` : `${padded}*`;
      }),
    );
  const head = row(
    "method",
    shown.map(({ title, width: own }) => `${title.padStart(own - 1)} `),
  );
  const groups = view.recipes.flatMap((recipe) => [
    ...(view.recipes.length > 1 ? ["", paint("bold", recipe)] : []),
    ...view.settings.filter((setting) => setting.recipe === recipe).map(lineOf),
  ]);
  const notes = notesOf(comparison, hidden, width);
  return [paint("bold", head), ...groups, ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

/** As many columns as there is room for beside names of some width. */
function columnsWithin(width: number, settings: readonly Setting[], nameWidth: number) {
  const filled = columns.filter(({ cell }) => settings.some((setting) => cell(setting) !== ""));
  const all = filled.map((column) => ({
    ...column,
    // One more for the mark, also in colour, so that both have the same columns.
    width: 1 + Math.max(column.title.length, ...settings.map((setting) => column.cell(setting).length)),
  }));
  const without = (count: number) => all.filter(({ title }) => !LESS_IMPORTANT.slice(0, count).includes(title));
  const roomBeside = (some: typeof all) => width - some.reduce((sum, one) => sum + one.width + GAP.length, 0);
  let count = 0;
  while (count < LESS_IMPORTANT.length && roomBeside(without(count)) < nameWidth) count++;
  const shown = without(count);
  return {
    shown,
    hidden: all.filter((column) => !shown.includes(column)).map(({ title }) => title),
    room: roomBeside(shown),
  };
}

function notesOf(
  { settings, timesComparable, failed, missing }: Comparison,
  hidden: readonly string[],
  width: number,
): string[] {
  const unended = "Not ended yet: ";
  return [
    ...(timesComparable.comparable ? [] : wrappedTo(width, `Times cannot be compared: ${timesComparable.reason}.`)),
    ...(hidden.length > 0 ? wrappedTo(width, `Not shown, for lack of room: ${hidden.join(", ")}.`) : []),
    ...settings.flatMap((setting) => {
      const verdict = failureOf(setting);
      return verdict ? wrappedTo(width, `${printable(setting.title)}: ${verdictLines(verdict).join(" ")}`) : [];
    }),
    ...failed.map(({ name, reason }) => cutTo(width, `${name} failed: ${printable(reason)}`)),
    ...(missing.length > 0 ? [cutTo(width, `${unended}${namesWithin(width - unended.length, missing)}`)] : []),
  ];
}
