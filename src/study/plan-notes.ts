/** What to know of a plan before its runs begin: options that will not have the effect they are given for. */
import { groupBy } from "../base/group-by.ts";
import { methodOf } from "../methods/registry.ts";
import { orderOf } from "../run/rare-label-options.ts";
import { resolveOptions } from "../run/train-options.ts";
import type { Dataset } from "../tables/dataset.ts";
import { limitTrain } from "../tables/limit-train.ts";
import { datasetOptions } from "../tables/table-options.ts";
import { warmupNote } from "../train/schedule.ts";
import { stepsPerEpoch } from "../train/trainer.ts";
import type { PlannedRun } from "./study.ts";

/** The head and the epochs that rules gave the runs, once for all runs that have the same. */
export function settledNotes(runs: readonly PlannedRun[]): string[] {
  const trained = runs.filter(({ method }) => !methodOf(method).trainsNothing);
  const noteOf = (key: "head" | "epochs") =>
    Array.from(
      groupBy(
        trained.filter(({ sources }) => sources[key] !== undefined && sources[key] !== "the plan"),
        ({ options, sources }) => JSON.stringify([options[key], sources[key]]),
      ).values(),
      (same) => ({ same, value: String(same[0]!.options[key]), source: same[0]!.sources[key]! }),
    );
  const whose = (same: readonly PlannedRun[]) =>
    same.length === trained.length ? "all runs" : [...new Set(same.map(({ title }) => title))].join("; ");
  return [
    ...noteOf("head").map(({ same, value, source }) => `Head of ${whose(same)}: ${value} (${source}).`),
    ...noteOf("epochs").map(({ same, value }) => `Epochs at most, of ${whose(same)}: ${value}.`),
  ];
}

/** What each run would say of its warm-up, once for all runs that say the same. */
export function warmupNotes(runs: readonly PlannedRun[], dataset: Dataset): string[] {
  const namesOf = new Map<string, string[]>();
  for (const run of runs) {
    const note = warmupNoteOf(run, dataset);
    if (note !== undefined) namesOf.set(note, [...(namesOf.get(note) ?? []), run.name]);
  }
  return Array.from(namesOf, ([note, [first, ...others]]) => {
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    return `${first}${more}: ${note}`;
  });
}

function warmupNoteOf({ method, options: given }: PlannedRun, dataset: Dataset): string | undefined {
  const options = resolveOptions({ ...given, out: "." });
  if (methodOf(method).trainsNothing || options.warmup === 0) return undefined;
  const limited = limitTrain(dataset, options.limit, datasetOptions(options).seed);
  const { count } = orderOf(options, limited, limited.splits.train.truths());
  return warmupNote(options, stepsPerEpoch(count, options) * options.epochs);
}
