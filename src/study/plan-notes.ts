/** What to know of a plan before its runs begin: options that will not have the effect they are given for. */
import { methodOf } from "../methods/registry.ts";
import { orderOf } from "../run/rare-label-options.ts";
import { resolveOptions } from "../run/train-options.ts";
import type { Dataset } from "../tables/dataset.ts";
import { limitTrain } from "../tables/limit-train.ts";
import { datasetOptions } from "../tables/table-options.ts";
import { warmupNote } from "../train/schedule.ts";
import { stepsPerEpoch } from "../train/trainer.ts";
import type { PlannedRun } from "./study.ts";

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
