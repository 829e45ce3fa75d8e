/**
 * The issues that `attune audit` found, as a queue of decisions. They are kept in reviewed.csv beside issues.csv, written
 * whole after each decision, which `attune audit --apply` takes; issues.csv stays as it is.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { decisions } from "../audit/read-review.ts";
import { AttuneError } from "../base/error.ts";
import { csvCell, csvField } from "../base/escape.ts";
import { readJson } from "../base/read-json.ts";
import { readText } from "../base/read-text.ts";
import { writeWhole } from "../base/write-whole.ts";
import type { Decision, ReviewIssue, ReviewQueue } from "./app-types.ts";

const NEEDED = ["split", "row", "kind", "text", "given", "suggested", "decision", "new_label", "text_hash"] as const;

/** A table of texts as they stand in the file. */
interface Sheet {
  readonly columns: readonly string[];
  readonly rows: string[][];
}

/** What of audit.json helps to decide. */
const auditShape = z.looseObject({
  data: z.string(),
  labels: z.array(z.string()),
  issues: z.array(
    z.looseObject({
      split: z.string(),
      row: z.number(),
      kind: z.string(),
      similar: z
        .array(
          z.looseObject({
            split: z.string(),
            row: z.number(),
            text: z.string(),
            label: z.string(),
            similarity: z.number(),
          }),
        )
        .optional(),
    }),
  ),
});

/** Where decisions on the issues of a file are kept. */
export const reviewedFile = (issues: string): string =>
  join(dirname(issues), basename(issues).replace(/issues\.csv$/i, "reviewed.csv"));

/** @throws AttuneError where the file is not one of an audit */
export function readQueue(issues: string): Omit<ReviewQueue, "command"> {
  const sheet = readSheet(issues);
  const audit = auditBeside(issues);
  const keyOf = (split: string, row: number | string, kind: string) => `${split} ${row} ${kind}`;
  const similar = new Map(
    (audit?.issues ?? []).map((issue) => [keyOf(issue.split, issue.row, issue.kind), issue.similar ?? []]),
  );
  const found = sheet.rows.map((_, line): ReviewIssue => {
    const cell = (column: string) => cellOf(sheet, line, column);
    const number = (column: string) => (cell(column) === "" ? undefined : Number(cell(column)));
    const [split, row, kind] = [cell("split"), Number(cell("row")), cell("kind")];
    const decision = cell("decision").trim().toLowerCase();
    return {
      line,
      split,
      row,
      kind,
      text: unescaped(cell("text")),
      pair: unescaped(cell("pair")),
      given: unescaped(cell("given")),
      suggested: unescaped(cell("suggested")),
      ...(number("probability") !== undefined && { probability: number("probability")! }),
      ...(number("given_probability") !== undefined && { givenProbability: number("given_probability")! }),
      why: cell("why"),
      where: cell("where"),
      decision: isDecision(decision) ? decision : "",
      newLabel: unescaped(cell("new_label")),
      similar: similar.get(keyOf(split, row, kind)) ?? [],
    };
  });
  const inFile = new Set(found.flatMap(({ given, suggested }) => [given, suggested]).filter((label) => label !== ""));
  return {
    issues: found,
    labels: audit?.labels ?? [...inFile].sort(),
    data: audit?.data ?? "",
    saved: basename(reviewedFile(issues)),
  };
}

/** A decision, or "" to take it back. */
export interface Decided {
  /** Of the file, from 0, without its header; `row` and `kind` must be those that stand there. */
  readonly line: number;
  readonly row: number;
  readonly kind: string;
  readonly decision: Decision | "";
  readonly newLabel: string;
}

/**
 * Writes a decision down.
 *
 * @throws AttuneError for one that cannot be applied
 */
export function decide(issues: string, { line, row, kind, decision, newLabel }: Decided): void {
  const sheet = readSheet(issues);
  if (cellOf(sheet, line, "row") !== String(row) || cellOf(sheet, line, "kind") !== kind)
    throw new AttuneError("app/review", "this list was changed meanwhile; reload the page");
  if (decision === "relabel" && newLabel === "") throw new AttuneError("app/review", "choose the new label");
  const next = (column: string): string => {
    if (column === "decision") return decision;
    if (column === "new_label") return decision === "relabel" ? csvSafe(newLabel) : "";
    return cellOf(sheet, line, column);
  };
  requireOneOutcome(sheet, line, next);
  sheet.rows[line] = sheet.columns.map(next);
  const text = [sheet.columns, ...sheet.rows].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
  writeWhole(reviewedFile(issues), text);
}

/** A row that stands in the list for several reasons cannot become two things. */
function requireOneOutcome(sheet: Sheet, line: number, next: (column: string) => string): void {
  const own = outcome(next);
  if (own === undefined) return;
  const same = ["split", "row"].map((column) => next(column)).join(" ");
  for (let other = 0; other < sheet.rows.length; other++) {
    const cell = (column: string) => cellOf(sheet, other, column);
    if (other === line || `${cell("split")} ${cell("row")}` !== same) continue;
    const there = outcome(cell);
    if (there !== undefined && there !== own)
      throw new AttuneError(
        "app/review",
        `the same row stands in the list as ${cell("kind")}, and is ${there} there; take that back first`,
      );
  }
}

/** What becomes of a row; undefined where it stays as it is. */
function outcome(cell: (column: string) => string): string | undefined {
  const [decision, kind] = [cell("decision").trim().toLowerCase(), cell("kind")];
  if (decision === "remove" || (decision === "accept" && kind !== "label")) return "removed";
  if (decision === "accept") return `labelled ${cell("suggested")}`;
  return decision === "relabel" ? `labelled ${cell("new_label")}` : undefined;
}

function readSheet(issues: string): Sheet {
  const file = existsSync(reviewedFile(issues)) ? reviewedFile(issues) : issues;
  const [columns = [], ...rows] = parsed(file, readText(file, "app/review"));
  const missing = NEEDED.find((column) => !columns.includes(column));
  if (missing === undefined) return { columns, rows };
  throw new AttuneError(
    "app/review",
    `${file}: the column ${missing} is missing; it must be issues.csv of attune audit`,
  );
}

function parsed(file: string, text: string): string[][] {
  try {
    return parse(text, { bom: true, relax_column_count: true }) as string[][];
  } catch (cause) {
    throw new AttuneError("app/review", `${file}: this is no CSV (${(cause as Error).message})`, "input", { cause });
  }
}

const cellOf = ({ columns, rows }: Sheet, line: number, column: string): string =>
  rows[line]?.[columns.indexOf(column)] ?? "";

/** Neighbours stand there; without it one decides by the text alone. */
function auditBeside(issues: string): z.infer<typeof auditShape> | undefined {
  const file = join(dirname(issues), "audit.json");
  if (!existsSync(file)) return undefined;
  try {
    return readJson(file, auditShape, { code: "app/review" });
  } catch {
    return undefined;
  }
}

const isDecision = (text: string): text is Decision => (decisions as readonly string[]).includes(text);

/** With the apostrophe that keeps a spreadsheet from taking a label for a formula, as the other columns have it. */
const csvSafe = (label: string): string => {
  const field = csvField(label);
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
};

const unescaped = (cell: string): string => cell.replace(/^'(?=\s*[=+\-@]|[\t\r\n])/, "");
