import { describe, expect, test } from "vitest";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import type { MultiLabelPredictions } from "../../../src/comparison/read-predictions.ts";
import { scorerOf } from "../../../src/comparison/scored-texts.ts";
import { labelsAbove, multiLabelMetrics } from "../../../src/train/multi-label.ts";
import { changePredictions, fabricateStudy } from "../../study.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const labels = ["a", "b", "c"];
const thresholds = [0.5, 0.3, 0.9];
const truth = [[0], [0, 1], [], [2], [1, 2]];
const logits = Float32Array.from([2, -3, -1, 1, -0.5, -2, -1, -1, -1, -1, 0.2, 3, -4, 2, 1]);
const predictions: MultiLabelPredictions = {
  multiLabel: true,
  file: "",
  ids: [],
  texts: [],
  labels,
  truth,
  predicted: labelsAbove(logits, thresholds),
  logits,
};
/** The same texts, each as often as it counts. */
const repeated = (weights: readonly number[]) => {
  const rows = weights.flatMap((weight, i) => new Array<number>(weight).fill(i));
  const values = rows.flatMap((i) => [...logits.subarray(i * labels.length, (i + 1) * labels.length)]);
  const truths = rows.map((i) => truth[i]!);
  return multiLabelMetrics(Float32Array.from(values), truths, labels, thresholds);
};

describe("answers of any number of labels", () => {
  const scorer = scorerOf(predictions);

  // Those metrics are held against scikit-learn's in multi-label.test.ts.
  test.each([[[1, 1, 1, 1, 1]], [[2, 0, 1, 0, 2]], [[0, 5, 0, 0, 0]], [[0, 0, 5, 0, 0]]])(
    "texts that count %j times score as if they stood there as often",
    (weights) => {
      const expected = repeated(weights);
      const found = scorer.score(Float64Array.from(weights));
      expect(Object.keys(found).sort()).toEqual([...scorer.measures].sort());
      for (const name of scorer.measures) expect(found[name]).toBeCloseTo(expected[name as "f1"], 12);
    },
  );

  test("all texts once have the metrics of the run", () => {
    const { loss, ...rest } = scorer.metrics();
    const { loss: expected, ...others } = repeated([1, 1, 1, 1, 1]);
    expect(rest).toEqual(others);
    expect(loss).toBeCloseTo(expected, 12);
  });

  test("right is a text that has all of its labels and no other; it is as sure as its least sure label", () => {
    expect(predictions.predicted).toEqual([[0], [0, 1], [], [1, 2], [1]]);
    expect([...scorer.right]).toEqual([1, 1, 1, 0, 0]);
    const p = 1 / (1 + Math.exp(0.5));
    expect(scorer.confidence[1]).toBeCloseTo(p, 7);
  });
});

describe("a study of texts with any number of labels", () => {
  const path = fabricateStudy(`${folder({})}/study`, { multiLabel: true });

  test("has what each run measured, and tests of texts that are wholly right", async () => {
    const { settings, differences, best, allWrong } = await compareStudy([path]);
    for (const { runs, test: quality } of settings) {
      const { test: measured } = runs[0]!.result;
      expect(Object.keys(quality).sort()).toEqual(["accuracy", "f1", "loss", "microF1", "precision", "recall"]);
      for (const name of ["accuracy", "f1", "microF1", "loss"] as const)
        expect(quality[name]!.value).toBeCloseTo(measured[name]!, 12);
    }
    const trained = settings.filter(({ method }) => method !== "none");
    const top = Math.max(...trained.map(({ test: { microF1 } }) => microF1!.value));
    expect(best.microF1).toEqual(trained.filter(({ test }) => test.microF1!.value === top).map(({ id }) => id));
    expect(best.calibrationError).toEqual([]);
    const probe = differences.find(({ setting }) => setting === "tuned/probe")!;
    expect(probe.accuracyP).toBeLessThan(0.01);
    expect(allWrong[0]).toMatchObject({ right: [], label: expect.stringMatching(/^\w+(, \w+)?$/) });
  });

  test("a prediction that is no list of labels is named", async () => {
    const other = fabricateStudy(`${folder({})}/study`, { multiLabel: true });
    changePredictions(other, "tuned-full-s42", (row, i) => (i === 4 ? { ...row, predicted: "joy" } : row));
    expect(await inputError(() => compareStudy([other]))).toMatch(
      /test\.jsonl, line 5: "predicted" is "joy" instead of a list of labels/,
    );
  });
});
