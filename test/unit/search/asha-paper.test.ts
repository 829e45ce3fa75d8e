/** Asynchronous successive halving against the paper's pseudo-code, on a table of curves and workers that take their time. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nextDecision } from "../../../src/search/next-decision.ts";
import { after, initialSearchState } from "../../../src/search/replay.ts";
import type { SearchEntry } from "../../../src/search/search-file.ts";
import { aSearch } from "./searches.ts";

interface Case {
  readonly eta: number;
  readonly workers: number;
  readonly rungs: readonly number[];
  readonly events: readonly (readonly ["job" | "result", configuration: number, rung: number])[];
}

// From test/fixtures/make_asha.py.
const { losses, cases } = JSON.parse(readFileSync(new URL("../../fixtures/asha.json", import.meta.url), "utf8")) as {
  readonly losses: readonly (readonly number[])[];
  readonly cases: readonly Case[];
};

test.each(cases)("$workers workers, eta $eta, rungs $rungs: job by job the paper's", ({ eta, rungs, events }) => {
  const search = aSearch({ eta, rungs, metric: "loss", budget: { trials: losses.length }, sampler: "random" });
  const nameOf = (configuration: number) => `t${String(configuration + 1).padStart(3, "0")}`;
  let state = initialSearchState;
  const add = (entry: SearchEntry) => {
    state = after(search, state, entry);
  };
  let promotions = 0;
  for (const [at, [event, configuration, rung]] of events.entries()) {
    const trial = nameOf(configuration);
    if (event === "result") {
      const scores = losses[configuration]!.slice(0, rungs[rung]).map((loss) => -loss);
      const score = Math.max(...scores);
      add({ type: "result", trial, rung, epochs: rungs[rung]!, score, scores, seconds: 1, elapsed: at });
      // A worker that is free again and gets nothing to do waits, until nobody is at work.
      if (events[at + 1]?.[0] === "result") expect(nextDecision(search, state)).toBeUndefined();
      continue;
    }
    if (rung === 0) {
      const drawn = nextDecision(search, state);
      expect(drawn).toMatchObject({ type: "trial", trial });
      add(drawn!);
    } else promotions++;
    const start = nextDecision(search, state);
    expect(start).toEqual({ type: "start", trial, rung, epochs: rungs[rung] });
    add(start!);
  }
  expect(nextDecision(search, state)).toMatchObject({ type: "end", reason: "budget" });
  expect(state.trials).toHaveLength(losses.length);
  expect(promotions).toBeGreaterThan(losses.length / (2 * eta));
});
