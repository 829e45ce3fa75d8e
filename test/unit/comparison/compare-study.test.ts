import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import type { Comparison, Setting } from "../../../src/comparison/comparison.ts";
import { writeReport } from "../../../src/report/write-report.ts";
import type { RunResult } from "../../../src/run/run-result.ts";
import { changePredictions, type FabricatedStudy, fabricatedSettings, fabricateStudy } from "../../study.ts";

const folder = mkdtempSync(join(tmpdir(), "attune-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const study = (given?: FabricatedStudy) => fabricateStudy(join(folder, `study-${++count}`), given);
const settingOf = ({ settings }: Comparison, id: string): Setting => settings.find((one) => one.id === id)!;

const resultFile = (path: string, run: string) => join(path, "runs", run, "result.json");
function changeResult(path: string, run: string, change: (result: RunResult) => object): void {
  const file = resultFile(path, run);
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")))));
}

const first = study();
const one = await compareStudy([first]);
const three = await compareStudy([study({ seeds: [1, 2, 3] })]);

describe("one seed", () => {
  test("settings come in the order of the plan, with the figures that the run measured", () => {
    expect(one.settings.map(({ id }) => id)).toEqual(fabricatedSettings("tuned").map(({ id }) => id));
    for (const { runs, test: quality } of one.settings) {
      const { test: measured } = runs[0]!.result;
      for (const name of ["accuracy", "precision", "recall", "f1", "loss", "calibrationError"] as const) {
        const found = quality[name]!;
        expect(found.value).toBeCloseTo(measured[name]!, 12);
        expect(found.interval).toBe("bootstrap");
        expect(found).not.toHaveProperty("standardDeviation");
        expect(found.low).toBeLessThan(found.high);
      }
      expect(runs[0]!.test.perClass).toEqual(measured.perClass);
      expect(runs[0]!.test.confusion).toEqual(measured.confusion);
    }
  });

  test("costs are what a run would have cost alone", () => {
    const { cost } = settingOf(one, "tuned/probe");
    // 5 seconds were taken from another run, 4 of them in training.
    expect(cost).toMatchObject({ trainSeconds: 2.42 + 4, evaluationSeconds: 4 + 1, totalSeconds: 2 + 6 + 5 });
    expect(cost.secondsToBestEpoch).toBe(2 + 5 + 5);
    expect(settingOf(one, "tuned/none").cost).toMatchObject({ secondsToBestEpoch: undefined, trainableParameters: 0 });
  });

  test("what trains nothing has no validation, no difference, no mark and no place on a front", () => {
    const { validation, base, test: quality } = settingOf(one, "tuned/none");
    expect(validation).toBeUndefined();
    expect(base.accuracy).toBe(quality.accuracy.value);
    const { differences, best, pareto, recommended } = one;
    expect(JSON.stringify({ differences, best, pareto, recommended })).not.toContain("tuned/none");
  });

  test("everything trained is held against full fine-tuning, with p values corrected upwards", () => {
    expect(one.differences.map(({ setting }) => setting)).toEqual([
      "tuned/probe",
      "tuned/lora-r2",
      "tuned/lora-r8",
      "tuned/lora-r32",
    ]);
    for (const difference of one.differences) {
      const { against, accuracy, f1, f1Low, f1High } = difference;
      expect(against).toBe("tuned/full");
      const [own, full] = [settingOf(one, difference.setting).test, settingOf(one, against).test];
      expect(accuracy).toBeCloseTo(own.accuracy.value - full.accuracy.value, 14);
      expect(f1).toBeCloseTo(own.f1.value - full.f1.value, 14);
      expect(f1Low <= f1 && f1 <= f1High).toBe(true);
      expect(difference.accuracyAdjustedP).toBeGreaterThanOrEqual(difference.accuracyP);
      expect(difference.f1AdjustedP).toBeGreaterThanOrEqual(difference.f1P);
    }
    const [probe, , , r32] = one.differences;
    expect(probe!.accuracyAdjustedP).toBeLessThan(1e-6);
    expect(probe!.f1AdjustedP).toBeLessThan(0.001);
    expect(r32!.f1AdjustedP).toBeGreaterThan(0.05);
  });

  test("the cheapest is marked in every cost, and begins every front", () => {
    for (const column of [
      "trainSeconds",
      "totalSeconds",
      "peakRssBytes",
      "trainableParameters",
      "storedBytes",
    ] as const)
      expect(one.best[column]).toEqual(["tuned/probe"]);
    const top = Math.max(...one.settings.map(({ test: { f1 } }) => f1.value));
    expect(one.best.f1).toEqual(one.settings.filter(({ test: { f1 } }) => f1.value === top).map(({ id }) => id));
    expect(one.pareto.map(({ cost }) => cost)).toEqual([
      "trainSeconds",
      "totalSeconds",
      "peakRssBytes",
      "trainableParameters",
    ]);
    for (const { settings } of one.pareto) {
      expect(settings[0]).toBe("tuned/probe");
      expect(settings.at(-1)).toBe(one.best.f1[0]);
    }
  });

  test("the rank follows the rule, and the sentence has its numbers", () => {
    const [choice] = one.ranks;
    const { ranks, standardError, chosen, reason, recipe } = choice!;
    expect(recipe).toBe("tuned");
    expect(ranks.map(({ rank }) => rank)).toEqual([2, 8, 32]);
    const best = Math.max(...ranks.map(({ validationF1 }) => validationF1));
    expect(standardError).toBeGreaterThan(0.01);
    expect(standardError).toBeLessThan(0.04);
    const smallest = ranks.find(({ validationF1 }) => validationF1 >= best - standardError)!;
    expect(chosen).toBe(smallest.setting);
    for (const number of [standardError, best, smallest.validationF1]) expect(reason).toContain(number.toFixed(4));
    expect(reason).toMatch(/^Rank \d+ .* 200 validation texts.*\.$/);
  });

  test("texts that all get wrong, and those that only one gets right", () => {
    const trained = one.settings.filter(({ validation }) => validation);
    const right = ({ label, predicted }: Comparison["allWrong"][number]) =>
      trained.filter(({ id }) => predicted[id] === label).length;
    expect(one.allWrong.length).toBeGreaterThan(0);
    expect(one.onlyOneRight.length).toBeGreaterThan(0);
    expect(one.allWrong.map(right)).toEqual(one.allWrong.map(() => 0));
    expect(one.onlyOneRight.map(right)).toEqual(one.onlyOneRight.map(() => 1));
    expect(one.allWrong[0]!.text).toBe(`text ${one.allWrong[0]!.id.slice("test-".length)} of test`);
    expect(Object.keys(one.allWrong[0]!.predicted)).toEqual(trained.map(({ id }) => id));
  });
});

describe("several seeds", () => {
  test("mean, standard deviation and t interval over them", () => {
    const { runs, test: quality } = settingOf(three, "tuned/full");
    expect(runs.map(({ planned }) => planned.seed)).toEqual([1, 2, 3]);
    const [a, b, c] = runs.map(({ test: { f1 } }) => f1) as [number, number, number];
    const middle = (a + b + c) / 3;
    const deviation = Math.sqrt(((a - middle) ** 2 + (b - middle) ** 2 + (c - middle) ** 2) / 2);
    const t = 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2)); // Of two degrees of freedom, in closed form.
    const half = (t * deviation) / Math.sqrt(3);
    expect(quality.f1.interval).toBe("t");
    expect(quality.f1.value).toBeCloseTo(middle, 14);
    expect(quality.f1.standardDeviation).toBeCloseTo(deviation, 14);
    expect(quality.f1.low).toBeCloseTo(middle - half, 12);
    expect(quality.f1.high).toBeCloseTo(middle + half, 12);
  });

  test("a text counts once in McNemar's test, however many seeds there are", () => {
    const all = study({ seeds: [1, 2, 3], settings: fabricatedSettings("tuned").slice(1, 3) });
    // Every seed predicts what the first does.
    for (const run of ["tuned-full", "tuned-probe"]) {
      const rows = readFileSync(join(all, "runs", `${run}-s1`, "predictions", "test.jsonl"), "utf8");
      for (const seed of [2, 3]) writeFileSync(join(all, "runs", `${run}-s${seed}`, "predictions", "test.jsonl"), rows);
    }
    const single = study({ seeds: [1], settings: fabricatedSettings("tuned").slice(1, 3) });
    return Promise.all([compareStudy([all]), compareStudy([single])]).then(([copies, alone]) => {
      expect(copies.differences[0]!.accuracyP).toBe(alone.differences[0]!.accuracyP);
      expect(copies.differences[0]!.f1Low).toBeCloseTo(alone.differences[0]!.f1Low, 14);
    });
  });

  test("a difference takes the seeds that both have", async () => {
    const seeds = [1, 2, 3];
    const settings = fabricatedSettings("tuned").slice(1, 3);
    const path = study({ seeds, settings, failed: ["tuned-full-s2"], missing: ["tuned-probe-s3"] });
    const { failed, missing, differences, settings: found } = await compareStudy([path]);
    expect(failed).toEqual([{ name: "tuned-full-s2", reason: "the loss became NaN at step 7 (epoch 1)" }]);
    expect(missing).toEqual(["tuned-probe-s3"]);
    const [full, probe] = found.map(({ runs }) => runs);
    expect([full!.length, probe!.length]).toEqual([2, 2]);
    expect(differences[0]!.f1).toBeCloseTo(probe![0]!.test.f1 - full![0]!.test.f1, 14);
  });

  test("sentences say so", () => {
    expect(three.ranks[0]!.reason).toContain("200 validation texts and 3 seeds");
    expect(three.recommended!.reason).toContain("(mean over 3 seeds)");
  });
});

