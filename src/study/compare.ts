/** `compare`: a study from its plan to finished run folders, as a stream of typed events. */
import { join } from "node:path";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { eventsOf } from "../base/event-queue.ts";
import { EventStream } from "../base/event-stream.ts";
import { version } from "../base/machine.ts";
import { hubOf } from "../hub/named-inputs.ts";
import type { RunResult } from "../run/run-result.ts";
import type { CompareDoneEvent, CompareEvent } from "./compare-events.ts";
import { describeStudyData, type StudyInput } from "./data-facts.ts";
import { estimate, threadsOf } from "./estimate.ts";
import { Forecast } from "./forecast.ts";
import { localRuns } from "./local-runs.ts";
import { openInput, openPlan } from "./open-plan.ts";
import { recipesOf, resolvePlan } from "./plan.ts";
import { readPlanFile } from "./plan-file.ts";
import { settledNotes, warmupNotes } from "./plan-notes.ts";
import type { Plan, ResolvedPlan } from "./plan-schema.ts";
import type { OpenPlace, RunPlace } from "./run-place.ts";
import { requireSamePlan } from "./same-plan.ts";
import type { FailedRun, PlannedRun, Study } from "./study.ts";
import { isStudy, readStudyFile } from "./study-file.ts";
import { hasOnlyPlan, PLAN, StudyFolder } from "./study-folder.ts";

export interface CompareContext {
  /** Stops the runs after the step they are in; the study can go on with the same call. */
  readonly signal?: AbortSignal;
  /** Whether each kind of run is timed for some seconds before the study begins. @default true */
  readonly estimate?: boolean;
  /** What repeats the study, for its report. @default attune compare with the plan.yaml that is written into the study */
  readonly command?: string;
  /** Where the runs are done. @default on this machine @internal */
  readonly place?: OpenPlace;
}

/**
 * Does the runs of a plan, each in a process of its own, in the folder `out`. Await it for its end, or iterate what
 * happens, as with `train`. A study that was interrupted goes on: what is finished stays, what was begun goes on from its checkpoint, what failed is tried again.
 *
 * @throws AttuneError with `kind` "input" before anything is written, "interrupted" after `signal`. A run that fails is
 * an event.
 */
export const compare = (
  plan: Plan,
  out: string,
  context: CompareContext = {},
): EventStream<CompareEvent, CompareDoneEvent> => new EventStream(begin(plan, out, context), isDone);

/**
 * Goes on with a study by its own plan. Awaited or iterated like `compare`.
 *
 * @throws AttuneError as `compare` does, and with `kind` "input" where there is no study in `out`
 */
export const resumeComparison = (
  out: string,
  context: CompareContext = {},
): EventStream<CompareEvent, CompareDoneEvent> => new EventStream(goOn(out, context), isDone);

const isDone = (event: CompareEvent): event is CompareDoneEvent => event.type === "done";

type Events = AsyncGenerator<CompareEvent, void, undefined>;

async function* begin(plan: Plan, out: string, context: CompareContext): Events {
  const resolved = resolvePlan(plan);
  const before = isStudy(out) ? readStudyFile(out) : undefined;
  const { input, runs } = yield* openPlan(resolved, context.signal, before);
  const again = `attune compare --plan ${join(out, PLAN)} --out ${out}-again`;
  const study = (): Study => ({
    attune: version,
    command: context.command ?? again,
    began: new Date().toISOString(),
    jobs: resolved.jobs,
    threads: threadsOf(resolved),
    timesComparable: resolved.jobs === 1,
    model: resolved.model,
    data: resolved.data,
    recipes: recipesOf(resolved),
    seeds: resolved.seeds,
    plan: resolved,
    runs,
  });
  if (before) requireSamePlan(out, before, resolved, runs);
  yield* work(out, before ? goingOn(before, resolved) : study(), context, input);
}

async function* goOn(out: string, context: CompareContext): Events {
  if (hasOnlyPlan(out)) {
    const { plan, place } = readPlanFile(join(out, PLAN));
    return yield* begin(resolvePlan(plan, place), out, context);
  }
  const before = readStudyFile(out);
  const study = goingOn(before, before.plan);
  yield* work(out, study, context, yield* openInput(study.runs[0]!.options, context.signal, before));
}

/** Once times cannot be compared, they cannot be compared any more. */
function goingOn(study: Study, plan: ResolvedPlan): Study {
  const threads = threadsOf(plan);
  return {
    ...study,
    jobs: Math.max(study.jobs, plan.jobs),
    threads,
    timesComparable: study.timesComparable && plan.jobs === 1 && threads === study.threads,
    plan: { ...study.plan, jobs: plan.jobs, ...(plan.threads !== undefined && { threads: plan.threads }) },
  };
}

