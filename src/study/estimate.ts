/** How long the runs of a plan will take on this machine, by timing each kind of them on a sample of the data. */
import { AttuneError } from "../base/error.ts";
import { lastOf } from "../base/last-of.ts";
import { mostThreads, usableThreads } from "../base/thread-count.ts";
import type { TimingEvent } from "./compare-events.ts";
import type { StudyInput } from "./data-facts.ts";
import { Forecast } from "./forecast.ts";
import { openPlan } from "./open-plan.ts";
import { resolvePlan } from "./plan.ts";
import type { Plan, ResolvedPlan } from "./plan-schema.ts";
import type { PlannedRun } from "./study.ts";
import { Stopwatch, secondsOf, type Timing, timingKey } from "./timing.ts";

export interface StudyEstimate {
  readonly runs: number;
  /** Until the last run is over, without those that are not known. */
  readonly seconds: number;
  /** Names of runs whose kind could not be timed. */
  readonly unknown: readonly string[];
}

/**
 * How long a study would take. Nothing is kept.
 *
 * @throws AttuneError where the plan, its model or its data cannot be used
 */
export async function estimateStudy(plan: Plan, signal?: AbortSignal): Promise<StudyEstimate> {
  const resolved = resolvePlan(plan);
  const { input, runs } = await lastOf(openPlan(resolved, signal, undefined));
  const stop = signal ?? new AbortController().signal;
  const found = await lastOf(estimate(runs, input, threadsOf(resolved), stop));
  if (stop.aborted) throw new AttuneError("study/interrupted", "stopped before all was timed", "interrupted");
  return { runs: runs.length, ...new Forecast(runs, found, resolved.jobs).left };
}

/** Threads of each run. */
export const threadsOf = ({ threads = usableThreads(), jobs }: ResolvedPlan): number =>
  Math.max(1, Math.floor(Math.min(threads, mostThreads()) / jobs));

/** Times each kind of run on a sample, and reckons from that how long each run will take, as far as its kind can be timed. */
export async function* estimate(
  runs: readonly PlannedRun[],
  { sources, dataset }: StudyInput,
  threads: number,
  signal: AbortSignal,
): AsyncGenerator<TimingEvent, Map<string, number>> {
  const { train, validation, test } = dataset.splits;
  const counts = { train: train.length, validation: validation.length, test: test.length };
  const kinds = new Map(runs.map((run) => [timingKey(run), run.options]));
  const timings = new Map<string, Timing | undefined>();
  const stopwatch = new Stopwatch(sources.model, dataset, threads, signal);
  const of = kinds.size + 1;
  try {
    yield { type: "timing", done: 0, of };
    const { model, data, maxLength } = runs[0]!.options;
    // The model by itself: what is computed once for each text where outputs are kept.
    const plain = await stopwatch.time({ model, data, method: "none", ...(maxLength !== undefined && { maxLength }) });
    for (const [key, options] of kinds) {
      yield { type: "timing", done: timings.size + 1, of };
      if (signal.aborted) break;
      timings.set(key, await stopwatch.time(options));
    }
    return new Map(
      runs.flatMap((run) => {
        const timing = timings.get(timingKey(run));
        return timing ? [[run.name, secondsOf(run.options, counts, timing, plain?.text ?? timing.text)]] : [];
      }),
    );
  } finally {
    stopwatch.close();
  }
}
