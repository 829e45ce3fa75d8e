/** Asynchronous successive halving: rungs, promotions, budgets, and what is decided again from a log. */
import { expect, test } from "vitest";
import { nearPromotion, promotionIn, rungsOf } from "../../../src/search/asha.ts";
import { checkLog } from "../../../src/search/check-log.ts";
import { nextDecision } from "../../../src/search/next-decision.ts";
import { replay } from "../../../src/search/replay.ts";
import type { Search, SearchBudget, SearchEntry, Space } from "../../../src/search/search-file.ts";
import { aSearch, played } from "./searches.ts";

test.each<[number, number, number[]]>([
  [1, 1, [1]],
  [1, 2, [2]],
  [1, 10, [1, 3, 10]],
  [1, 20, [2, 7, 20]],
  [1, 27, [1, 3, 9, 27]],
  [2, 27, [3, 9, 27]],
])("rungs from %i to %i epochs, eta 3", (least, most, expected) => {
  expect(rungsOf(least, most, 3)).toEqual(expected);
});

/** Trials that are at the first rung of 1, 3, 9 with these scores; NaN stands for one that failed. */
function atFirstRung(scores: readonly number[]): SearchEntry[] {
  return scores.flatMap((score, i): SearchEntry[] => {
    const trial = `t${i}`;
    const of = { trial, rung: 0, elapsed: i };
    return [
      { type: "trial", trial, values: { rank: i }, from: "random" },
      { type: "start", trial, rung: 0, epochs: 1 },
      Number.isNaN(score)
        ? { type: "failed", ...of, reason: "the loss became NaN" }
        : { type: "result", ...of, epochs: 1, score, scores: [score], seconds: 1 },
    ];
  });
}

const promoted = (entries: readonly SearchEntry[]) => {
  const found = promotionIn(replay(aSearch(), entries), 3, 3);
  return found && [found.trial.trial, found.rung];
};

test("of three trials at a rung the best goes on, and a fourth changes nothing", () => {
  expect(promoted(atFirstRung([0.1, 0.3]))).toBeUndefined();
  expect(promoted(atFirstRung([0.1, 0.3, 0.2]))).toEqual(["t1", 1]);
  const gone: SearchEntry[] = [
    ...atFirstRung([0.1, 0.3, 0.2, 0.4]),
    { type: "start", trial: "t1", rung: 1, epochs: 3 },
  ];
  // The one promotion of four trials belongs to the best of them, which is another by now.
  expect(promoted(gone)).toEqual(["t3", 1]);
  expect(promoted([...gone, { type: "start", trial: "t3", rung: 1, epochs: 3 }])).toBeUndefined();
});

test("of equals the first goes on, and a trial that failed counts as the worst and never does", () => {
  expect(promoted(atFirstRung([0.3, 0.3, 0.3]))).toEqual(["t0", 1]);
  expect(promoted(atFirstRung([Number.NaN, -5, Number.NaN]))).toEqual(["t1", 1]);
  expect(promoted(atFirstRung([Number.NaN, Number.NaN, Number.NaN]))).toBeUndefined();
});

test("the highest rung that has a promotion comes first", () => {
  const results = ["t0", "t1", "t2"].flatMap((trial, i): SearchEntry[] => [
    { type: "start", trial, rung: 1, epochs: 3 },
    { type: "result", trial, rung: 1, epochs: 3, score: i, scores: [0, 0, i], seconds: 1, elapsed: 1 },
  ]);
  const scores = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2];
  expect(promoted([...atFirstRung(scores), ...results])).toEqual(["t2", 2]);
});

test("checkpoints are held of the best, of what is under way, and of what is near its promotion", () => {
  const entries = atFirstRung([9, 8, 7, 6, 5, 4, 3, 2, 1, Number.NaN]);
  const near = (more: readonly SearchEntry[]) => [...nearPromotion(replay(aSearch(), [...entries, ...more]), 3, 3)];
  // Three of ten go on, and three more are held.
  expect(near([]).sort()).toEqual(["t0", "t1", "t2", "t3", "t4", "t5"]);
  expect(near([{ type: "start", trial: "t1", rung: 1, epochs: 3 }])).toContain("t1");
  const scores = [8, 8, 8];
  const waits: SearchEntry[] = [
    { type: "start", trial: "t1", rung: 2, epochs: 9 },
    { type: "result", trial: "t1", rung: 2, epochs: 9, score: 8, scores, seconds: 1, elapsed: 1 },
  ];
  expect(near(waits)).not.toContain("t1");
});

test.each<[string, SearchBudget, Record<string, number>]>([
  // Of 27 that are there at once 9 and then 3 would go on; before they all are, some do that are not among those in the end.
  ["27 trials", { trials: 27 }, { trials: 27, epochs: 27 * 1 + 12 * 2 + 4 * 6 }],
  // The 13th epoch would have been the first of two of a promotion.
  ["12 epochs", { epochs: 12 }, { epochs: 12 }],
  ["4 trials, which are too few for a second promotion", { trials: 4 }, { trials: 4, epochs: 4 + 2 }],
  // Each result of the played search takes a minute, and nothing begins behind the sixth.
  ["a tenth of an hour", { hours: 0.1 }, { steps: 6 }],
])("%s are kept to", (_, budget, expected) => {
  const { state } = played(aSearch({ budget }), { atOnce: 1 });
  expect(state.end).toMatchObject({ reason: "budget" });
  const { trials, steps, epochs } = state;
  expect({ trials: trials.length, steps: steps.length, epochs }).toMatchObject(expected);
});

test("the best of all epochs wins, whatever rung it is of", () => {
  const { state } = played(aSearch({ budget: { trials: 27 } }), { atOnce: 3 });
  const best = Math.max(...state.trials.flatMap(({ scores }) => scores));
  expect(state.best?.score).toBe(best);
  expect(state.end?.best).toBe(state.trials.find(({ scores }) => scores.includes(best))!.trial);
});

test("values that were tried are not tried again, and a small space comes to its end", () => {
  const spaces: Record<string, Space> = { rank: { kind: "choice", values: [2, 4, 8] } };
  const search: Search = aSearch({ budget: { trials: 100 }, spaces, firstGuess: { rank: 4 } });
  const { state } = played(search, { atOnce: 1 });
  expect(state.trials.map(({ values }) => values.rank).sort()).toEqual([2, 4, 8]);
  expect(state.end?.reason).toBe("exhausted");
});

test.each([1, 4])(
  "a log of %i trials at a time is decided again in the same way, and a changed one is not",
  (atOnce) => {
    const search = aSearch({ budget: { trials: 40 } });
    const { entries, state } = played(search, { atOnce });
    const checked = checkLog(search, entries);
    expect(checked.decisions.length).toBeGreaterThan(80);
    expect(checked.decisions.filter(({ isSame }) => !isSame)).toEqual([]);
    expect(checked.state).toEqual(state);

    const at = entries.findIndex((entry) => entry.type === "start" && entry.rung === 1);
    const other = entries.map((entry, i) => (i === at ? { ...entry, trial: "t002" } : entry)) as SearchEntry[];
    const [first] = checkLog(search, other).decisions.filter(({ isSame }) => !isSame);
    expect(first).toMatchObject({ line: at + 1, again: entries[at] });
  },
);

test("a trial that stands in the log without its start is begun before anything else", () => {
  const [trial] = atFirstRung([0.5]);
  const search = aSearch();
  expect(nextDecision(search, replay(search, [trial!]))).toEqual({ type: "start", trial: "t0", rung: 0, epochs: 1 });
});
