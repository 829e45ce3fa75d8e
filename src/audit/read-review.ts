/** What a review decided, row by row: checked against the data as they are now. */
import { AttuneError, listOf } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import { openTable } from "../tables/open-table.ts";
import { placeOf as placeInFile } from "../tables/table.ts";
import { issueKinds } from "./audit-result.ts";
import { type AuditedTexts, labelSeparator, textHash } from "./audited-texts.ts";

/**
 * - `accept`: do what the issue suggests: give the suggested label, or where there is none, remove the row
 * - `keep`: leave the row as it is
 * - `relabel`: give the label in the column `new_label`
 * - `remove`: leave the row out
 */
export const decisions = ["accept", "keep", "relabel", "remove"] as const;

/** What becomes of a row: other labels, or nothing. */
export type RowChange = { readonly labels: readonly string[] } | "removed";

export interface Review {
  /** By the text's index. */
  readonly changes: ReadonlyMap<number, RowChange>;
  /** Lines without a decision. */
  readonly undecided: number;
}

const NEEDED = ["split", "row", "kind", "given", "suggested", "decision", "new_label", "text_hash"] as const;
type ReviewLine = Readonly<Record<(typeof NEEDED)[number], string>>;

/** @throws AttuneError that names the line which cannot be followed, or whose row is no longer the one that was reviewed */
export async function readReview(path: string, texts: AuditedTexts): Promise<Review> {
  const table = await openTable(path);
  const missing = NEEDED.filter((column) => !table.columns.includes(column));
  if (missing.length > 0)
    throw new AttuneError(
      "audit/review",
      `${path}: the column ${listOf(missing, "and")} is missing; a review is issues.csv of an audit with decisions filled in`,
    );
  const indices = indexByPlace(texts);
  const changes = new Map<number, RowChange>();
  let undecided = 0;
  for await (const batch of table.rows(NEEDED))
    for (const { place, values } of batch) {
      const where = placeInFile(table, place);
      const line = Object.fromEntries(NEEDED.map((column, i) => [column, String(values[i] ?? "")])) as ReviewLine;
      const decision = line.decision.trim().toLowerCase();
      if (decision === "") undecided++;
      if (decision === "" || decision === "keep") continue;
      const index = indices.get(`${line.split}:${Number(line.row)}`);
      requireSame(texts, index, line, where);
      const change = changeOf(decision, line, texts, where);
      const before = changes.get(index!);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(change))
        throw new AttuneError(
          "audit/review",
          `${where}: ${line.split} row ${line.row} is decided in two ways, ${shownChange(before)} and ${shownChange(change)}; leave one of them`,
        );
      changes.set(index!, change);
    }
  return { changes, undecided };
}

function indexByPlace({ examples, placeOf }: AuditedTexts): Map<string, number> {
  const indices = new Map<string, number>();
  for (let i = 0; i < examples.length; i++) {
    const { split, row } = placeOf(i);
    indices.set(`${split}:${row}`, i);
  }
  return indices;
}

function requireSame(texts: AuditedTexts, index: number | undefined, line: ReviewLine, where: string): void {
  const row = `${line.split} row ${line.row}`;
  const advice = "the data have changed since they were audited; audit them anew";
  if (index === undefined) throw new AttuneError("audit/changed", `${where}: there is no ${row}: ${advice}`);
  if (textHash([texts.examples.text(index)].flat()) !== line.text_hash)
    throw new AttuneError(
      "audit/changed",
      `${where}: ${row} is another text than the one that was reviewed: ${advice}`,
    );
  const now = namesOf(texts, index).join(labelSeparator(texts.labels));
  if (unescaped(line.given) !== now)
    throw new AttuneError(
      "audit/changed",
      `${where}: the label of ${row} is ${JSON.stringify(now)} and was ${JSON.stringify(unescaped(line.given))}: ${advice}`,
    );
}

export const namesOf = ({ examples, labels }: AuditedTexts, index: number): string[] =>
  [examples.truth(index)].flat().map((label) => labels[label]!);

function changeOf(decision: string, line: ReviewLine, texts: AuditedTexts, where: string): RowChange {
  const suggested = unescaped(line.suggested);
  if (decision === "remove") return "removed";
  if (decision === "relabel") return { labels: labelsIn(unescaped(line.new_label), texts, `${where}: new_label`) };
  if (decision !== "accept")
    throw new AttuneError(
      "audit/review",
      `${where}: the decision is ${JSON.stringify(line.decision)}; it must be ${listOf(decisions)}, or empty`,
    );
  if (line.kind === "label") return { labels: labelsIn(suggested, texts, `${where}: suggested`) };
  if (line.kind === "contradiction")
    throw new AttuneError(
      "audit/review",
      `${where}: of contradicting labels nothing is suggested; decide relabel with a new_label, remove or keep`,
    );
  if ((issueKinds as readonly string[]).includes(line.kind)) return "removed";
  throw new AttuneError(
    "audit/review",
    `${where}: the kind is ${JSON.stringify(line.kind)}; it must be ${listOf(issueKinds)}`,
  );
}

/** One label, or where a text may have any number, those with the separator between them. */
function labelsIn(cell: string, { labels, multiLabel }: AuditedTexts, where: string): string[] {
  const separator = labelSeparator(labels);
  const parts = multiLabel ? cell.split(separator.trim() || separator).map((part) => part.trim()) : [cell.trim()];
  const names = parts.filter((part) => part !== "");
  if (names.length === 0 && !multiLabel)
    throw new AttuneError("audit/review", `${where} is empty; it must be a label of the data`);
  const unknown = names.find((name) => !labels.includes(name));
  if (unknown === undefined) return labels.filter((label) => names.includes(label));
  const hint = didYouMean(unknown, labels, `there are ${listOf(labels.slice(0, 20), "and")}`, (name) =>
    JSON.stringify(name),
  );
  throw new AttuneError("audit/review", `${where}: there is no label ${JSON.stringify(unknown)}; ${hint}`);
}

/** Without the apostrophe that keeps a spreadsheet from taking a text for a formula. */
const unescaped = (cell: string): string => cell.replace(/^'(?=\s*[=+\-@]|[\t\r\n])/, "");

const shownChange = (change: RowChange): string =>
  change === "removed" ? "removed" : `labelled ${listOf(change.labels, "and")}`;