describe("choices", () => {
  const settings = fabricatedSettings("tuned");

  test("the best on validation is recommended, though another is best on test", async () => {
    const path = study();
    // The probe gets everything right on test, and that must not matter.
    changePredictions(path, "tuned-probe-s42", (row) => ({ ...row, predicted: row.label }));
    const { best, recommended } = await compareStudy([path]);
    expect(best.f1).toEqual(["tuned/probe"]);
    expect(recommended).toEqual(one.recommended);
  });

  test("of equals, the one with fewer trainable parameters", async () => {
    const path = study({ settings: settings.slice(1, 3) });
    const rows = readFileSync(join(path, "runs", "tuned-full-s42", "predictions", "validation.jsonl"), "utf8");
    writeFileSync(join(path, "runs", "tuned-probe-s42", "predictions", "validation.jsonl"), rows);
    const { recommended } = await compareStudy([path]);
    expect(recommended!.chosen).toBe("tuned/probe");
    expect(recommended!.reason).toMatch(/both have the best .* fewer parameters: 1,000 against 1,000,000\.$/);
  });

  test("each recipe has full fine-tuning and ranks of its own", async () => {
    const both = [...settings, ...fabricatedSettings("controlled")];
    const { differences, ranks, recommended } = await compareStudy([study({ settings: both })]);
    expect(ranks.map(({ recipe }) => recipe)).toEqual(["tuned", "controlled"]);
    for (const { setting, against } of differences) expect(against).toBe(`${setting.split("/")[0]}/full`);
    expect(recommended!.reason).toMatch(/\((tuned|controlled)\) has the best .* is .* \((tuned|controlled)\) with/);
  });

  test("nothing to choose from", async () => {
    const none = await compareStudy([study({ settings: settings.slice(0, 1) })]);
    expect(none).toMatchObject({ recommended: undefined, ranks: [], differences: [], allWrong: [], onlyOneRight: [] });
    expect(none.best.f1).toEqual([]);
    const single = await compareStudy([study({ settings: settings.slice(1, 2) })]);
    expect(single.recommended!.reason).toMatch(/it is the only one that was trained\.$/);
    expect(single.onlyOneRight).toEqual([]);
  });
});

