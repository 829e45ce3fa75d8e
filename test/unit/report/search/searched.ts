/** A finished search without training, one of whose values is made to do harm. */
import type { Search, SearchEntry, Spaces } from "../../../../src/search/search-file.ts";
import type { SplitMetrics } from "../../../../src/train/metrics.ts";
import { aSearch, played, type scoreOf } from "../../search/searches.ts";

export const HOSTILE = `<img src=x onerror="window.harmed = 1">`;

const spaces: Spaces = {
  learningRate: { kind: "log-uniform", from: 1e-4, to: 1e-1 },
  rank: { kind: "log-integer", from: 2, to: 32 },
  head: { kind: "choice", values: ["cls", "mean", HOSTILE] },
  dropout: { kind: "uniform", from: 0, to: 0.3 },
};

/** Best near a rate of 0.006. */
const score: typeof scoreOf = ({ learningRate = 0.02, head }, epoch) => {
  const distance = Math.log10(learningRate as number) + 2.2;
  const learned = 0.35 * Math.exp(-epoch * (0.3 + 20 * (learningRate as number)));
  return Math.max(0.05, 0.85 - 0.12 * distance ** 2 - (head === "cls" ? 0.03 : 0) - learned);
};

export interface Searched {
  readonly search: Search;
  readonly entries: readonly SearchEntry[];
}

export function searched(asked: Partial<Search> = {}): Searched {
  const firstGuess = { learningRate: 0.02, rank: 8, head: "cls", dropout: 0.1 };
  const plain = aSearch({ budget: { trials: 30 }, spaces, firstGuess, ...asked });
  const options = { model: "attune:mini", data: HOSTILE, epochs: plain.rungs.at(-1)!, recipe: "own" };
  const search = { ...plain, data: HOSTILE, methods: plain.methods.map((method) => ({ ...method, options })) };
  const { entries, state } = played(search, { atOnce: 2, score });
  const metrics = { f1: 0.7931, accuracy: 0.8312, loss: 0.6123 } as SplitMetrics;
  return { search, entries: [...entries, { type: "test", trial: state.best!.trial, metrics }] };
}
