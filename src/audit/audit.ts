/** `audit`: what is wrong with labelled texts, from a data set to a list of issues. */
import type { Spell } from "../base/check-options.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { eventsOf } from "../base/event-queue.ts";
import { EventStream } from "../base/event-stream.ts";
import { version } from "../base/machine.ts";
import type { Engine } from "../engine/engine.ts";
import { cpuEngine, type MakeEngine } from "../engine/engines.ts";
import { openSources } from "../hub/named-inputs.ts";
import { type Dataset, labelCounts } from "../tables/dataset.ts";
import { loadDataset } from "../tables/load-dataset.ts";
import { datasetOptions } from "../tables/table-options.ts";
import { type AuditOptions, HEADS, type ResolvedAuditOptions, resolveAuditOptions } from "./audit-options.ts";
import {
  type AuditDoneEvent,
  type AuditEvent,
  type AuditResult,
  type AuditStage,
  auditStages,
} from "./audit-result.ts";
import { type AuditedTexts, allTexts } from "./audited-texts.ts";
import { collectIssues } from "./collect-issues.ts";
import { foldsOf } from "./folds.ts";
import { auditLabels, LEAST_TEXTS } from "./label-issues.ts";
import { curveFolds, measureCurve } from "./measure-curve.ts";
import { findNeighbours } from "./neighbours.ts";
import { type FoldContext, headFolds, headProbabilities } from "./out-of-fold.ts";
import { textFeatures } from "./text-features.ts";
import { trainedProbabilities } from "./trained-folds.ts";

export interface AuditContext {
  /** Stops it; nothing is kept. */
  readonly signal?: AbortSignal;
  /** How an option was spelled where it was given, for errors. @internal */
  readonly spell?: Spell;
  /** What computes instead of ONNX Runtime on the CPU. @internal */
  readonly makeEngine?: MakeEngine;
}

/**
 * Looks for what is wrong with labelled texts: labels that are probably wrong, repeated and contradicting texts, leaks between
 * splits, outliers, odd texts, labels that cannot be told apart; and says what more texts would bring. Await it for the result,
 * or iterate what happens. Nothing is written; `writeAudit` does that.
 *
 * @throws AttuneError with `kind` "input" where data, model or options cannot be used, "interrupted" after `signal`
 */
export const audit = (options: AuditOptions, context: AuditContext = {}): EventStream<AuditEvent, AuditDoneEvent> =>
  new EventStream(events(options, context), isDone);

const isDone = (event: AuditEvent): event is AuditDoneEvent => event.type === "audited";

async function* events(options: AuditOptions, context: AuditContext): AsyncGenerator<AuditEvent, void, undefined> {
  const resolved = resolveAuditOptions(options, context.spell);
  // Whoever leaves the loop ends the work.
  const left = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, left.signal]) : left.signal;
  const engine = (context.makeEngine ?? cpuEngine)(resolved.threads, "same");
  try {
    yield yield* eventsOf<AuditDoneEvent, AuditEvent>((say) => auditData(resolved, engine, signal, say));
  } finally {
    left.abort();
  }
}

async function auditData(
  options: ResolvedAuditOptions,
  engine: Engine,
  signal: AbortSignal,
  say: (event: AuditEvent) => void,
): Promise<AuditDoneEvent> {
  const { seed, folds, maxLength, method } = options;
  const started = performance.now();
  const sources = await openSources(options, { signal, onEvent: say });
  const dataset = await loadDataset(datasetOptions({ ...options, data: sources.data.path, sharedTexts: "keep" }));
  requireLabels(options.data, dataset);
  const texts = allTexts(dataset);
  const count = texts.examples.length;
  const read = [...sources.model.notes, ...sources.data.notes, ...notesOf(dataset), ...rareLabels(texts)];
  say({ type: "start", texts: texts.sizes, labels: texts.labels, notes: read });

  const seconds = Object.fromEntries(auditStages.map((name) => [name, 0])) as Record<AuditStage, number>;
  const stage = async <T>(name: AuditStage, total: number, work: (onDone: (done: number) => void) => Promise<T>) => {
    const begun = performance.now();
    const onDone = (done: number) => say({ type: "progress", stage: name, done, total });
    onDone(0);
    const found = await work(onDone);
    seconds[name] = secondsSince(begun);
    return found;
  };
  const model = sources.model.path;
  const features = await stage("features", count, (onTexts) =>
    textFeatures(texts, engine, { model, maxLength, signal, onTexts }),
  );
  const within = {
    engine,
    model,
    foldOf: foldsOf(texts.examples, texts.labels.length, folds, seed),
    folds,
    seed,
    signal,
  };
  const inFolds = <T>(name: AuditStage, total: number, work: (context: FoldContext) => Promise<T>) =>
    stage(name, total, (onDone) => {
      let done = 0;
      return work({ ...within, onFold: () => onDone(++done) });
    });
  const isTrained = method !== HEADS;
  const judged = await inFolds("probabilities", isTrained ? folds : headFolds(folds), (context) =>
    isTrained ? trainedProbabilities(texts, dataset, options, context) : headProbabilities(texts, features, context),
  );
  const neighbours = await stage("neighbours", count, (onTexts) =>
    findNeighbours(features, engine, { signal, onTexts }),
  );
  const curve = await inFolds("curve", curveFolds(texts, folds, judged), (context) =>
    measureCurve(texts, features, context, judged),
  );

  const { issues: wrong, estimated, classes, pairs } = auditLabels(texts, judged.probabilities);
  const { issues, notes } = collectIssues(texts, wrong, neighbours);
  const result: AuditResult = {
    attune: version,
    data: options.data,
    dataSha256: dataset.sha256,
    model: options.model,
    ...{ method, folds, seed, reading: dataset.reading },
    notes: [...read, ...features.notes, ...notes],
    labels: texts.labels,
    multiLabel: texts.multiLabel,
    texts: texts.sizes,
    tried: judged.tried,
    wrongLabels: { estimated, found: wrong.length },
    ...{ classes, pairs, ...(curve && { curve }), issues },
    seconds: { ...seconds, total: secondsSince(started) },
  };
  return { type: "audited", result, probabilities: judged.probabilities };
}

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000;

function requireLabels(data: string, { labels, multiLabel }: Dataset): void {
  if (labels.length >= (multiLabel ? 1 : 2)) return;
  throw new AttuneError(
    "data/one-label",
    `${data}: every text has the label "${labels[0]}"; an audit needs at least two, in the column that --label names`,
  );
}

/** Of splits that were made nobody sees anything here. */
const notesOf = ({ notes, splitNotes }: Dataset): string[] => notes.filter((note) => !splitNotes.includes(note));

function rareLabels({ examples, labels }: AuditedTexts): string[] {
  const counts = labelCounts(examples.truths(), labels.length);
  const rare = labels.filter((_, label) => counts[label]! < LEAST_TEXTS);
  if (rare.length === 0) return [];
  const what = rare.length > 5 ? `${rare.length} labels, like ${listOf(rare.slice(0, 3), "and")}` : listOf(rare, "and");
  return [`Texts of ${what} are not judged: there are fewer than ${LEAST_TEXTS} to learn from.`];
}
