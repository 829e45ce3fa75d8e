/** Labels that are probably wrong, with what the texts probably are: for one label a text, and for any number of them. */
import type { ClassAudit, LabelPair } from "./audit-result.ts";
import type { AuditedTexts } from "./audited-texts.ts";
import { classAudits, labelPairs } from "./class-pairs.ts";
import {
  calibratedJoint,
  confidentJoint,
  confidentThresholds,
  type Judged,
  likeliestOther,
  selfConfidence,
  wronglyLabelled,
} from "./confident-learning.ts";

/** A text with a label that is probably wrong. */
export interface LabelIssue {
  readonly text: number;
  /** All labels that it should have: one, where each text has one. */
  readonly suggested: readonly number[];
  /** Of what is suggested and of what is given, or where there may be any number of labels, of the one that differs. */
  readonly probability: number;
  readonly givenProbability: number;
}

export interface LabelAudit {
  /** Those least probably right first. */
  readonly issues: readonly LabelIssue[];
  /** Estimated number of wrong labels. */
  readonly estimated: number;
  readonly classes: readonly ClassAudit[];
  readonly pairs: readonly LabelPair[];
}

/** Of labels with fewer texts than these nothing can be learned, so that all of them would look wrong. */
export const LEAST_TEXTS = 5;
const MOST_PAIRS = 200;

export function auditLabels(texts: AuditedTexts, probabilities: Float32Array): LabelAudit {
  return texts.multiLabel ? auditEach(texts, probabilities) : auditOne(texts, probabilities);
}

function auditOne({ examples, labels }: AuditedTexts, probabilities: Float32Array): LabelAudit {
  const given = Int32Array.from(examples.truths() as number[]);
  const judged = { probabilities, given, classes: labels.length };
  const thresholds = confidentThresholds(judged);
  const joint = confidentJoint(judged, thresholds);
  const calibrated = calibratedJoint(joint.counts, given);
  const classes = classAudits(labels, judged, thresholds, calibrated);
  const issues = wronglyLabelled(judged, joint)
    .filter((text) => classes[given[text]!]!.texts >= LEAST_TEXTS)
    .map((text) => {
      const other = likeliestOther(judged, text);
      const probability = probabilities[text * labels.length + other]!;
      return { text, suggested: [other], probability, givenProbability: selfConfidence(judged, text) };
    });
  return {
    issues: ranked(issues),
    estimated: classes.reduce((sum, { wrong }) => sum + wrong, 0),
    classes,
    pairs: labelPairs(labels, judged, calibrated).slice(0, MOST_PAIRS),
  };
}

/** Each label by itself, as given or not given: of a text with several doubtful ones, the most doubtful. */
function auditEach({ examples, labels }: AuditedTexts, probabilities: Float32Array): LabelAudit {
  const truths = examples.truths() as (readonly number[])[];
  const worst = new Map<number, LabelIssue>();
  let estimated = 0;
  const classes = labels.map((label, k): ClassAudit => {
    const judged = judgedAlone(truths, probabilities, labels.length, k);
    const thresholds = confidentThresholds(judged);
    const joint = confidentJoint(judged, thresholds);
    const [without, having] = calibratedJoint(joint.counts, judged.given) as [number[], number[]];
    const count = having[0]! + having[1]!;
    const isJudged = Math.min(count, truths.length - count) >= LEAST_TEXTS;
    if (isJudged) estimated += without[1]! + having[0]!;
    for (const text of isJudged ? wronglyLabelled(judged, joint) : []) {
      const givenProbability = selfConfidence(judged, text);
      if (givenProbability >= (worst.get(text)?.givenProbability ?? Infinity)) continue;
      const own = truths[text]!;
      const suggested = own.includes(k) ? own.filter((one) => one !== k) : [...own, k].sort((a, b) => a - b);
      worst.set(text, { text, suggested, probability: 1 - givenProbability, givenProbability });
    }
    const [single] = classAudits(["without", "having"], judged, thresholds, [without, having]).slice(1);
    return { ...single!, label };
  });
  return { issues: ranked([...worst.values()]), estimated, classes, pairs: [] };
}

/** Whether texts have one label: class 1, or 0. */
function judgedAlone(
  truths: readonly (readonly number[])[],
  probabilities: Float32Array,
  labelCount: number,
  label: number,
): Judged {
  const own = new Float32Array(2 * truths.length);
  for (let text = 0; text < truths.length; text++) {
    own[2 * text + 1] = probabilities[text * labelCount + label]!;
    own[2 * text] = 1 - own[2 * text + 1]!;
  }
  return { probabilities: own, given: truths.map((labels) => (labels.includes(label) ? 1 : 0)), classes: 2 };
}

const ranked = (issues: readonly LabelIssue[]): LabelIssue[] =>
  issues.toSorted((a, b) => a.givenProbability - b.givenProbability || a.text - b.text);
