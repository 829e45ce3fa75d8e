/** A plan with its model and its data, opened: the runs that it means. Nothing is written. */
import type { FetchEvent } from "../hub/fetch-events.ts";
import { fetchSources } from "../hub/named-inputs.ts";
import { recipeFacts } from "../run/settle-options.ts";
import { resolveOptions } from "../run/train-options.ts";
import type { CompareEvent } from "./compare-events.ts";
import { openStudyInput, type StudyInput } from "./data-facts.ts";
import type { ResolvedPlan } from "./plan-schema.ts";
import { firstOptions, plannedRuns } from "./planned-runs.ts";
import type { PlannedRun, Study } from "./study.ts";
import { requireUsedByRuns } from "./unused-plan-options.ts";

export interface OpenedPlan {
  readonly input: StudyInput;
  readonly runs: readonly PlannedRun[];
}

/** @throws AttuneError where model or data cannot be used, or an option would have no effect */
export async function* openPlan(
  plan: ResolvedPlan,
  signal: AbortSignal | undefined,
  before: Study | undefined,
): AsyncGenerator<CompareEvent, OpenedPlan> {
  const input = yield* openInput(firstOptions(plan), signal, before);
  const runs = plannedRuns(plan, recipeFacts(input.dataset, input.encoder, input.head));
  requireUsedByRuns(plan, runs);
  return { input, runs };
}

/** Model and data: what is wrong with them is found before a folder is made. A study that goes on has those it had. */
export async function* openInput(
  given: object,
  signal: AbortSignal | undefined,
  before: Pick<Study, "hub"> | undefined,
): AsyncGenerator<FetchEvent, StudyInput> {
  const options = resolveOptions({ ...given, out: "." });
  const sources = yield* fetchSources(options, signal, before && (before.hub ?? {}));
  return openStudyInput(options, sources);
}
