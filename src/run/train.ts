/** `train` and `resume`: one run from options to a finished run folder. */
import { resolve } from "node:path";
import type { Spell } from "../base/check-options.ts";
import { Cleanups } from "../base/cleanups.ts";
import { ContentStore, type ValueExchange } from "../base/content-store.ts";
import { AttuneError } from "../base/error.ts";
import { EventStream } from "../base/event-stream.ts";
import { describeMachine, version } from "../base/machine.ts";
import type { Engine } from "../engine/engine.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import type { Bits } from "../engine/reproducible-threads.ts";
import { fetchSources, type Sources, withPaths } from "../hub/named-inputs.ts";
import { IN_MEMORY, sourceOf, type TextsInMemory, takeTexts } from "../tables/texts-in-memory.ts";
import { sha256OfWeights } from "../weights/weight-files.ts";
import { chooseHead } from "./choose-head.ts";
import { chooseLayers, choosesLayers } from "./choose-layers.ts";
import { readHead, saveHead } from "./learned-head.ts";
import { prepareChecked } from "./prepare-checked.ts";
import { openTexts } from "./prepare-run.ts";
import { resumedThreads } from "./resumed-threads.ts";
import { describeRun, placesOf, type RunFacts, type WorkerName, workersOf } from "./run-facts.ts";
import { RunFolder } from "./run-folder.ts";
import { RunSession } from "./run-session.ts";
import { RunTimes } from "./run-times.ts";
import { readRecipeFacts, settleOptions } from "./settle-options.ts";
import type { ResultEvent, TrainEvent } from "./train-events.ts";
import { resolveOptions, type TrainOptions } from "./train-options.ts";
import { Training } from "./training.ts";
import { changedSince, unfinished } from "./unfinished.ts";
import { requireUsed, resolveNewOptions } from "./unused-train-options.ts";

export interface TrainContext {
  /** Stops the run after the step it is in; it keeps a checkpoint and can go on with `resume`. */
  readonly signal?: AbortSignal;
  /** Milliseconds before `train` was called that belong to the run: a program's start-up. @default 0 */
  readonly startedAgo?: number;
  /**
   * Folder in which runs keep tokens and outputs of frozen layers for each other, by hashes of what they are made from;
   * several processes may use it at once, and it may be deleted at any time between runs. It changes no result.
   * @default none
   */
  readonly shared?: string;
  /** How an option was spelled where it was given, for errors. @internal */
  readonly spell?: Spell;
  /** Model and data, where they have been opened before: the runs of a study ask the Hub once. @internal */
  readonly sources?: Sources;
  /** Where other machines keep what is in `shared`. @internal */
  readonly exchange?: ValueExchange;
  /** Who does it, where that is a worker for a study on another machine. @internal */
  readonly worker?: WorkerName;
  /**
   * Stops behind this epoch as after `signal`, its last included; until it goes on without this, nothing is measured on the
   * test split: trials of a search are judged on validation alone. @internal
   */
  readonly untilEpoch?: number;
  /** What computes instead of ONNX Runtime on the CPU. @internal */
  readonly makeEngine?: MakeEngine;
}

export interface ResumeContext extends TrainContext {
  /** The texts of a run that was given texts in memory: it keeps none of them, and must get the same again. */
  readonly data?: TextsInMemory;
}

/**
 * Trains a classifier and writes its run folder. Await it for the result, or iterate what happens; a call that is
 * neither awaited nor iterated trains all the same. A loop that is left early leaves a checkpoint and a run that is
 * "interrupted".
 *
 * @throws AttuneError with `kind` "input" before anything is written, "failure" where training cannot go on,
 * "interrupted" after `signal`.
 */
export const train = (options: TrainOptions, context: TrainContext = {}): EventStream<TrainEvent, ResultEvent> =>
  new EventStream(begin(options, context), isResult);

/**
 * Goes on with a run that was interrupted; it ends with the bytes it would have ended with. Awaited or iterated like
 * `train`.
 *
 * @throws AttuneError as `train` does, and with `kind` "input" where the run is finished, another process works on it,
 * or its model or data changed.
 */
export const resume = (path: string, context: ResumeContext = {}): EventStream<TrainEvent, ResultEvent> =>
  new EventStream(goOn(path, context), isResult);

const isResult = (event: TrainEvent): event is ResultEvent => event.type === "result";

