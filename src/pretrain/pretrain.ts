/** `pretrain` and `resumePretraining`: masked-language-model training from options to a finished folder. */
import { cpSync } from "node:fs";
import { Cleanups } from "../base/cleanups.ts";
import { eventsOf } from "../base/event-queue.ts";
import { EventStream } from "../base/event-stream.ts";
import { describeMachine, version } from "../base/machine.ts";
import { discard, temporaryFolder } from "../base/partial-name.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import { resumedThreads } from "../run/resumed-threads.ts";
import { RunFolder } from "../run/run-folder.ts";
import { RunSession } from "../run/run-session.ts";
import { changedSince, unfinished } from "../run/unfinished.ts";
import { sha256OfWeights } from "../weights/weight-files.ts";
import { isTokenizerWhole } from "./new-tokenizer.ts";
import { preparePretraining, tokenizerIn } from "./prepare-pretraining.ts";
import type { PretrainEvent, PretrainResultEvent } from "./pretrain-events.ts";
import { openPretrainSources, pretrainHubOf } from "./pretrain-inputs.ts";
import { type PretrainOptions, resolvePretrainOptions } from "./pretrain-options.ts";
import { type PretrainFacts, Pretraining } from "./pretraining.ts";

export interface PretrainContext {
  /** Stops after the step it is in; the run keeps a checkpoint and can go on with `resumePretraining`. */
  readonly signal?: AbortSignal;
  /** What computes instead of ONNX Runtime on the CPU. @internal */
  readonly makeEngine?: MakeEngine;
}

/**
 * Trains an encoder to guess masked tokens and writes a folder with the model that AutoModelForMaskedLM opens
 * (Devlin et al. 2019, arXiv 1810.04805). Await it for the result, or iterate what happens, as with `train`.
 *
 * @throws AttuneError with `kind` "input" before anything is written, "failure" where training cannot go on,
 * "interrupted" after `signal`.
 */
export const pretrain = (
  options: PretrainOptions,
  context: PretrainContext = {},
): EventStream<PretrainEvent, PretrainResultEvent> => new EventStream(begin(options, context), isResult);

/**
 * Goes on with a run that was interrupted; it ends with the bytes it would have ended with.
 *
 * @throws AttuneError as `pretrain` does, and with `kind` "input" where the run is finished, another process works on
 * it, or its model or text changed.
 */
export const resumePretraining = (
  path: string,
  context: PretrainContext = {},
): EventStream<PretrainEvent, PretrainResultEvent> => new EventStream(goOn(path, context), isResult);

const isResult = (event: PretrainEvent): event is PretrainResultEvent => event.type === "result";

async function* begin(
  options: PretrainOptions,
  { signal, makeEngine = cpuEngine }: PretrainContext,
): AsyncGenerator<PretrainEvent, void, undefined> {
  const resolved = resolvePretrainOptions(options);
  RunFolder.requireNew(resolved.out);
  const sources = yield* eventsOf((onEvent) => openPretrainSources(resolved, { signal, onEvent }));
  // What came from the Hub took none of the run's time.
  const started = performance.now();
  const engine = makeEngine(resolved.threads, resolved.bits);
  const opened = new Cleanups();
  try {
    const workshop = temporaryFolder("tokenizer");
    opened.add(() => discard(workshop));
    const context = { signal, sources, tokenizerFolder: workshop, resumes: false };
    const prepared = await preparePretraining(resolved, engine, context);
    opened.add(prepared.dispose);
    const facts: PretrainFacts = {
      kind: "pretrain",
      attune: version,
      options: resolved,
      dataSha256: prepared.dataSha256,
      ...pretrainHubOf(sources),
      ...(sources.from && { modelSha256: await sha256OfWeights(sources.from.path) }),
      engine: engine.description,
      node: process.version,
      machine: describeMachine(),
    };
    const folder = RunFolder.create(resolved.out, { ...facts, status: "running" }, (partial) => {
      if (resolved.new) cpSync(workshop, tokenizerIn(partial), { recursive: true });
    });
    opened.add(() => folder.close());
    yield* new RunSession(new Pretraining(prepared, folder, facts, started), signal).run();
  } finally {
    await opened.run();
  }
}

async function* goOn(
  path: string,
  { signal, makeEngine = cpuEngine }: PretrainContext,
): AsyncGenerator<PretrainEvent, void, undefined> {
  const folder = RunFolder.openLocked(path);
  const opened = new Cleanups();
  opened.add(() => folder.close());
  try {
    const { status: _, reason: __, ...facts } = unfinished<PretrainFacts & { reason?: string }>(folder, "pretrain");
    const resumed = resumedThreads(facts.options);
    const resolved = resolvePretrainOptions({
      ...facts.options,
      out: path,
      ...resumed.options,
    });
    const sources = yield* eventsOf((onEvent) => openPretrainSources(resolved, { signal, onEvent }, facts.hub ?? {}));
    const started = performance.now();
    if (sources.from && (await sha256OfWeights(sources.from.path)) !== facts.modelSha256)
      throw changedSince(path, "model", resolved.from!);
    const engine = makeEngine(resolved.threads, resolved.bits);
    // A run that lost its vocabulary, or has half of it, learns it again: the text is the same.
    const resumes = isTokenizerWhole(tokenizerIn(path));
    const context = { signal, sources, tokenizerFolder: tokenizerIn(path), resumes };
    const asBefore = await preparePretraining(resolved, engine, context);
    opened.add(asBefore.dispose);
    const prepared = { ...asBefore, notes: [...asBefore.notes, ...resumed.notes] };
    if (prepared.dataSha256 !== facts.dataSha256) throw changedSince(path, "text", resolved.data);
    const work = new Pretraining(prepared, folder, { ...facts, options: resolved }, started);
    yield* new RunSession(work, signal).run();
  } finally {
    await opened.run();
  }
}
