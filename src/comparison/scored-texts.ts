/** Runs scored text by text, so that every figure can be computed again for many resamples. */
import { mean } from "../base/spread.ts";
import { MultiLabelScorer } from "./multi-label-scorer.ts";
import { OneLabelScorer } from "./one-label-scorer.ts";
import type { Predictions } from "./read-predictions.ts";
import type { Scorer, Scores } from "./scorer.ts";
import { RESAMPLES, resample } from "./statistics/bootstrap.ts";

export const scorerOf = (predictions: Predictions): Scorer =>
  predictions.multiLabel ? new MultiLabelScorer(predictions) : new OneLabelScorer(predictions);

/** For each measure of each run, one figure per resample of the texts, which all runs share. */
export function resampledScores(scorers: readonly Scorer[], resamples = RESAMPLES): Scores<Float64Array>[] {
  const scores = scorers.map(
    ({ measures }) =>
      Object.fromEntries(measures.map((name) => [name, new Float64Array(resamples)])) as Scores<Float64Array>,
  );
  let r = 0;
  for (const weights of resample(scorers[0]?.textCount ?? 0, resamples, "texts")) {
    for (const [run, scorer] of scorers.entries()) {
      const figures = scorer.score(weights);
      for (const name of scorer.measures) scores[run]![name]![r] = figures[name]!;
    }
    r++;
  }
  return scores;
}

/** The mean over runs that differ in their seed, for each resample; with several, the seeds are drawn anew as well. */
export function overSeeds(figures: readonly Float64Array[]): Float64Array {
  if (figures.length === 1) return figures[0]!;
  const resamples = figures[0]!.length;
  const means = new Float64Array(resamples);
  let r = 0;
  for (const weights of resample(figures.length, resamples, "seeds")) {
    means[r] = mean(figures.map((figure, i) => figure[r]! * weights[i]!));
    r++;
  }
  return means;
}