describe("only predictions count", () => {
  /** What must be as before when a run's test predictions changed; `id` may differ. */
  const untouched = (comparison: Comparison, id: string) => ({
    settings: comparison.settings.map((setting) =>
      setting.id === id ? { cost: setting.cost, validation: setting.validation, base: setting.base } : setting,
    ),
    differences: comparison.differences.map((difference) =>
      difference.setting === id || difference.against === id
        ? difference.setting
        : // Holm's correction looks at all.
          { ...difference, accuracyAdjustedP: 0, f1AdjustedP: 0 },
    ),
    costs: Object.entries(comparison.best).filter(([column]) => /Seconds|Bytes|Parameters/.test(column)),
    choices: comparison.ranks.map(({ chosen, reason, standardError }) => ({ chosen, reason, standardError })),
    recommended: comparison.recommended,
    rest: [comparison.data, comparison.failed, comparison.missing, comparison.timesComparable],
  });
  /** Runs name the folder they are in. */
  const withoutPaths = (value: unknown) => JSON.stringify(value).replaceAll(/study-\d+/g, "study");

  test.each(["tuned/probe", "tuned/full", "tuned/lora-r2"])("of %s: what depends on them changes", async (id) => {
    const path = study();
    changePredictions(path, `${id.replace("/", "-")}-s42`, (row) => ({ ...row, predicted: row.label }));
    const changed = await compareStudy([path]);
    expect(settingOf(changed, id).test.f1).toEqual({ value: 1, low: 1, high: 1, interval: "bootstrap" });
    expect(changed.best.f1).toEqual([id]);
    expect(changed.pareto[0]!.settings.at(-1)).toBe(id);
    expect(changed.allWrong).toEqual([]);
    const changedDifferences = changed.differences.filter((now, i) => now.f1 !== one.differences[i]!.f1);
    expect(changedDifferences.map(({ setting }) => setting)).toEqual(
      one.differences.filter(({ setting, against }) => [setting, against].includes(id)).map(({ setting }) => setting),
    );
    const ranked = changed.ranks[0]!.ranks.find(({ setting }) => setting === id);
    if (ranked) expect(ranked.testF1).toBe(1);
    expect(withoutPaths(untouched(changed, id))).toBe(withoutPaths(untouched(one, id)));
  });

  test("of validation: the choices change, and no test figure", async () => {
    const path = study();
    changePredictions(path, "tuned-lora-r2-s42", (row) => ({ ...row, predicted: row.label }), "validation");
    const changed = await compareStudy([path]);
    expect(changed.recommended!.chosen).toBe("tuned/lora-r2");
    expect(changed.ranks[0]!.chosen).toBe("tuned/lora-r2");
    expect(changed.ranks[0]!.reason).toMatch(/^Rank 2 has the best validation macro F1, 1\.0000, and no smaller rank/);
    expect(changed.settings.map((setting) => setting.test)).toEqual(one.settings.map((setting) => setting.test));
    expect(changed.differences).toEqual(one.differences);
    expect(changed.best).toEqual(one.best);
  });

  test("not what result.json says of quality", async () => {
    const path = study();
    changeResult(path, "tuned-full-s42", (result) => ({
      ...result,
      test: { ...result.test, f1: 0, accuracy: 0, loss: 99 },
    }));
    const { settings, differences, best } = await compareStudy([path]);
    expect(settings.map((setting) => setting.test)).toEqual(one.settings.map((setting) => setting.test));
    expect({ differences, best }).toEqual({ differences: one.differences, best: one.best });
  });

  test("loss and calibration follow from logits", async () => {
    const path = study();
    changePredictions(path, "tuned-full-s42", (row) => ({ ...row, logits: [0, 0, 0] }));
    const { test: quality } = settingOf(await compareStudy([path]), "tuned/full");
    expect(quality.loss.value).toBeCloseTo(Math.log(3), 12);
    expect(quality.calibrationError!.value).toBeCloseTo(quality.accuracy.value - 1 / 3, 12);
    expect(quality.accuracy).toEqual(settingOf(one, "tuned/full").test.accuracy);
  });
});

