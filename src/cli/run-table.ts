/** The live table of a study's runs, one row a run, within the width and height of a terminal. */
import { styleText } from "node:util";
import { duration, metric } from "../base/format.ts";
import { cutMiddle, cutTo, padTo, printable, widthOf } from "../document/narrow-text.ts";

/** What one row says. */
export interface RunRow {
  readonly label: string;
  readonly state: "waiting" | "running" | "done" | "failed";
  /** Why it failed, or what it does beside epochs. */
  readonly note: string;
  /** Of the run, and those that are over. */
  readonly epochs: number;
  readonly epoch: number;
  readonly step?: string;
  /** Of the newest validation, or on test once it is done. */
  readonly f1: number | undefined;
  readonly seconds: number | undefined;
  readonly secondsLeft: number | undefined;
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

interface RunColumn {
  readonly title: string;
  readonly isText?: boolean;
  cell(row: RunRow): string;
}

const label: RunColumn = { title: "run", isText: true, cell: (row) => printable(row.label) };
const state: RunColumn = { title: "", isText: true, cell: (row) => stateOf(row, true) };
const shortState: RunColumn = { ...state, cell: (row) => stateOf(row, false) };
const f1: RunColumn = { title: "macro F1", cell: (row) => (row.f1 === undefined ? "" : metric(row.f1)) };
const time: RunColumn = { title: "time", cell: ({ seconds }) => (seconds === undefined ? "" : duration(seconds)) };
const left: RunColumn = {
  title: "left",
  cell: ({ secondsLeft }) => (secondsLeft === undefined ? "" : duration(secondsLeft)),
};

/** From the widest to the narrowest: the first that has room is taken. */
const LAYOUTS: readonly (readonly RunColumn[])[] = [
  [label, state, f1, time, left],
  [label, shortState, f1, time, left],
  [label, shortState, f1, left],
  [label, shortState, f1],
  [label, shortState],
];

const GAP = "  ";
/** Labels up to this are whole; before they are cut, columns go. */
const WHOLE_LABEL = 40;

/** Lines, none wider than the terminal; `status` is the last. */
export function runTable(all: readonly RunRow[], status: string, { columns: width, rows, colour }: Terminal): string[] {
  const lines = linesOf(all, width).map((line, i) => (i > 0 && colour ? styled(line, all[i - 1]!.state) : line));
  const [head, ...body] = lines as [string, ...string[]];
  return [head, ...withinHeight(body, all, rows - 4), cutTo(width, printable(status))];
}

function linesOf(all: readonly RunRow[], width: number): string[] {
  const made = LAYOUTS.map((columns) => {
    const cells = all.map((row) => columns.map(({ cell }) => cell(row)));
    const widths = columns.map(({ title }, i) =>
      // Why a run failed may take the whole line, and so widens no column.
      Math.max(title.length, ...cells.map((row, k) => (all[k]!.state === "failed" && i > 0 ? 6 : widthOf(row[i]!)))),
    );
    const others = widths.slice(1).reduce((sum, one) => sum + one + GAP.length, 0);
    return { columns, cells, widths, room: width - others };
  });
  const isEnough = ({ widths, room }: (typeof made)[number]) => room >= Math.min(widths[0]!, WHOLE_LABEL);
  const { columns, cells, widths, room } = made.find(isEnough) ?? made.at(-1)!;
  const labelWidth = Math.max(1, Math.min(widths[0]!, room));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => {
        const columnWidth = i === 0 ? labelWidth : widths[i]!;
        const cut = i === 0 ? cutMiddle(columnWidth, text) : cutTo(columnWidth, text);
        return columns[i]!.isText ? padTo(columnWidth, cut) : cut.padStart(columnWidth);
      })
      .join(GAP);
  const failed = ([name, why]: readonly string[]) => `${padTo(labelWidth, cutMiddle(labelWidth, name!))}${GAP}${why}`;
  return [
    line(columns.map(({ title }) => title)),
    ...cells.map((row, k) => (all[k]!.state === "failed" ? failed(row) : line(row))),
  ].map((text) => cutTo(width, text.trimEnd()));
}

function stateOf({ state: is, note, epoch, epochs, step }: RunRow, withStep: boolean): string {
  if (is === "failed") return `failed: ${printable(note)}`;
  if (is !== "running") return is;
  if (epochs === 0) return note || "begins";
  const now = withStep ? (step ?? note) : "";
  return `epoch ${Math.min(epoch + 1, epochs)}/${epochs} ${now}`.trimEnd();
}

function styled(line: string, is: RunRow["state"]): string {
  const style = { waiting: "dim", running: "bold", done: "reset", failed: "red" } as const;
  return styleText(style[is], line, { validateStream: false });
}

/** Where the terminal is too low: first the finished rows go, then those that wait. */
function withinHeight(lines: readonly string[], rows: readonly RunRow[], height: number): string[] {
  if (lines.length <= height) return [...lines];
  const isOver = rows.map(({ state: is }) => is === "done" || is === "failed");
  const over = lines.filter((_, i) => isOver[i]);
  const open = lines.filter((_, i) => !isOver[i]);
  const shownOpen = open.slice(0, Math.max(1, height - 2));
  const shownOver = over.slice(over.length - Math.max(0, height - 2 - shownOpen.length));
  const [hiddenOver, hiddenOpen] = [over.length - shownOver.length, open.length - shownOpen.length];
  return [
    ...(hiddenOver > 0 ? [`… ${hiddenOver} more ${hiddenOver === 1 ? "is" : "are"} over`] : []),
    ...shownOver,
    ...shownOpen,
    ...(hiddenOpen > 0 ? [`… ${hiddenOpen} more ${hiddenOpen === 1 ? "waits" : "wait"}`] : []),
  ];
}
