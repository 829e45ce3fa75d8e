import { expect, test } from "vitest";
import type { Example } from "../../../src/data/dataset.ts";
import { describeData } from "../../../src/data/describe.ts";

const split = (...rows: readonly (readonly [text: string, label: number])[]): Example[] =>
  rows.map(([text, label], i) => ({ id: `${i}`, text, label }));

/** One token for each word, and two more. */
const tokenizer = {
  encode: (text: string) => ({ ids: new Int32Array(text.split(" ").length + 2), truncated: false }),
};

test("counts, lengths, repeated texts and the simplest guess", () => {
  const splits = {
    train: split(["a", 1], ["b b", 1], ["a", 1], ["c", 0], ["a", 0]),
    validation: split(["a", 0], ["d d d", 1], ["e", 1]),
    test: split(["e", 1], ["c", 0], ["f", 0], ["e", 1], ["g g g g g g g g", 0]),
  };
  expect(describeData({ labels: ["x", "y"], splits }, tokenizer, 5)).toEqual({
    counts: { train: [2, 3], validation: [1, 2], test: [3, 2] },
    // 3 for ten texts, then 4, 5 and 10.
    tokens: { median: 3, p95: 10, longest: 10 },
    cutShare: 1 / 13,
    duplicates: {
      within: { train: 2, validation: 0, test: 1 },
      trainTest: 1,
      trainValidation: 1,
      validationTest: 2,
      contradictions: 1,
    },
    majorityAccuracy: 2 / 5,
  });
});
