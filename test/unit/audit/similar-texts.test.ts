/** Neighbours, near duplicates and outliers against scikit-learn and cleanlab on the same features (make_audit.py). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findAlike } from "../../../src/audit/alike-texts.ts";
import { findNeighbours, type Neighbours } from "../../../src/audit/neighbours.ts";
import { findOutliers } from "../../../src/audit/outliers.ts";
import { cpuEngine } from "../../../src/engine/engines.ts";
import { Examples } from "../../../src/tables/dataset.ts";
import { allOf, LabelledRows } from "../../../src/tables/labelled-rows.ts";

const { alike } = JSON.parse(readFileSync(new URL("../../fixtures/audit.json", import.meta.url), "utf8")) as {
  alike: { features: number[][]; neighbours: number[][]; distances: number[][]; near: number[][]; outliers: number[] };
};
const count = alike.features.length;
const features = {
  count,
  width: alike.features[0]!.length,
  values: Float32Array.from(alike.features.flat()),
  pooling: "mean",
  notes: [],
} as const;
const neighbours = await findNeighbours(features, cpuEngine(1));

test("the ten nearest are scikit-learn's, in that order", () => {
  expect(neighbours.each).toBe(10);
  for (const [text, theirs] of alike.distances.entries())
    for (const [k, distance] of theirs.entries())
      expect(Math.abs(1 - neighbours.similarities[10 * text + k]! - distance)).toBeLessThan(1e-6);
  expect(Array.from(neighbours.texts)).toEqual(alike.neighbours.flat());
});

test("near duplicates and outliers are cleanlab's", () => {
  const rows = examplesOf(alike.features.map((_, i) => [`text ${i}`, "a"]));
  const { duplicates } = findAlike(rows, () => 0, neighbours);
  const theirs = alike.near.flatMap((others, text) => (others.some((other) => other < text) ? [text] : []));
  expect(duplicates.map(({ text }) => text)).toEqual(theirs);
  expect(theirs.length).toBeGreaterThanOrEqual(3);
  const outliers = findOutliers(neighbours).map(({ text }) => text);
  expect([...outliers].sort((a, b) => a - b)).toEqual(alike.outliers);
  expect(outliers.length).toBeGreaterThanOrEqual(2);
});

test("equal texts are found whatever their features are, also among thousands", () => {
  const texts = Array.from(
    { length: 40 },
    (_, i) => [i < 30 ? "the same" : `text ${i}`, i === 29 ? "b" : "a"] as const,
  );
  const splits = texts.map((_, i) => (i === 25 ? 1 : 0));
  const { contradictions, leaks, duplicates } = findAlike(examplesOf(texts), (text) => splits[text]!, none(40));
  // The text with the other label contradicts all others, and each of them that one.
  expect(contradictions.map(({ text }) => text)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect(contradictions[0]).toEqual({ text: 0, other: 29, similarity: 1 });
  // What is in the later split as well is a leak and not only a repetition.
  expect(leaks.map(({ text }) => text)).toEqual(Array.from({ length: 30 }, (_, i) => i).filter((i) => i !== 25));
  expect(leaks[3]!.other).toBe(25);
  expect(duplicates).toEqual([]);
  const whole = findAlike(examplesOf(texts), () => 0, none(40));
  expect(whole.duplicates.map(({ text, other }) => [text, other])).toEqual(
    Array.from({ length: 28 }, (_, i) => [i + 1, 0]),
  );
});

function examplesOf(texts: readonly (readonly [string, string])[] | readonly string[][]): Examples {
  const rows = new LabelledRows("row", 1, false);
  rows.beginFile((place) => `line ${place}`);
  for (const [place, [text, label]] of texts.entries())
    rows.add({ texts: [text!], labels: [label!], place, id: undefined, group: undefined });
  return new Examples(
    rows,
    allOf(rows),
    Int32Array.from(rows.names, (_, i) => i),
  );
}

/** Of texts that are all far from each other. */
const none = (texts: number): Neighbours => ({
  each: 1,
  texts: Int32Array.from({ length: texts }, (_, i) => (i + 1) % texts),
  similarities: new Float32Array(texts).fill(0.1),
});