async function* work(out: string, given: Study, context: CompareContext, input: StudyInput): Events {
  const { sources } = input;
  const study = { ...given, ...hubOf(sources) };
  const folder = StudyFolder.open(out);
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  let place: RunPlace | undefined;
  try {
    folder.write(study);
    const finished = new Map(study.runs.flatMap(({ name }) => pair(name, folder.resultOf(name))));
    for (const name of finished.keys()) folder.forgetFailure(name);
    const notes = [
      ...sources.model.notes,
      ...sources.data.notes,
      ...settledNotes(study.runs),
      ...warmupNotes(study.runs, input.dataset),
    ];
    yield { type: "plan", out, study, finished: Object.fromEntries(finished), notes };
    folder.keepDataFacts(() => describeStudyData(input));
    const waiting = study.runs.filter(({ name }) => !finished.has(name));
    place = await (context.place ?? localRuns)({ folder, study, input });
    const { published } = place;
    const timed = waiting.filter(({ name }) => !published?.has(name));
    let forecast: Forecast | undefined;
    if ((context.estimate ?? true) && timed.length > 0) {
      const estimates = yield* estimate(timed, input, study.threads, signal);
      forecast = new Forecast(timed, estimates, study.plan.jobs);
      yield { type: "estimate", runs: timed.length, ...forecast.left };
    }
    const failed: FailedRun[] = [];
    const work = { waiting, timed, folder, place, forecast, signal, finished, failed };
    yield* eventsOf<void, CompareEvent>(
      (say) => doRuns(work, say),
      () => stop.abort(),
    );
    if (signal.aborted && context.signal?.aborted)
      throw new AttuneError(
        "study/interrupted",
        `stopped with ${finished.size} of ${study.runs.length} runs finished; go on with: attune compare --resume ${out}`,
        "interrupted",
      );
    const inOrder = study.runs.flatMap(({ name }) => pair(name, finished.get(name)));
    yield { type: "done", finished: Object.fromEntries(inOrder), failed };
  } catch (error) {
    throw diskError(
      error,
      out,
      `what is finished stays; put that right, and go on with: attune compare --resume ${out}`,
    );
  } finally {
    await place?.close();
    folder.close();
  }
}

const pair = (name: string, result: RunResult | undefined): [string, RunResult][] => (result ? [[name, result]] : []);

interface Work {
  readonly waiting: readonly PlannedRun[];
  /** Those of which the forecast knows. */
  readonly timed: readonly PlannedRun[];
  readonly folder: StudyFolder;
  readonly place: RunPlace;
  readonly forecast: Forecast | undefined;
  readonly signal: AbortSignal;
  /** Both are filled. */
  readonly finished: Map<string, RunResult>;
  readonly failed: FailedRun[];
}

async function doRuns(at: Work, say: (event: CompareEvent) => void): Promise<void> {
  const queue = [...at.waiting];
  const hands = Array.from({ length: Math.min(at.place.atOnce, queue.length) }, async () => {
    for (let run = queue.shift(); run && !at.signal.aborted; run = queue.shift()) await doRun(run, at, say);
  });
  await Promise.all(hands);
}

async function doRun(run: PlannedRun, at: Work, say: (event: CompareEvent) => void): Promise<void> {
  const { folder, place, forecast, signal, finished, failed, timed } = at;
  const { name } = run;
  const sayEstimate = () => {
    if (!forecast) return;
    const left = timed.filter((one) => !finished.has(one.name) && !failed.some((other) => other.name === one.name));
    if (left.length > 0) say({ type: "estimate", runs: left.length, ...forecast.left });
  };
  folder.forgetFailure(name);
  let isResumed = false;
  const outcome = await place.do(
    run,
    (event) => {
      if (event.type === "run-start") {
        isResumed = event.isResumed;
        forecast?.start(run);
      }
      if (event.type === "run-event") forecast?.see(name, event.event);
      say(event);
      if (event.type === "run-event" && event.event.type === "epoch") sayEstimate();
    },
    signal,
  );
  if (outcome.status === "interrupted" || outcome.status === "paused") return;
  forecast?.end(run, outcome.status === "done" && !isResumed);
  if (outcome.status === "done") {
    finished.set(name, outcome.result);
    folder.dropCheckpoints(name);
    say({ type: "run-done", name, result: outcome.result });
  } else {
    const failure: FailedRun = { name, reason: outcome.reason };
    failed.push(failure);
    folder.noteFailure(failure);
    say({ type: "run-failed", ...failure });
  }
  sayEstimate();
}