describe("times are comparable", () => {
  test("by default", () => expect(one.timesComparable).toEqual({ comparable: true }));

  test("not where runs ran at once", async () => {
    const { timesComparable } = await compareStudy([study({ jobs: 2 })]);
    expect(timesComparable).toEqual({ comparable: false, reason: "up to 2 runs ran at once" });
  });

  test("not where other workers did the runs, or one of them several at once", async () => {
    const path = study();
    for (const [run, workers] of [
      ["tuned-full-s42", [{ name: "one", atOnce: 1 }]],
      [
        "tuned-probe-s42",
        [
          { name: "one", atOnce: 1 },
          { name: "two", atOnce: 2 },
        ],
      ],
    ] as const) {
      const file = join(path, "runs", run, "run.json");
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), workers }));
    }
    const comparison = await compareStudy([path]);
    expect(comparison.timesComparable.reason).toBe(
      'the runs were done by different workers: "one" and "two"; a worker did up to 2 runs at once',
    );
    const folder = join(path, "report");
    writeReport(comparison, folder);
    expect(readFileSync(join(folder, "report.md"), "utf8")).toMatch(
      /Done by.*one: tuned-full-s42, tuned-probe-s42.*two: tuned-probe-s42/,
    );
  });

  test("not where machines or threads differ", async () => {
    const path = study();
    const file = join(path, "runs", "tuned-full-s42", "run.json");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace("Some Processor", "Another").replace('"threads": 2', '"threads": 4'),
    );
    const { timesComparable } = await compareStudy([path]);
    expect(timesComparable.reason).toBe(
      'the runs had different machines: "Some Processor, 2 cores, linux x64" and "Another, 2 cores, linux x64"; ' +
        'the runs had different numbers of threads: "2" and "4"',
    );
  });
});
