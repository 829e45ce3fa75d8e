import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../../../src/comparison/comparison.ts";
import { answer } from "../../../src/report/conclusions/answer.ts";
import {
  confusion,
  neverAnswered,
  sizeMatters,
  smallestClass,
  spearman,
  suffering,
} from "../../../src/report/conclusions/classes.ts";
import { fronts, operations, peak, storage, time } from "../../../src/report/conclusions/cost.ts";
import {
  calibration,
  cutTexts,
  hardTexts,
  rank,
  repeatedTexts,
  unfinished,
} from "../../../src/report/conclusions/further.ts";
import {
  accuracyDisagrees,
  againstFullFineTuning,
  bestSetting,
  fairOptions,
  seeds,
} from "../../../src/report/conclusions/quality.ts";
import {
  earlyBest,
  hardlyLearns,
  noOverfitting,
  notConverged,
  overfits,
} from "../../../src/report/conclusions/training.ts";
import { conclusions } from "../../../src/report/conclusions.ts";
import { viewOf } from "../../../src/report/view.ts";
import { bothRecipes, fabricated, probeWins, withEpochs, withSetting } from "./comparisons.ts";

const study = fabricated();
let one: Comparison;
let both: Comparison;
let probe: Comparison;

beforeAll(async () => {
  one = (await study()).comparison;
  both = (await study(bothRecipes())).comparison;
  probe = (await study(probeWins())).comparison;
}, 120_000);

/** With every difference to full fine-tuning as it is given. */
const withDifferences = (comparison: Comparison, p: number, f1: number, accuracyP = p): Comparison => ({
  ...comparison,
  differences: comparison.differences.map((difference) => ({
    ...difference,
    f1,
    f1AdjustedP: p,
    accuracyAdjustedP: accuracyP,
  })),
});

const incomparable = (comparison: Comparison): Comparison => ({
  ...comparison,
  timesComparable: { comparable: false, reason: "up to 2 runs ran at once" },
});

