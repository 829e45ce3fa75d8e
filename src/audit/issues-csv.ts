/** issues.csv: one line for each issue, to be read in a spreadsheet, decided there, and given to `--apply`. */
import { csvField } from "../base/escape.ts";
import type { AuditIssue } from "./audit-result.ts";

type Columns = Readonly<Record<string, (issue: AuditIssue) => string | number | undefined>>;

/**
 * The columns in order. `decision` and `new_label` are empty: a review fills them.
 */
const columns = {
  split: ({ split }) => split,
  row: ({ row }) => row,
  kind: ({ kind }) => kind,
  score: ({ score }) => rounded(score),
  text: ({ text }) => text,
  pair: ({ pair }) => pair,
  given: ({ given }) => given,
  suggested: ({ suggested }) => suggested,
  probability: ({ probability }) => rounded(probability),
  given_probability: ({ givenProbability }) => rounded(givenProbability),
  also_split: ({ also }) => also?.split,
  also_row: ({ also }) => also?.row,
  why: ({ why }) => why,
  decision: () => undefined,
  new_label: () => undefined,
  id: ({ id }) => id,
  where: ({ where }) => where,
  text_hash: ({ textHash }) => textHash,
} as const satisfies Columns;

export const issueColumns = Object.keys(columns) as readonly (keyof typeof columns)[];

const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Number(value.toFixed(4));

export function issuesCsv(issues: readonly AuditIssue[]): string {
  const rows = issues.map((issue) => issueColumns.map((column) => csvField(columns[column](issue))));
  return [issueColumns, ...rows].map((fields) => `${fields.join(",")}\r\n`).join("");
}
