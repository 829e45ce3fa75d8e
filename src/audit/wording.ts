/** Sentences and names that the page and the terminal share. */
import type { AuditResult, IssueKind, LearningCurve } from "./audit-result.ts";

/** A kind of issues by itself, and as what rows are: "12 texts that …". */
export const kindNames: Readonly<Record<IssueKind, { readonly term: string; readonly what: string }>> = {
  label: { term: "Wrong label", what: "labels that are probably wrong" },
  contradiction: { term: "Contradiction", what: "texts that have another label elsewhere" },
  leak: { term: "Leak", what: "texts that stand in a later split as well" },
  duplicate: { term: "Repeated", what: "texts that repeat others" },
  outlier: { term: "Outlier", what: "texts that are like no other" },
  language: { term: "Other script", what: "texts in another script than the rest" },
  markup: { term: "Markup", what: "texts with markup, or wrongly decoded" },
  empty: { term: "Empty", what: "empty texts" },
};

export const textCount = ({ texts }: AuditResult): number => Object.values(texts).reduce((a, b) => a + b, 0);

const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

/** "Twice the texts would bring about +1.2 points of accuracy (95 % interval +0.4 to +2.0)." */
export const curveSentence = ({ gain: { estimate, low, high } }: LearningCurve): string =>
  `Twice the texts would bring about ${points(estimate)} points of accuracy (95 % interval ${points(low)} to ${points(high)}).`;
