/** A search as it was asked for, with its model and data opened: what is searched, and how far. Nothing is written. */
import type { Spell } from "../base/check-options.ts";
import { version } from "../base/machine.ts";
import { mostThreads, usableThreads } from "../base/thread-count.ts";
import { hubOf } from "../hub/named-inputs.ts";
import { recipeFacts } from "../run/settle-options.ts";
import type { StudyInput } from "../study/data-facts.ts";
import { type Limit, limitedCount } from "../tables/limit-train.ts";
import { rungsOf } from "./asha.ts";
import type { Search, SearchBudget } from "./search-file.ts";
import type { ResolvedSearchOptions } from "./search-options.ts";
import { requireKnown, type SpaceFacts, searchedMethod } from "./spaces.ts";

/** Where no budget is given: three rungs of eta 3. */
const DEFAULT_TRIALS = 27;

/** Options of `train` by which the data and the model are opened. */
export function inputOptions({
  model,
  revision,
  data,
  dataRevision,
  configName,
  seed,
  methods,
  given,
}: ResolvedSearchOptions) {
  const input = { model, revision, data, dataRevision, configName, seed };
  const named = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return { ...named, ...given, method: methods[0]! };
}

/** @throws AttuneError where the options do not go together, or with model and data */
export function beginSearch(
  options: ResolvedSearchOptions,
  { dataset, encoder, head, sources }: StudyInput,
  command: string,
  spell: Spell,
): Search {
  const facts: SpaceFacts = {
    ...recipeFacts(dataset, encoder, head),
    texts: limitedCount(options.given.limit as Limit | undefined, dataset.splits.train.length),
    layers: encoder.layers,
  };
  const { spaces, searchOnly: only, bestMetric: metric, sampler, pruner, eta, seed, jobs, leastEpochs } = options;
  requireKnown(spaces, options.methods, facts, spell);
  const { method: _, ...input } = inputOptions(options);
  const given = { ...input, ...(options.epochs !== undefined && { epochs: options.epochs }) };
  const found = options.methods.map((method) => searchedMethod(method, { spaces, only, given }, facts, spell));
  const most = options.epochs ?? Math.max(...found.map((one) => one.options.epochs as number));
  const held = { epochs: most, bestMetric: metric, earlyStopping: 0, recipe: "own" };
  const { threads } = options;
  const all = Math.min(threads ?? usableThreads(), mostThreads());
  return {
    attune: version,
    command,
    began: new Date().toISOString(),
    model: options.model,
    data: options.data,
    ...hubOf(sources),
    methods: found.map((one) => ({ ...one, options: { ...one.options, ...held } })),
    metric,
    seed,
    rungs: pruner === "none" ? [most] : rungsOf(Math.min(leastEpochs, most), most, eta),
    eta,
    budget: budgetOf(options),
    sampler,
    pruner,
    jobs,
    threads: Math.max(1, Math.floor(all / jobs)),
    ...(threads !== undefined && { threadsAsked: threads }),
  };
}

function budgetOf({ trials, budgetEpochs: epochs, budgetHours: hours }: ResolvedSearchOptions): SearchBudget {
  if (trials === undefined && epochs === undefined && hours === undefined) return { trials: DEFAULT_TRIALS };
  return {
    ...(trials !== undefined && { trials }),
    ...(epochs !== undefined && { epochs }),
    ...(hours !== undefined && { hours }),
  };
}
