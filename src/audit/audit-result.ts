/** What an audit finds: plain JSON, which audit.json holds whole and issues.csv as a table. */
import type { FetchEvent } from "../hub/fetch-events.ts";

/**
 * - `label`: the text probably has another label than the given one (confident learning)
 * - `contradiction`: the same or nearly the same text has another label elsewhere
 * - `leak`: the same or nearly the same text stands in a split that comes later, so that scores there are too good
 * - `duplicate`: the same or nearly the same text stands earlier in its split, with the same label
 * - `outlier`: no other text is like it
 * - `language`: its letters are of another script than those of most texts
 * - `markup`: markup of web pages, an address and nothing else, or signs of a wrong encoding
 * - `empty`: it has no letter, digit or sign
 */
export const issueKinds = [
  "label",
  "contradiction",
  "leak",
  "duplicate",
  "outlier",
  "language",
  "markup",
  "empty",
] as const;
export type IssueKind = (typeof issueKinds)[number];

/** A row of the data as they were given. */
export interface RowPlace {
  /** The split that its file is: `train`, `validation`, `test`, or `all` where the data have no splits. */
  readonly split: string;
  /** Its number there, from 1, counted over the files of the split in order. */
  readonly row: number;
}

/** A text that is like another one. */
export interface SimilarText extends RowPlace {
  readonly text: string;
  readonly label: string;
  /** Cosine of the frozen features, at most 1. */
  readonly similarity: number;
}

export interface AuditIssue extends RowPlace {
  readonly kind: IssueKind;
  /** From 0 to 1: how sure it is that something is wrong. Issues of a kind are in this order, the surest first. */
  readonly score: number;
  readonly id: string;
  /** File and line or row, for people. */
  readonly where: string;
  readonly text: string;
  /** The second text of a sentence pair. */
  readonly pair?: string;
  /** The label in the data; where a text may have any number of labels, all of them, as `joinLabels` writes them. */
  readonly given: string;
  /** What it should probably be; only where that is known. */
  readonly suggested?: string;
  /** Of the suggested label, by models that have not seen the text. */
  readonly probability?: number;
  /** Of the given label, by the same. */
  readonly givenProbability?: number;
  /** The other row of a duplicate, leak or contradiction. */
  readonly also?: RowPlace;
  /** One sentence that says what was seen. */
  readonly why: string;
  /** The texts that are most like it, the nearest first. */
  readonly similar: readonly SimilarText[];
  /** Of the text: by it a review knows that the row is still the same. */
  readonly textHash: string;
}

export interface ClassAudit {
  readonly label: string;
  readonly texts: number;
  /** Mean probability of the label over the texts that have it: more than that is confident. */
  readonly threshold: number;
  /** Share of its texts whose most probable label is another one. */
  readonly error: number;
  /** Estimated number of its texts that have another label by right. */
  readonly wrong: number;
}

/** Two labels that are taken for each other. */
export interface LabelPair {
  readonly labels: readonly [string, string];
  /** Estimated share of the first label's texts that are of the second by right, and the other way round. */
  readonly wrong: readonly [number, number];
  /** Of texts of either label, the share for which the right one of the two is more probable; 0.5 is chance. */
  readonly toldApart: number;
}

/** How the error falls with more texts, err(n) = a·n^-b + c. */
export interface LearningCurve {
  /** Share of texts that were answered wrongly after training on `texts`, one for each fold. */
  readonly points: readonly { readonly texts: number; readonly errors: readonly number[] }[];
  readonly fit: { readonly a: number; readonly b: number; readonly c: number };
  /** What twice the texts would bring, as a share of texts; with the 95 % interval of the bootstrap. */
  readonly gain: { readonly estimate: number; readonly low: number; readonly high: number };
}

/** A way to get probabilities that was tried, measured on texts that it had not seen. */
export interface TriedModel {
  readonly name: string;
  /** Mean cross-entropy. */
  readonly loss: number;
  readonly accuracy: number;
}

export interface AuditResult {
  readonly attune: string;
  /** Data and model as they were named. */
  readonly data: string;
  readonly dataSha256: string;
  readonly model: string;
  /** `heads`, or the fine-tuning method whose models gave the probabilities. */
  readonly method: string;
  readonly folds: number;
  readonly seed: number;
  readonly reading: string;
  readonly notes: readonly string[];
  readonly labels: readonly string[];
  readonly multiLabel: boolean;
  /** Texts by split, in the order of the data. */
  readonly texts: Readonly<Record<string, number>>;
  /** What the probabilities are from: the one that was used comes first. */
  readonly tried: readonly TriedModel[];
  /** Estimated wrong labels: their number, and the rows that were found. */
  readonly wrongLabels: { readonly estimated: number; readonly found: number };
  readonly classes: readonly ClassAudit[];
  /** Those most taken for each other first. */
  readonly pairs: readonly LabelPair[];
  /** Absent where there are too few texts for one. */
  readonly curve?: LearningCurve;
  readonly issues: readonly AuditIssue[];
  readonly seconds: Readonly<Record<AuditStage, number>> & { readonly total: number };
}

/** What takes time, in order. */
export const auditStages = ["features", "probabilities", "neighbours", "curve"] as const;
export type AuditStage = (typeof auditStages)[number];

export interface AuditStartEvent {
  readonly type: "start";
  readonly texts: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  readonly notes: readonly string[];
}

export interface AuditProgressEvent {
  readonly type: "progress";
  readonly stage: AuditStage;
  /** Out of `total`. */
  readonly done: number;
  readonly total: number;
}

/** The last event. */
export interface AuditDoneEvent {
  readonly type: "audited";
  readonly result: AuditResult;
  /** [texts, labels]: of each label for each text, by models that had not seen it. */
  readonly probabilities: Float32Array;
}

export type AuditEvent = FetchEvent | AuditStartEvent | AuditProgressEvent | AuditDoneEvent;
