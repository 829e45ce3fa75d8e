/** Everything that was found as one list: of each kind the surest first, each with what a person needs to decide. */

import { type AlikeTexts, findAlike } from "./alike-texts.ts";
import type { AuditIssue, IssueKind, SimilarText } from "./audit-result.ts";
import { type AuditedTexts, labelSeparator, textHash } from "./audited-texts.ts";
import type { LabelIssue } from "./label-issues.ts";
import type { Neighbours } from "./neighbours.ts";
import { findOdd } from "./odd-texts.ts";
import { findOutliers } from "./outliers.ts";

/** Of the most similar texts, as many help to decide. */
const SHOWN = 3;

/** What of an issue is not its row's own. */
type Finding = Pick<AuditIssue, "kind" | "score" | "why"> &
  Partial<Pick<AuditIssue, "suggested" | "probability" | "givenProbability">> & {
    readonly text: number;
    readonly other?: number;
  };

export function collectIssues(
  texts: AuditedTexts,
  wrong: readonly LabelIssue[],
  neighbours: Neighbours,
): { readonly issues: readonly AuditIssue[]; readonly notes: readonly string[] } {
  const { examples, labels, sizes } = texts;
  const separator = labelSeparator(labels);
  const named = (own: readonly number[]) => own.map((label) => labels[label]!).join(separator);
  const splits = Object.keys(sizes);
  const alike = findAlike(examples, (text) => splits.indexOf(texts.placeOf(text).split), neighbours);
  const { odd, notes } = findOdd(examples);
  const findings: Finding[] = [
    ...wrong.map(({ text, suggested, probability, givenProbability }): Finding => {
      const why = `Models that have not seen it give its label a probability of ${shown(givenProbability)}.`;
      return {
        kind: "label",
        text,
        score: 1 - givenProbability,
        suggested: named(suggested),
        probability,
        givenProbability,
        why,
      };
    }),
    ...alikeFindings(alike),
    ...findOutliers(neighbours).map(({ text, distance }): Finding => {
      const why = `The texts most like it are far from it: mean cosine ${shown(1 - distance)}.`;
      return { kind: "outlier", text, score: Math.min(1, distance), why };
    }),
    ...odd,
  ];
  const similarTo = (text: number): SimilarText[] =>
    Array.from({ length: Math.min(SHOWN, neighbours.each) }, (_, k) => {
      const place = text * neighbours.each + k;
      const other = neighbours.texts[place]!;
      return {
        ...texts.placeOf(other),
        text: [examples.text(other)].flat().join(" / "),
        label: named([examples.truth(other)].flat()),
        similarity: neighbours.similarities[place]!,
      };
    });
  const issues = findings.map(({ text, other, ...found }): AuditIssue => {
    const { id, text: first, pair } = examples.at(text);
    return {
      ...texts.placeOf(text),
      ...found,
      id,
      where: texts.whereIs(text),
      text: first,
      ...(pair !== undefined && { pair }),
      given: named([examples.truth(text)].flat()),
      ...(other !== undefined && { also: texts.placeOf(other) }),
      similar: similarTo(text),
      textHash: textHash([examples.text(text)].flat()),
    };
  });
  return { issues, notes };
}

const shown = (value: number): string => value.toFixed(2);

function alikeFindings({ contradictions, leaks, duplicates }: AlikeTexts): Finding[] {
  const found = (kind: IssueKind, all: AlikeTexts["leaks"], what: string): Finding[] =>
    all
      .map(({ text, other, similarity }) => ({
        kind,
        text,
        other,
        score: similarity,
        why: `${similarity === 1 ? "The same text" : `Nearly the same text (cosine ${similarity.toFixed(3)})`} ${what}.`,
      }))
      .sort((a, b) => b.score - a.score);
  return [
    ...found("contradiction", contradictions, "has another label elsewhere"),
    ...found("leak", leaks, "stands in a later split, whose scores it makes too good"),
    ...found("duplicate", duplicates, "stands earlier in this split with the same label"),
  ];
}
