/** Conclusions on what does no better than guessing, or than counting words. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../../../src/comparison/comparison.ts";
import { answer } from "../../../src/report/conclusions/answer.ts";
import { hardTexts } from "../../../src/report/conclusions/further.ts";
import { noBetterThanBagOfWords, noBetterThanMajority } from "../../../src/report/conclusions/quality.ts";
import { againstFull } from "../../../src/report/conclusions/wording.ts";
import { answerSection } from "../../../src/report/sections/answer.ts";
import { resultTable } from "../../../src/report/terminal-table.ts";
import { viewOf } from "../../../src/report/view.ts";
import { fabricated, withSetting } from "./comparisons.ts";

const study = fabricated();
let one: Comparison;

beforeAll(async () => {
  one = (await study()).comparison;
}, 120_000);

test("no better than the most frequent label is judged by the interval", () => {
  const at = (majorityAccuracy: number) => viewOf({ ...one, data: { ...one.data, majorityAccuracy } });
  const { low } = viewOf(one).of("tuned/probe").test.accuracy;
  expect(noBetterThanMajority(at(low))).toEqual([expect.stringMatching(/^Linear probe cannot be told from/)]);
  expect(noBetterThanMajority(at(0.9999))).toEqual([expect.stringMatching(/ do worse than always answering/)]);
  expect(noBetterThanMajority(at(low - 0.001))).toBeUndefined();
});

test("no better than a bag of words is judged by macro F1's interval, and said of all where it is so", () => {
  const at = (f1: number) =>
    viewOf({ ...one, data: { ...one.data, bagOfWords: { accuracy: 0, f1, words: 9, trainedOn: 9 } } });
  const { low, high } = at(0).of("tuned/probe").test.f1;
  const baseline = (f1: number) => `logistic regression on word counts (macro F1 ${f1.toFixed(4)}).`;
  expect(noBetterThanBagOfWords(at(low))).toEqual([`Linear probe cannot be told from ${baseline(low)}`]);
  expect(noBetterThanBagOfWords(at(high + 0.0001))).toEqual([
    `Linear probe does worse than ${baseline(high + 0.0001)}`,
  ]);
  expect(noBetterThanBagOfWords(at(low - 0.001))).toBeUndefined();
  expect(noBetterThanBagOfWords(at(0.9999))).toEqual([
    `Full fine-tuning, Linear probe and LoRA, rank 2/8/32 do worse than ${baseline(0.9999)}`,
    "No setting is shown to beat it.",
  ]);
  expect(noBetterThanBagOfWords(viewOf(one))).toBeUndefined();
});

test("the answer passes over what is not shown to beat the most frequent label, and says so", () => {
  const { low } = viewOf(one).of("tuned/probe").test.accuracy;
  const at = (majorityAccuracy: number) => answer(viewOf({ ...one, data: { ...one.data, majorityAccuracy } }));
  const idle = "Linear probe needs less, but is not shown to do better than always answering the most frequent label.";
  for (const line of [1, 2, 3]) {
    const said = at(low)[line]!;
    expect(said.answer).toMatch(/^LoRA/);
    expect(said.detail).toContain(idle);
    expect(at(low - 0.001)[line]!.answer).toBe("Linear probe");
    const none = at(1)[line]!; // Where nothing beats it, nothing is passed over.
    expect(none.answer).toBe("Linear probe");
    expect(none.detail).not.toContain("needs less");
  }
});

describe("a setting that does not beat the baselines", () => {
  const verdict = {
    beatsBaselines: false,
    summary: "This model is worse than counting words.",
    reasons: ["40 steps are few"],
    next: ["give it more --epochs"],
  };
  const failing = (...ids: readonly string[]) =>
    ids.reduce(
      (comparison, id) =>
        withSetting(comparison, id, (setting) => ({
          ...setting,
          runs: setting.runs.map((run) => ({ ...run, result: { ...run.result, verdict } })),
        })),
      one,
    );

  test("comes first in the report and stands under the table, with the reason and what to try", () => {
    const said =
      "This model is worse than counting words. Likely because 40 steps are few. Try next: give it more --epochs.";
    const [first, items] = answerSection(viewOf(failing("tuned/probe"))).blocks;
    expect(JSON.stringify(first)).toContain("Not to be used");
    expect(JSON.stringify(items)).toContain(said);
    expect(resultTable(failing("tuned/probe"), { colour: false })).toContain(`Linear probe: ${said}`);
    expect(answerSection(viewOf(one)).blocks).toHaveLength(1);
  });

  test("is no measure for others", () => {
    const view = viewOf({ ...failing("tuned/full"), differences: [] });
    expect(againstFull(view, view.of("tuned/probe"))).toBe(
      "Full fine-tuning does not beat the baselines, so nothing is held against it.",
    );
    expect(answer(view).at(-1)).toMatchObject({
      answer: "Not known",
      detail: expect.stringMatching(/beat the baselines/),
    });
  });

  test("says nothing of the texts: two must have learned before any are called hard", () => {
    const others = one.settings.map(({ id }) => id).filter((id) => id !== "tuned/full");
    expect(hardTexts(viewOf(failing(...others)))).toMatch(/as only one of them beats the baselines/);
    expect(hardTexts(viewOf(failing(...others, "tuned/full")))).toMatch(/as none of them beats the baselines/);
  });
});
