/** The loop of a search: decisions become runs, what comes of these becomes lines of the log, and these the next decisions. */
import { AttuneError } from "../base/error.ts";
import type { RunResult } from "../run/run-result.ts";
import type { PlacedRunEvent, RunPlace } from "../study/run-place.ts";
import type { RunOutcome } from "../study/run-process.ts";
import type { PlannedRun } from "../study/study.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { EpochResult } from "../train/trainer.ts";
import { nearPromotion } from "./asha.ts";
import { nextDecision } from "./next-decision.ts";
import { after, replay, type SearchState } from "./replay.ts";
import type { SearchEvent } from "./search-events.ts";
import type { Search, SearchEntry } from "./search-file.ts";
import type { SearchFolder } from "./search-folder.ts";
import { trialRun } from "./trial-run.ts";

export interface Driven {
  readonly search: Search;
  readonly folder: SearchFolder;
  readonly place: RunPlace;
  /** The log so far. */
  readonly entries: readonly SearchEntry[];
  readonly signal: AbortSignal;
  say(event: SearchEvent): void;
}

/** Does a search to its end, or until its signal: what is under way then stops behind its step. Returns where it stands. */
export const drive = (driven: Driven): Promise<SearchState> => new Driver(driven).untilEnd();

class Driver {
  readonly #at: Driven;
  /** Ends what is under way where something goes wrong beside it. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #began = performance.now();
  readonly #elapsedBefore: number;
  readonly #underWay = new Map<string, Promise<void>>();
  #state: SearchState;

  constructor(driven: Driven) {
    this.#at = driven;
    this.#signal = AbortSignal.any([driven.signal, this.#stop.signal]);
    this.#state = replay(driven.search, driven.entries);
    this.#elapsedBefore = this.#state.elapsed;
  }

  async untilEnd(): Promise<SearchState> {
    const signal = this.#signal;
    try {
      while (!signal.aborted) {
        while (!signal.aborted && this.#fillOne()) {}
        if (this.#underWay.size === 0) break;
        await Promise.race(this.#underWay.values());
      }
    } catch (error) {
      this.#stop.abort();
      throw error;
    } finally {
      await Promise.allSettled(this.#underWay.values());
    }
    if (!signal.aborted && this.#state.end?.best !== undefined && !this.#state.test)
      await this.#finish(this.#state.end.best);
    return this.#state;
  }

  /** Puts one more trial on its way, where there is room and something to do. */
  #fillOne(): boolean {
    const { search, place } = this.#at;
    if (this.#underWay.size >= Math.min(place.atOnce, search.jobs)) return false;
    // What the log says was begun, and nobody is at, goes on before anything is decided.
    const left = this.#state.trials.find(({ trial, underWay }) => underWay !== undefined && !this.#underWay.has(trial));
    if (!left) {
      const decision = nextDecision(search, this.#state);
      if (!decision) return false;
      this.#record(decision);
      return decision.type !== "end";
    }
    const going = this.#goUp(left.trial).finally(() => this.#underWay.delete(left.trial));
    this.#underWay.set(left.trial, going);
    return true;
  }

  /** The entry is on the disk before anything comes of it. */
  #record(entry: SearchEntry): void {
    const { search, folder, say } = this.#at;
    folder.append(entry);
    this.#state = after(search, this.#state, entry);
    say({ type: "log", entry, state: this.#state });
    // Of a big model, checkpoints are most of what stands on the disk.
    if (entry.type === "result" || entry.type === "failed")
      folder.dropCheckpoints(nearPromotion(this.#state, search.rungs.length, search.eta));
  }

  async #goUp(trial: string): Promise<void> {
    const { search } = this.#at;
    const { values, highest: rung } = this.#state.trials.find((one) => one.trial === trial)!;
    const epochs = search.rungs[rung]!;
    const outcome = await this.#do(trialRun(search, trial, values, epochs));
    if (outcome.status === "interrupted") {
      if (!this.#signal.aborted) throw lost(trial);
      return;
    }
    const elapsed = this.#elapsedBefore + (performance.now() - this.#began) / 1000;
    const failed = (reason: string) => this.#record({ type: "failed", trial, rung, reason, elapsed });
    if (outcome.status === "failed") return failed(outcome.reason.split("\n")[0]!);
    // Somebody may have trained it to its end by hand.
    const all = outcome.status === "done" ? outcome.result.epochs : outcome.epochs;
    const done = all.slice(0, epochs);
    const scores = done.map(({ validation }) => scoreOf(search, validation));
    if (!scores.every(Number.isFinite)) return failed(`its validation ${search.metric} is not a number`);
    const seconds = secondsOf(done.slice(search.rungs[rung - 1] ?? 0));
    const score = Math.max(...scores);
    this.#record({ type: "result", trial, rung, epochs, score, scores, seconds, elapsed });
  }

  /** What a machine failed, and not the run, is tried once more. */
  async #do(run: PlannedRun): Promise<RunOutcome> {
    const { place, say } = this.#at;
    const signal = this.#signal;
    const see = (event: PlacedRunEvent) => {
      if (event.type === "run-event") say({ type: "trial-event", trial: event.name, event: event.event });
      if (event.type === "notice") say(event);
    };
    const first = await place.do(run, see, signal);
    if (first.status !== "failed" || !first.isMachines || signal.aborted) return first;
    say({ type: "notice", message: `${run.name}: ${first.reason}; it is tried once more` });
    return place.do(run, see, signal);
  }

  /** The winner comes to its end, and is measured on the test split. */
  async #finish(trial: string): Promise<void> {
    const { search, folder } = this.#at;
    const { values } = this.#state.trials.find((one) => one.trial === trial)!;
    let result: RunResult | undefined = folder.bestResult();
    if (!result) {
      const outcome = await this.#do(trialRun(search, trial, values));
      if (outcome.status === "interrupted" && this.#signal.aborted) return;
      if (outcome.status === "failed")
        throw new AttuneError(
          "search/best",
          `${trial}, the best trial, cannot be finished: ${outcome.reason}`,
          "failure",
        );
      if (outcome.status !== "done") throw lost(trial);
      result = outcome.result;
      folder.keepBest(trial);
    }
    this.#record({ type: "test", trial, metrics: result.test });
    folder.dropCheckpoints(new Set());
  }
}

const lost = (trial: string): AttuneError =>
  new AttuneError("search/lost", `${trial}: nobody does this trial any more; go on with --resume`, "failure");

/** The higher, the better. */
const scoreOf = ({ metric }: Search, validation: SplitMetrics): number =>
  metric === "loss" ? -validation.loss : validation[metric];

const secondsOf = (epochs: readonly EpochResult[]): number => epochs.reduce((sum, { seconds }) => sum + seconds, 0);
