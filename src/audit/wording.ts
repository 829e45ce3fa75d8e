/** Sentences and names that the page and the terminal share. */
import { grouped, percent } from "../base/format.ts";
import type { AuditResult, IssueKind, LearningCurve } from "./audit-result.ts";

/** A kind of issues by itself, and as what rows are: "12 texts that …". */
export const kindNames: Readonly<Record<IssueKind, { readonly term: string; readonly what: string }>> = {
  label: { term: "Doubtful label", what: "doubtful labels" },
  contradiction: { term: "Contradiction", what: "texts that have another label elsewhere" },
  leak: { term: "Leak", what: "texts that stand in a later split as well" },
  duplicate: { term: "Repeated", what: "texts that repeat others" },
  outlier: { term: "Outlier", what: "texts that are like no other" },
  language: { term: "Other script", what: "texts in another script than the rest" },
  markup: { term: "Markup", what: "texts with markup, or wrongly decoded" },
  empty: { term: "Empty", what: "empty texts" },
};

export const textCount = ({ texts }: AuditResult): number => Object.values(texts).reduce((a, b) => a + b, 0);

/** "820 of 8,998 labels are doubtful (9.1 %)". */
export function doubtText(result: AuditResult): string {
  const { found } = result.wrongLabels;
  const count = textCount(result);
  return `${grouped(found)} of ${grouped(count)} labels are doubtful (${percent(found / count)})`;
}

/** What that rests on: a weak encoder doubts what it cannot learn. */
export const groundsText = ({ wrongLabels, tried }: AuditResult): string =>
  `Confident learning estimates ${grouped(wrongLabels.estimated)} wrong labels. Models that had not seen the texts answer ${percent(tried[0]!.accuracy)} of them as labelled; what they cannot learn looks wrong as well, and a better encoder doubts less.`;

const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

/** "Twice the texts would bring about +1.2 points of accuracy (95 % interval +0.4 to +2.0)." */
export const curveSentence = ({ gain: { estimate, low, high } }: LearningCurve): string =>
  `Twice the texts would bring about ${points(estimate)} points of accuracy (95 % interval ${points(low)} to ${points(high)}).`;
