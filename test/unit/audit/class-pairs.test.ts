/** Counted by hand: five texts of three classes, and a fourth that no text has. */
import { expect, test } from "vitest";
import { classAudits, labelPairs } from "../../../src/audit/class-pairs.ts";

const LABELS = ["cat", "dog", "bird", "fish"];
const judged = {
  classes: 4,
  given: Int32Array.of(0, 0, 1, 1, 2),
  probabilities: Float32Array.of(
    ...[0.7, 0.2, 0.1, 0], // A cat.
    ...[0.3, 0.6, 0.1, 0], // A cat that looks like a dog.
    ...[0.1, 0.8, 0.1, 0],
    ...[0.1, 0.45, 0.45, 0], // As much a dog as a bird, which is no error.
    ...[0, 0.05, 0.95, 0],
  ),
};
// One of two cats is a dog by the joint.
const joint = [
  [1, 1, 0, 0],
  [0, 2, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 0],
];

test("classes have their texts, those that look like another, and the labels that are wrong by the joint", () => {
  const thresholds = Float64Array.of(0.5, 0.625, 0.95, 0);
  expect(classAudits(LABELS, judged, thresholds, joint)).toEqual([
    { label: "cat", texts: 2, threshold: 0.5, error: 0.5, wrong: 1 },
    { label: "dog", texts: 2, threshold: 0.625, error: 0, wrong: 0 },
    { label: "bird", texts: 1, threshold: 0.95, error: 0, wrong: 0 },
    { label: "fish", texts: 0, threshold: 0, error: 0, wrong: 0 },
  ]);
});

test("pairs are those of which one has labels of the other, and none has a class without texts", () => {
  // Half of the cats look like dogs, no dog like a cat: 1 − (1/2 + 0) / 2.
  expect(labelPairs(LABELS, judged, joint)).toEqual([{ labels: ["cat", "dog"], wrong: [0.5, 0], toldApart: 0.75 }]);
});

test("a pair that is told apart badly counts without wrong labels, and the worst comes first", () => {
  const none = joint.map((row, i) => row.map((_, j) => (i === j ? row[i]! : 0)));
  const probabilities = Float32Array.from(judged.probabilities);
  probabilities.set([0.1, 0.6, 0.3, 0], 16); // The only bird looks like a dog.
  expect(labelPairs(LABELS, { ...judged, probabilities }, none)).toEqual([
    { labels: ["dog", "bird"], wrong: [0, 0], toldApart: 0.5 },
    { labels: ["cat", "dog"], wrong: [0, 0], toldApart: 0.75 },
  ]);
});