describe("the answer", () => {
  const lines = (comparison: Comparison) => answer(viewOf(comparison));

  test("has five lines, of what is recommended and what costs least", () => {
    expect(lines(one).map(({ question, answer: said }) => [question, said])).toEqual([
      ["Best quality", "Full fine-tuning"],
      ["Least time", "Linear probe"],
      ["Least memory", "Linear probe"],
      ["Least to train and store", "Linear probe"],
      ["Cheapest without a loss that can be shown", "LoRA, rank 8"],
    ]);
  });

  test("says that the probe wins where it does", () => {
    expect(lines(probe)[0]).toMatchObject({ answer: "Linear probe" });
    expect(lines(probe)[4]).toMatchObject({
      answer: "Linear probe",
      detail: expect.stringContaining("shown to be better"),
    });
    expect(bestSetting(viewOf(probe))).toMatch(
      /^Linear probe has the best validation macro F1.*On test it is the best, too/,
    );
    expect(againstFullFineTuning(viewOf(probe))).toEqual([
      expect.stringMatching(
        /^Against Full fine-tuning, by macro F1 on test: Linear probe is better, and LoRA, rank 2 is worse \(p = 0\.020 or less after Holm's correction\); for LoRA, rank 8\/32 no difference can be shown\.$/,
      ),
    ]);
  });

  test("claims no difference from p = 0.05 on", () => {
    const at = (p: number) => lines(withDifferences(one, p, -0.01))[1]!.detail;
    expect(at(0.05)).toContain("no difference can be shown, p = 0.050");
    expect(at(0.049)).not.toContain("no difference");
  });

  test("names full fine-tuning where all else is shown to be worse", () => {
    expect(lines(withDifferences(one, 0.001, -0.1))[4]).toMatchObject({
      answer: "Full fine-tuning",
      detail: "Every other setting is shown to be worse in macro F1 on test.",
    });
  });

  test("does not compare times that cannot be compared, and takes memory to say what is cheapest", () => {
    const said = lines(incomparable(one));
    expect(said[1]).toEqual({
      question: "Least time",
      answer: "Not compared",
      detail: "Times cannot be compared: up to 2 runs ran at once.",
    });
    expect(said.map(({ figure, detail }) => `${figure} ${detail}`).join()).not.toMatch(/total time|in total/);
    expect(said[4]!.figure).toContain("peak memory");
  });

  test("holds nothing against full fine-tuning that is not there", () => {
    const without = { ...one, settings: one.settings.filter(({ method }) => method !== "full"), differences: [] };
    const recommended = { chosen: "tuned/lora-r8", reason: "LoRA, rank 8 has the best." };
    const best = { ...one.best, f1: ["tuned/lora-r8"] };
    const said = lines({ ...without, recommended, best });
    expect(said[0]!.detail).toMatch(/the best on test\. There is no full fine-tuning to hold it against\.$/);
    for (const line of said.slice(1)) expect(line.detail).not.toContain("hold it against");
    expect(said[4]!.answer).toBe("Not known");
  });

  test("says so where nothing was trained", () => {
    const none = {
      ...one,
      settings: one.settings.filter(({ method }) => method === "none"),
      differences: [],
      ranks: [],
      pareto: [],
      recommended: undefined,
      best: Object.fromEntries(Object.keys(one.best).map((column) => [column, []])) as unknown as Comparison["best"],
    };
    expect(lines(none)[0]!.answer).toBe("Nothing was trained");
    expect(() => conclusions(viewOf(none))).not.toThrow();
  });
});

describe("quality", () => {
  test("what test does not confirm is said", () => {
    const other = { ...one, recommended: { chosen: "tuned/probe", reason: "Linear probe has the best." } };
    expect(bestSetting(viewOf(other))).toMatch(/On test it has macro F1 0\.\d{4}; LoRA, rank 32 has the most there/);
  });

  test("settings are better, worse, or not to be told apart", () => {
    expect(againstFullFineTuning(viewOf(withDifferences(one, 0.2, -0.01)))).toEqual([
      "Against Full fine-tuning, by macro F1 on test: for Linear probe and LoRA, rank 2/8/32 no difference can be shown.",
    ]);
    expect(againstFullFineTuning(viewOf(withDifferences(one, 0.01, -0.01)))).toEqual([
      "Against Full fine-tuning, by macro F1 on test: Linear probe and LoRA, rank 2/8/32 are worse (p = 0.010 or less after Holm's correction).",
    ]);
  });

  test("accuracy and macro F1 may disagree", () => {
    expect(accuracyDisagrees(viewOf(withDifferences(one, 0.2, 0, 0.01)))).toEqual([
      expect.stringMatching(
        /^In accuracy .* can be shown for Linear probe and LoRA, rank 2\/8\/32, in macro F1 it cannot/,
      ),
    ]);
    expect(accuracyDisagrees(viewOf(withDifferences(one, 0.2, 0)))).toEqual([]);
  });

  test("two recipes are compared by method, by the largest change first", () => {
    expect(fairOptions(viewOf(both))).toMatch(/recipe: Linear probe 0\.\d{4} → 0\.\d{4} \(\+0\.\d{4}\), /);
    expect(fairOptions(viewOf(one))).toBeUndefined();
  });

  test("one seed says nothing of seeds, several say how far they are apart", async () => {
    expect(seeds(viewOf(one))).toContain("One seed was run");
    const { comparison } = await study({ seeds: [1, 2, 3], texts: 60 });
    expect(seeds(viewOf(comparison))).toMatch(
      /^Between seeds, the standard deviation of macro F1 lies between 0\.\d{4} \(/,
    );
  });
});

describe("cost", () => {
  test("times are held against full fine-tuning, or not at all", () => {
    expect(time(viewOf(one))).toBe(
      "Total time, against 2 min 06 s with Full fine-tuning: 13 s (10.3 %) with Linear probe, 1 min 07 s (53.0 %) with LoRA, rank 8.",
    );
    expect(time(viewOf(incomparable(one)))).toBe("Times are shown but not compared: up to 2 runs ran at once.");
    expect(fronts(viewOf(incomparable(one)))).not.toContain("time");
  });

  test("memory, operations and storage are those of the settings", () => {
    expect(peak(viewOf(one))).toContain(
      "Full fine-tuning peaks at 900 MB, of which 12 MB are gradients and optimizer state",
    );
    expect(operations(viewOf(one))).toMatch(
      /^Full fine-tuning computes 400 M operations for each training text, .* of that it is 75\.0 % with Linear probe, /,
    );
    expect(storage(viewOf(one))).toContain("takes 4.0 MB with Full fine-tuning and 4 kB with Linear probe");
  });

  test("fronts name what is unbeaten everywhere and beaten everywhere", () => {
    const pareto = one.pareto.map((front) => ({ ...front, settings: ["tuned/probe", "tuned/full"] }));
    expect(fronts(viewOf({ ...one, pareto }))).toBe(
      "Of macro F1 on test against total time, peak memory and trained parameters: none is both better and cheaper than " +
        "Full fine-tuning and Linear probe; some other setting is better and cheaper than LoRA, rank 2/8/32 in each of them.",
    );
  });
});

describe("training", () => {
  const full = (losses: readonly (readonly [number, number])[], best: number) =>
    viewOf(
      withSetting(
        { ...one, settings: one.settings.filter(({ method }) => method === "full" || method === "none") },
        "tuned/full",
        withEpochs(losses, best),
      ),
    );
  const falling = [
    [1, 0.9],
    [0.8, 0.8],
    [0.6, 0.7],
    [0.4, 0.6],
  ] as const;
  const rising = [
    [1, 0.9],
    [0.6, 0.5],
    [0.3, 0.6],
    [0.1, 0.8],
  ] as const;

  test("the last epoch as the best means that more could help", () => {
    expect(notConverged(full(falling, 4))).toMatch(/^With Full fine-tuning, .* had not converged/);
    expect(notConverged(full(rising, 2))).toBeUndefined();
    expect(notConverged(full([[1, 0.9]], 1))).toBeUndefined();
  });

  test("a best epoch in the first half means that fewer were enough", () => {
    expect(earlyBest(full(rising, 2))).toContain("Full fine-tuning, epoch 2 of 4");
    expect(earlyBest(full(rising, 3))).toBeUndefined();
  });

  test("training loss that stays is little learning, unless it has fallen before", () => {
    const found = (first: number, last: number) =>
      hardlyLearns(
        full(
          [first, last].map((loss) => [loss, 1] as const),
          2,
        ),
      );
    expect(found(3, 2.88)).toContain("falls by less than 5.0 %");
    expect(found(3, 2.82)).toBeUndefined();
    expect(found(0.2, 0.2)).toBeUndefined();
  });

  test("overfitting is falling training loss with rising validation loss", () => {
    expect(overfits(full(rising, 2))).toMatch(
      /with Full fine-tuning: the model overfits\..*0\.5000 at its lowest, 0\.8000 at the end/,
    );
    expect(noOverfitting(full(rising, 2))).toBeUndefined();
    expect(overfits(full(falling, 4))).toBeUndefined();
    expect(noOverfitting(full(falling, 4))).toContain("the model does not overfit");
    expect(noOverfitting(viewOf(one))).toContain("none overfits");
    // Both rise: that is no overfitting.
    expect(
      overfits(
        full(
          [
            [1, 0.9],
            [0.6, 0.5],
            [0.7, 0.8],
          ],
          2,
        ),
      ),
    ).toBeUndefined();
  });
});

describe("classes", () => {
  const sized = (train: readonly number[], comparison = one): Comparison => ({
    ...comparison,
    data: { ...comparison.data, counts: { ...comparison.data.counts, train } },
  });

  test("a class far below the macro average suffers", () => {
    const weak = withSetting(sized([100, 60, 7]), "tuned/full", (setting) => ({
      ...setting,
      runs: setting.runs.map((run) => ({
        ...run,
        test: { ...run.test, perClass: run.test.perClass.map((c, k) => (k === 2 ? { ...c, f1: 0.3 } : c)) },
      })),
    }));
    expect(suffering(viewOf(weak))).toMatch(/this class suffers, .*: love \(F1 0\.3000, 7 training texts\)\.$/);
    expect(suffering(viewOf(one))).toMatch(/no class falls more than 0\.1 below/);
  });

  test("the smallest class is named with who does best and worst on it", () => {
    expect(smallestClass(viewOf(sized([100, 60, 7])))).toMatch(/^The smallest class, love \(7 training texts\)/);
    expect(smallestClass(viewOf(one))).toBeUndefined();
  });

  test("size is only judged with enough classes, by a rank correlation", () => {
    expect(sizeMatters(viewOf(sized([100, 60, 7])))).toBeUndefined();
    // scipy.stats.spearmanr([1, 2, 2, 9, 5], [0.1, 0.5, 0.4, 0.6, 0.6])
    expect(spearman([1, 2, 2, 9, 5], [0.1, 0.5, 0.4, 0.6, 0.6])).toBeCloseTo(0.9473684210526317, 14);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0);
  });

  test("classes that are never answered, and the most frequent confusion", () => {
    const blind = withSetting(one, "tuned/probe", (setting) => ({
      ...setting,
      runs: setting.runs.map((run) => ({
        ...run,
        test: {
          ...run.test,
          perClass: run.test.perClass.map((c, k) => (k === 2 ? { ...c, f1: 0, recall: 0, precision: 0 } : c)),
        },
      })),
    }));
    expect(neverAnswered(viewOf(blind))).toContain("Linear probe (love)");
    expect(neverAnswered(viewOf(one))).toBeUndefined();
    const confused = withSetting(one, "tuned/full", (setting) => ({
      ...setting,
      runs: setting.runs.map((run) => ({
        ...run,
        test: {
          ...run.test,
          confusion: [
            [90, 3, 7],
            [0, 60, 0],
            [20, 0, 20],
          ],
        },
      })),
    }));
    expect(confusion(viewOf(confused))).toBe(
      "Most often love is taken for anger: 50.0 % of its test texts with Full fine-tuning.",
    );
  });
});

describe("what else", () => {
  test("the choice of rank is said as it was made", () => {
    expect(rank(viewOf(one))).toEqual([`LoRA's rank: ${one.ranks[0]!.reason}`]);
  });

  test("calibration, hard texts, faults of the data", () => {
    expect(calibration(viewOf(one))).toMatch(/^Probabilities are most to be believed with /);
    const data = {
      ...one.data,
      cutShare: 0.2,
      duplicates: {
        within: { train: 0, validation: 0, test: 0 },
        trainTest: 4,
        trainValidation: 0,
        validationTest: 0,
        contradictions: 1,
      },
    };
    expect(repeatedTexts(viewOf({ ...one, data }))).toBe(
      "In the data, 4 test texts (2.0 %) also stand in the training texts, so figures on test are a little too good; " +
        "1 text stands with more than one label, which nobody can get right every time.",
    );
    expect(repeatedTexts(viewOf(one))).toBeUndefined();
    expect(cutTexts(viewOf({ ...one, data }))).toContain("20.0 %");
    expect(cutTexts(viewOf({ ...one, data: { ...data, cutShare: 0.01 } }))).toBeUndefined();
    expect(hardTexts(viewOf({ ...one, allWrong: one.allWrong.slice(0, 2) }))).toMatch(
      /^2 test texts of 200 \(1\.0 %\) are wrong/,
    );
    expect(hardTexts(viewOf({ ...one, allWrong: [] }))).toBeUndefined();
    const most = Array.from({ length: 51 }, () => one.allWrong[0]!);
    expect(hardTexts(viewOf({ ...one, allWrong: most }))).toMatch(/\(25\.5 %\) are wrong .* has learned enough/);
  });

  test("runs that are not there", () => {
    const failed = [{ name: "a", reason: "no" }];
    expect(unfinished(viewOf({ ...one, failed, missing: ["b", "c"] }))).toBe(
      "1 run failed, and 2 runs have not ended yet: what is said here is of the finished runs alone.",
    );
    expect(unfinished(viewOf(one))).toBeUndefined();
  });
});
