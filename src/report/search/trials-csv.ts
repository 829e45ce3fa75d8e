/** trials.csv: every trial as a row, for other tools. */
import { csvField } from "../../base/escape.ts";
import type { TrialState } from "../../search/replay.ts";
import { figureOf, type ReportedSearch } from "./reported-search.ts";

export const TRIALS_HEADER = "trial,values_by,status";

export function trialsCsv(view: ReportedSearch): string {
  const { search, state, rated, seconds, mostEpochs } = view;
  const scores = new Map(rated.map((trial) => [trial.trial, trial]));
  const options = [...new Set(state.trials.flatMap(({ values }) => Object.keys(values)))];
  const metric = `validation_${search.metric}`;
  const head = [
    ...TRIALS_HEADER.split(","),
    ...options,
    ...["epochs", "best_epoch", `best_${metric}`, `${metric}_by_epoch`, "train_seconds", "reason"],
  ];
  const rows = state.trials.map((trial) => [
    trial.trial,
    trial.from,
    statusOf(trial, mostEpochs),
    ...options.map((option) => {
      const value = trial.values[option];
      return typeof value === "boolean" ? String(value) : value;
    }),
    trial.scores.length,
    scores.get(trial.trial)?.bestEpoch,
    trial.scores.length > 0 ? figureOf(search, Math.max(...trial.scores)) : undefined,
    JSON.stringify(trial.scores.map((score) => figureOf(search, score))),
    seconds.get(trial.trial),
    trial.failure,
  ]);
  return [head, ...rows].map((fields) => `${fields.map(csvField).join(",")}\r\n`).join("");
}

/** Of a search that is over, a trial that was not trained to its end was stopped. */
function statusOf({ failure, underWay, scores, highest }: TrialState, mostEpochs: number): string {
  if (failure !== undefined) return "failed";
  if (underWay !== undefined || highest === -1) return "under way";
  return scores.length === mostEpochs ? "trained to its end" : "stopped";
}
