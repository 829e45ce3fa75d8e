/** What a search cost beside what it would have cost if every trial had been trained to its end. */
import { grouped, percent, timeSpan } from "../../base/format.ts";
import type { RatedTrial, ReportedSearch } from "./reported-search.ts";

export interface SearchCost {
  /** Epochs that were trained, of all trials. */
  readonly epochs: number;
  /** Epochs without stopping; of trials that failed, those that they were sent for. */
  readonly wholeEpochs: number;
  /** Seconds of training, of trials that came to a rung. */
  readonly seconds: number;
  /** The same without stopping, each trial as fast as it was. */
  readonly wholeSeconds: number;
  /** "63 of 243 epochs (25.9 %), 12 min of training instead of about 48 min" */
  readonly inShort: string;
}

export function searchCost({ state, rated, seconds: of, mostEpochs }: ReportedSearch): SearchCost {
  const { epochs } = state;
  const leftOf = ({ scores, failure }: RatedTrial) => (failure === undefined ? mostEpochs - scores.length : 0);
  const left = rated.reduce((sum, trial) => sum + leftOf(trial), 0);
  const seconds = [...of.values()].reduce((a, b) => a + b, 0);
  const leftSeconds = rated.reduce(
    (sum, trial) => sum + (of.get(trial.trial)! / trial.scores.length) * leftOf(trial),
    0,
  );
  const [wholeEpochs, wholeSeconds] = [epochs + left, seconds + leftSeconds];
  const inShort =
    left === 0
      ? `${grouped(epochs)} epochs, ${timeSpan(seconds)} of training; no trial was stopped early`
      : `${grouped(epochs)} epochs instead of ${grouped(wholeEpochs)} without stopping (${percent(epochs / wholeEpochs)}), ${timeSpan(seconds)} of training instead of about ${timeSpan(wholeSeconds)}`;
  return { epochs, wholeEpochs, seconds, wholeSeconds, inShort };
}
