/** Confident learning against cleanlab on the same probabilities (test/fixtures/make_audit.py). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  calibratedJoint,
  confidentJoint,
  confidentThresholds,
  type Judged,
  normalizedMargin,
  selfConfidence,
  wronglyLabelled,
} from "../../../src/audit/confident-learning.ts";

interface Case {
  readonly probabilities: number[][];
  readonly given: number[];
  readonly thresholds: number[];
  readonly joint: number[][];
  readonly calibrated: number[][];
  readonly estimated: number;
  readonly found: number[];
  readonly count: number;
  readonly selfConfidence: number[];
  readonly normalizedMargin: number[];
}
const { cases } = JSON.parse(readFileSync(new URL("../../fixtures/audit.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

describe.each(cases.map((one, i) => [i, one] as const))("case %i is cleanlab's", (_, one) => {
  const judged: Judged = {
    probabilities: Float64Array.from(one.probabilities.flat()),
    given: one.given,
    classes: one.thresholds.length,
  };
  const joint = confidentJoint(judged);
  const calibrated = calibratedJoint(joint.counts, one.given);
  const all = [...one.given.keys()];

  test("thresholds", () => {
    for (const [k, threshold] of confidentThresholds(judged).entries())
      expect(Math.abs(threshold - one.thresholds[k]!)).toBeLessThan(1e-12);
  });

  test("confident joint, and in proportion to the labels", () => {
    expect(joint.counts).toEqual(one.joint);
    expect(calibrated).toEqual(one.calibrated);
    expect(calibrated.flatMap((row, k) => row.filter((__, other) => other !== k)).reduce((a, b) => a + b)).toBe(
      one.estimated,
    );
  });

  test("scores, the texts that are found, and their order", () => {
    for (const text of all) {
      expect(selfConfidence(judged, text)).toBe(one.selfConfidence[text]);
      expect(Math.abs(normalizedMargin(judged, text) - one.normalizedMargin[text]!)).toBeLessThan(1e-12);
    }
    const found = wronglyLabelled(judged, joint);
    // Theirs may have a text whose label is the most probable one; nothing can be suggested for it.
    const theirs = one.found.filter((text) => one.normalizedMargin[text]! < 0.5);
    expect(found.toSorted((a, b) => a - b)).toEqual(theirs);
    expect(one.found).toHaveLength(one.count);
    expect(found).toEqual(found.toSorted((a, b) => one.selfConfidence[a]! - one.selfConfidence[b]! || a - b));
    expect(found.length).toBeGreaterThan(5);
  });
});
