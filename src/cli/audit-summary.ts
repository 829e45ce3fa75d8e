/** What an audit found, as lines for a terminal. */
import { join } from "node:path";
import { type AuditIssue, type AuditResult, issueKinds } from "../audit/audit-result.ts";
import { curveSentence, doubtText, groundsText, kindNames } from "../audit/wording.ts";
import { AUDIT_FILES } from "../audit/write-audit.ts";
import { alignColumns, grouped, percent, timeSpan } from "../base/format.ts";
import { afterAudit } from "./next-commands.ts";

const [SHOWN_ISSUES, SHOWN_PAIRS, LONGEST_TEXT] = [5, 5, 60];

export function auditSummary(result: AuditResult, out: string): string {
  const { issues, pairs, curve, seconds } = result;
  const counts = issueKinds.map((kind) => [
    kindNames[kind].what,
    grouped(issues.filter((one) => one.kind === kind).length),
  ]);
  const wrong = issues.filter(({ kind }) => kind === "label").slice(0, SHOWN_ISSUES);
  return [
    "",
    `${doubtText(result)}.`,
    groundsText(result),
    "",
    ...alignColumns([["found", "rows"], ...counts]),
    ...(wrong.length === 0 ? [] : ["", "The most doubtful labels:", ...alignColumns(wrong.map(issueCells))]),
    ...(pairs.length === 0
      ? []
      : ["", "Labels most taken for each other:", ...pairs.slice(0, SHOWN_PAIRS).map(pairLine)]),
    "",
    ...(curve ? [curveSentence(curve)] : []),
    `${timeSpan(seconds.total)}; ${join(out, AUDIT_FILES.page)}`,
    "",
    ...afterAudit(result.data, out),
  ].join("\n");
}

const issueCells = ({ where, given, suggested, probability, text }: AuditIssue): string[] => [
  `  ${where}`,
  `${given} → ${suggested} (${percent(probability!)})`,
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text,
];

const pairLine = ({ labels: [a, b], wrong, toldApart }: AuditResult["pairs"][number]): string =>
  `  ${a} and ${b}: told apart in ${percent(toldApart)}; of ${a} ${percent(wrong[0])} are probably ${b}, of ${b} ${percent(wrong[1])} are ${a}`;