async function* begin(asked: TrainOptions, context: TrainContext): AsyncGenerator<TrainEvent, void, undefined> {
  const called = startOf(context);
  const { options, source } = takeTexts(asked);
  // A study has looked at its plan as a whole.
  const asGiven = (context.sources ? resolveOptions : resolveNewOptions)(options, context.spell);
  RunFolder.requireNew(asGiven.out);
  // Everything that can be wrong with the input is found before the folder is made.
  const askedAt = performance.now();
  const sources = context.sources ?? (yield* fetchSources(asGiven, context.signal));
  // What came from the Hub took none of the run's time.
  const started = called + performance.now() - askedAt;
  const engine = (context.makeEngine ?? cpuEngine)(asGiven.threads, asGiven.bits);
  const store = storeOf(context, engine, asGiven.bits);
  const dataset = await openTexts(withPaths(asGiven, sources), source);
  const known = await readRecipeFacts(sources.model.path, dataset);
  const given = settleOptions(options, known);
  const within = { signal: context.signal, store, dataset };
  const here = withPaths(given, sources);
  const found = given.head === "auto" ? yield* chooseHead(here, engine, within) : undefined;
  const head = found?.search.chosen ?? given.head;
  const withHead = { ...within, head: found?.weights };
  const layerSearch = choosesLayers(given) ? yield* chooseLayers({ ...here, head }, engine, withHead) : undefined;
  const layers = layerSearch && { layers: layerSearch.chosen };
  const opened = new Cleanups();
  try {
    const { prepared, precision } = await prepareChecked({ ...here, head, ...layers }, engine, withHead);
    opened.add(prepared.dispose);
    if (!context.sources) requireUsed(asGiven, prepared, context.spell);
    const resolved = { ...given, head, ...layers };
    const facts = describeRun(
      resolved,
      engine,
      prepared,
      sources,
      { ...(found && { headSearch: found.search }), ...(layerSearch && { layerSearch }) },
      precision,
      context.worker && [context.worker],
    );
    if (asGiven.head === undefined && given.head === known.head.head)
      facts.notes.push(`The head is ${given.head}: ${known.head.reason}.`);
    const folder = RunFolder.create(resolved.out, { ...facts, status: "running" }, (partial) => {
      if (found) saveHead(partial, found.weights);
    });
    opened.add(() => folder.close());
    const times = new RunTimes(started, store);
    const training = new Training(prepared, folder, facts, times, baseOf(sources), context.untilEpoch);
    yield* new RunSession(training, context.signal).run();
  } finally {
    await opened.run();
  }
}

async function* goOn(path: string, context: ResumeContext): AsyncGenerator<TrainEvent, void, undefined> {
  const called = startOf(context);
  const folder = RunFolder.openLocked(path);
  const opened = new Cleanups();
  opened.add(() => folder.close());
  try {
    const before = unfinished<RunFacts>(folder, "train");
    if (before.options.data === IN_MEMORY && context.data === undefined)
      throw new AttuneError(
        "run/texts-gone",
        `${path}: this run was given ${IN_MEMORY} and keeps none of them; go on from the program that has them: resume(${JSON.stringify(path)}, { data })`,
      );
    const resumed = resumedThreads(before.options);
    const resolved = resolveOptions({
      ...before.options,
      ...(context.sources?.copiedFrom ? {} : placesOf(before, path)),
      out: path,
      ...resumed.options,
    });
    const asked = performance.now();
    const sources = context.sources ?? (yield* fetchSources(resolved, context.signal, before.hub ?? {}));
    const started = called + performance.now() - asked;
    const engine = (context.makeEngine ?? cpuEngine)(resolved.threads, resolved.bits);
    const store = storeOf(context, engine, resolved.bits);
    const here = withPaths(resolved, sources);
    const dataset = context.data && (await openTexts(here, sourceOf(context.data)));
    const within = { signal: context.signal, store, dataset };
    const head = before.headSearch && (readHead(path) ?? (yield* chooseHead(here, engine, within)).weights);
    const { prepared, precision } = await prepareChecked(here, engine, { ...within, head });
    opened.add(prepared.dispose);
    const facts = describeRun(
      resolved,
      engine,
      prepared,
      sources,
      before,
      precision,
      workersOf(before, context.worker),
    );
    facts.notes.push(...resumed.notes);
    if (before.dataSha256 !== facts.dataSha256) throw changedSince(path, "data", resolved.data);
    if (before.modelSha256) {
      facts.modelSha256 = await sha256OfWeights(prepared.modelFolder);
      if (before.modelSha256 !== facts.modelSha256) throw changedSince(path, "model", resolved.model);
    }
    const times = new RunTimes(started, store);
    const training = new Training(prepared, folder, facts, times, baseOf(sources), context.untilEpoch);
    yield* new RunSession(training, context.signal).run();
  } finally {
    await opened.run();
  }
}

/** Where the model is for whoever reads the run. */
const baseOf = ({ model, copiedFrom }: Sources): string => copiedFrom?.model ?? resolve(model.path);

/** Tokens and frozen layers' outputs are the same where version, engine and processor are, and threads where they matter. */
const storeOf = ({ shared, exchange }: TrainContext, engine: Engine, bits: Bits): ContentStore | undefined => {
  if (shared === undefined) return undefined;
  const { platform, processor } = describeMachine();
  const threads = bits === "same" ? [] : [`${engine.threads} threads`];
  return new ContentStore(shared, [version, engine.description, platform, processor, ...threads].join("; "), exchange);
};

const startOf = ({ startedAgo = 0 }: TrainContext): number => performance.now() - startedAgo;
