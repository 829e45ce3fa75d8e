/** `search`: the options with which a method does best on validation, found by trials of which the bad ones stop early. */
import { isDeepStrictEqual } from "node:util";
import type { Spell } from "../base/check-options.ts";
import { diskError } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { eventsOf } from "../base/event-queue.ts";
import { EventStream } from "../base/event-stream.ts";
import type { StudyInput } from "../study/data-facts.ts";
import { localRuns } from "../study/local-runs.ts";
import { openInput } from "../study/open-plan.ts";
import type { OpenPlace, RunPlace } from "../study/run-place.ts";
import { beginSearch, inputOptions } from "./begin-search.ts";
import { drive } from "./drive.ts";
import { replay, type SearchState } from "./replay.ts";
import type { BestOfSearch, SearchDoneEvent, SearchEvent } from "./search-events.ts";
import type { Search } from "./search-file.ts";
import { isSearch, readSearch, SearchFolder } from "./search-folder.ts";
import { resolveSearchOptions, type SearchOptions } from "./search-options.ts";
import { asStudy, trainCommand } from "./trial-run.ts";

export interface SearchContext {
  /** Stops the trials after the step they are in; the search can go on with the same call. */
  readonly signal?: AbortSignal;
  /** What repeats the search, for its report. @default attune search --resume with its folder */
  readonly command?: string;
  /** How an option was spelled where it was given, for errors. @internal */
  readonly spell?: Spell;
  /** Where the trials are done. @default on this machine @internal */
  readonly place?: OpenPlace;
}

/**
 * Searches options of one method, or of several, in the folder `out`: trials that do badly on validation stop early
 * (asynchronous successive halving, Li et al. 2020), and past 20 results new ones are tried where these say that it is worth
 * it (tree-structured Parzen estimator, Bergstra et al. 2011). The best is then trained to its end, and measured on the test
 * split, which nothing else is. Await it for what it found, or iterate what happens, as with `train`. A search that was
 * interrupted goes on with the same call.
 *
 * @throws AttuneError with `kind` "input" before anything is written, "interrupted" after `signal`. A trial that fails is an
 * event, and counts as the worst.
 */
export const search = (
  options: SearchOptions,
  out: string,
  context: SearchContext = {},
): EventStream<SearchEvent, SearchDoneEvent> => new EventStream(begin(options, out, context), isDone);

/**
 * Goes on with a search by its own search.json. Awaited or iterated like `search`.
 *
 * @throws AttuneError as `search` does, and with `kind` "input" where there is no search in `out`
 */
export const resumeSearch = (out: string, context: SearchContext = {}): EventStream<SearchEvent, SearchDoneEvent> =>
  new EventStream(goOn(out, context), isDone);

const isDone = (event: SearchEvent): event is SearchDoneEvent => event.type === "done";

type Events = AsyncGenerator<SearchEvent, void, undefined>;

async function* begin(given: SearchOptions, out: string, context: SearchContext): Events {
  const { spell = (key: string) => key, signal } = context;
  const options = resolveSearchOptions(given, spell);
  const before = isSearch(out) ? readSearch(out) : undefined;
  const input = yield* openInput(inputOptions(options), signal, before);
  const asked = beginSearch(options, input, context.command ?? `attune search --resume ${out}`, spell);
  if (before) requireSame(out, before, asked);
  yield* work(out, before ? goingOn(before, asked) : asked, context, input);
}

async function* goOn(out: string, context: SearchContext): Events {
  const before = readSearch(out);
  const { method, options } = before.methods[0]!;
  yield* work(out, before, context, yield* openInput({ ...options, method }, context.signal, before));
}

/** With as many trials at the same time, and as many threads, as are asked for now. */
const goingOn = ({ threadsAsked: _, ...before }: Search, { jobs, threads, threadsAsked }: Search): Search => ({
  ...before,
  jobs,
  threads,
  ...(threadsAsked !== undefined && { threadsAsked }),
});

/** What decides what comes next. */
const DECISIVE = ["model", "data", "methods", "metric", "seed", "rungs", "eta", "budget", "sampler", "pruner"] as const;

function requireSame(out: string, before: Search, asked: Search): void {
  // As it stands in a file.
  const now = JSON.parse(JSON.stringify(asked)) as Search;
  const other = DECISIVE.find((key) => !isDeepStrictEqual(before[key], now[key]));
  if (other !== undefined)
    throw new AttuneError(
      "search/other",
      `${out}: the search in this folder has other ${other}; go on with it by attune search --resume ${out}, or choose another --out`,
    );
}

async function* work(out: string, asked: Search, context: SearchContext, input: StudyInput): Events {
  const { sources } = input;
  const folder = SearchFolder.open(out);
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  let place: RunPlace | undefined;
  try {
    folder.write(asked);
    const entries = folder.openLog();
    const notes = [...sources.model.notes, ...sources.data.notes];
    yield { type: "search", out, search: asked, state: replay(asked, entries), notes };
    place = await (context.place ?? localRuns)({ folder, study: asStudy(asked), input });
    const at = { search: asked, folder, place, entries, signal };
    const state = yield* eventsOf<SearchState, SearchEvent>(
      (say) => drive({ ...at, say }),
      () => stop.abort(),
    );
    if (context.signal?.aborted && !(state.end && (state.test || state.end.best === undefined)))
      throw new AttuneError(
        "search/interrupted",
        `stopped after ${state.steps.length} results of ${state.trials.length} trials; go on with: attune search --resume ${out}`,
        "interrupted",
      );
    const best = bestOf(asked, state, folder.bestPath);
    yield { type: "done", state, ...(best && { best }) };
  } catch (error) {
    throw diskError(error, out, `put that right, and go on with: attune search --resume ${out}`);
  } finally {
    await place?.close();
    folder.close();
  }
}

/** What a search that is over has found. */
export function bestOf(asked: Search, { trials, best, test }: SearchState, run: string): BestOfSearch | undefined {
  if (!best || !test) return undefined;
  const { values } = trials.find(({ trial }) => trial === best.trial)!;
  return { ...best, values, run, test: test.metrics, command: trainCommand(asked, values) };
}
