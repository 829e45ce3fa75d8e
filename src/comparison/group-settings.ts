/** Runs that differ only in their seed, brought together: quality with its uncertainty, and mean costs. */
import { groupBy } from "../base/group-by.ts";
import { mean, standardDeviation } from "../base/spread.ts";
import { answerQuality } from "./answer-quality.ts";
import type { ComparedRun, Cost, Estimate, Quality, Setting } from "./comparison.ts";
import type { FinishedRun } from "./read-study.ts";
import { resampledScores, scorerOf } from "./scored-texts.ts";
import type { Measure, Scorer, Scores } from "./scorer.ts";
import { percentileInterval } from "./statistics/bootstrap.ts";
import { tInterval } from "./statistics/student-t.ts";

/** A finished run with what the statistics need of its texts. */
export interface ScoredRun {
  readonly run: ComparedRun;
  readonly test: Scorer;
  readonly validation: Scorer;
  /** Test figures by resample, the same resamples for every run. */
  readonly resampled: Scores<Float64Array>;
}

export interface ScoredSetting {
  readonly setting: Setting;
  /** In the order of seeds. */
  readonly runs: readonly ScoredRun[];
  /** Whether there is anything that it trains. */
  readonly trained: boolean;
}

/** In the order of the runs. */
export function groupSettings(finished: readonly FinishedRun[]): ScoredSetting[] {
  const groups = groupBy(scoreRuns(finished), ({ run }) => run.planned.setting);
  return [...groups.values()].map(scoreSetting);
}

function scoreRuns(finished: readonly FinishedRun[]): ScoredRun[] {
  const tests = finished.map(({ test }) => scorerOf(test));
  const resampled = resampledScores(tests);
  return finished.map(({ planned, facts, result, validation }, i) => ({
    run: { planned, facts, result, test: tests[i]!.metrics(), testTexts: tests[i]!.textCount },
    test: tests[i]!,
    validation: scorerOf(validation),
    resampled: resampled[i]!,
  }));
}

function scoreSetting(unordered: readonly ScoredRun[]): ScoredSetting {
  const runs = unordered.toSorted((a, b) => a.run.planned.seed - b.run.planned.seed);
  const { setting: id, title, recipe, method } = runs[0]!.run.planned;
  const results = runs.map(({ run }) => run.result);
  const trained = results.some(({ parameters }) => parameters.trainable > 0);
  const validations = runs.map(({ validation }) => validation.metrics());
  const means = (all: readonly { readonly accuracy: number; readonly f1: number; readonly loss: number }[]) => ({
    accuracy: mean(all.map(({ accuracy }) => accuracy)),
    f1: mean(all.map(({ f1 }) => f1)),
    loss: mean(all.map(({ loss }) => loss)),
  });
  const setting: Setting = {
    id,
    title,
    recipe,
    method,
    runs: runs.map(({ run }) => run),
    test: Object.fromEntries(
      runs[0]!.test.measures.map((measure) => [measure, estimate(runs, measure)]),
    ) as Scores<Estimate> satisfies Quality,
    validation: trained ? means(validations) : undefined,
    base: means(results.map(({ base }) => base)),
    answers: answerQuality(
      runs.map(({ test }) => test),
      runs.map(({ validation }) => validation),
    ),
    cost: meanCost(results),
  };
  return { setting, runs, trained };
}

function estimate(runs: readonly ScoredRun[], measure: Measure): Estimate {
  const values = runs.map(({ run }) => run.test[measure]!);
  if (values.length === 1)
    return { value: values[0]!, ...percentileInterval(runs[0]!.resampled[measure]!), interval: "bootstrap" };
  return {
    value: mean(values),
    ...tInterval(values),
    interval: "t",
    standardDeviation: standardDeviation(values),
  };
}

function meanCost(results: readonly FinishedRun["result"][]): Cost {
  const over = (of: (result: FinishedRun["result"]) => number) => mean(results.map(of));
  const overAll = (of: (result: FinishedRun["result"]) => number | undefined) => {
    const values = results.map(of).filter((value) => value !== undefined);
    return values.length === results.length ? mean(values) : undefined;
  };
  return {
    // As if each run had made for itself what it took from others.
    trainSeconds: over(({ seconds }) => seconds.train + seconds.sharedInTraining),
    evaluationSeconds: over(({ seconds }) => seconds.evaluation + seconds.shared - seconds.sharedInTraining),
    totalSeconds: over(({ seconds }) => seconds.total + seconds.shared),
    secondsToBestEpoch: overAll(({ seconds: { toBestEpoch, shared } }) =>
      toBestEpoch === undefined ? undefined : toBestEpoch + shared,
    ),
    examplesPerSecond: overAll(({ examplesPerSecond }) => examplesPerSecond),
    trainableParameters: over(({ parameters }) => parameters.trainable),
    totalParameters: over(({ parameters }) => parameters.total),
    peakRssBytes: over(({ memory }) => memory.peakRssBytes),
    weightBytes: over(({ memory }) => memory.weightBytes),
    gradientBytes: over(({ memory }) => memory.gradientBytes),
    optimizerBytes: over(({ memory }) => memory.optimizerBytes),
    frozenFeatureBytes: over(({ memory }) => memory.frozenFeatureBytes),
    forwardOperations: over(({ operations }) => operations.forward),
    backwardOperations: over(({ operations }) => operations.backward),
    onceOperations: over(({ operations }) => operations.once ?? 0),
    storedBytes: over(({ storedBytes }) => storedBytes),
  };
}
