/** A search over real, tiny runs: what it keeps, how it goes on, and what it refuses. Runs are done in this process. */
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { RunFolder } from "../../../src/run/run-folder.ts";
import type { RunResult } from "../../../src/run/run-result.ts";
import { resume, train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { checkLog } from "../../../src/search/check-log.ts";
import { resumeSearch, search } from "../../../src/search/search.ts";
import type { SearchDoneEvent } from "../../../src/search/search-events.ts";
import type { SearchEntry } from "../../../src/search/search-file.ts";
import { readLog, readSearch } from "../../../src/search/search-folder.ts";
import type { SearchOptions } from "../../../src/search/search-options.ts";
import { trialRun } from "../../../src/search/trial-run.ts";
import type { OpenPlace } from "../../../src/study/run-place.ts";
import type { EpochEvent } from "../../../src/train/trainer.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const cwd = scratch.folder({});
const model = tinyModel(join(cwd, "model"));
const data = tinyData(join(cwd, "data"));

const OPTIONS: SearchOptions = {
  ...{ model, data, method: "lora", head: "mean", batchSize: 4, epochs: 3, trials: 6, threads: 1 },
  search: { learningRate: "1e-3..1e-1", rank: "2,4" },
  searchOnly: true,
};

const inProcess: OpenPlace = async ({ folder, input: { sources } }) => ({
  atOnce: 1,
  do: async ({ name, options, untilEpoch }, say, signal) => {
    const out = folder.runPath(name);
    const context = { sources, signal, shared: folder.sharedPath, ...(untilEpoch !== undefined && { untilEpoch }) };
    try {
      const events = folder.isBegun(name) ? resume(out, context) : train({ ...options, out } as TrainOptions, context);
      for await (const event of events) say({ type: "run-event", name, event });
      return { status: "done", result: (await events).result };
    } catch (error) {
      const { kind, message } = error as { kind?: string; message: string };
      if (kind !== "interrupted") return { status: "failed", reason: message, isMachines: false };
      if (signal.aborted) return { status: "interrupted" };
      return { status: "paused", epochs: RunFolder.open(out).eventsOf<EpochEvent>("epoch") };
    }
  },
  close: async () => {},
});

/** What a run measured, but for time and memory. */
const figuresOf = ({ base, test: measured, epochs, bestEpoch, parameters, baselines, verdict }: RunResult) =>
  JSON.parse(
    JSON.stringify({
      ...{ base, measured, bestEpoch, parameters, baselines, verdict },
      epochs: epochs.map(({ seconds: _, ...epoch }) => epoch),
    }),
  );

/** Without times, which are never the same. */
const withoutTimes = (entries: readonly SearchEntry[]) =>
  entries.map((entry) => ({ ...entry, seconds: undefined, elapsed: undefined }));

let out: string;
let done: SearchDoneEvent;
beforeAll(async () => {
  out = join(cwd, "search");
  done = await search(OPTIONS, out, { place: inProcess });
}, 60_000);

describe("a search", () => {
  test("begins with the recipe, within the spaces, and judges at rungs", () => {
    const { rungs, methods } = readSearch(out);
    expect(rungs).toEqual([1, 3]);
    expect(methods[0]).toMatchObject({
      spaces: {
        learningRate: { kind: "log-uniform", from: 1e-3, to: 1e-1 },
        rank: { kind: "choice", values: [2, 4] },
      },
      options: { batchSize: 4, alpha: 8, epochs: 3, earlyStopping: 0, bestMetric: "f1" },
    });
    const entries = readLog(out);
    expect(entries[0]).toMatchObject({ type: "trial", trial: "t001", from: "recipe", values: { rank: 4 } });
    expect(entries.filter(({ type }) => type === "trial")).toHaveLength(6);
    const rungOne = entries.filter((entry) => entry.type === "result" && entry.rung === 1);
    expect(rungOne.length).toBeGreaterThanOrEqual(2);
    for (const entry of rungOne) expect(entry).toMatchObject({ epochs: 3, scores: { length: 3 } });
    expect(checkLog(readSearch(out), entries).decisions.every(({ isSame }) => isSame)).toBe(true);
  });

  test("measures nothing on the test split but the winner, once", () => {
    const trials = readdirSync(join(out, "trials")).map((name) => join(out, "trials", name));
    expect(trials).toHaveLength(5);
    for (const trial of trials) {
      expect(readFileSync(join(trial, "events.jsonl"), "utf8")).not.toMatch(/"type":"(base|result)"|"test":\{/);
      expect(existsSync(join(trial, "predictions", "test.jsonl"))).toBe(false);
      expect(existsSync(join(trial, "checkpoints"))).toBe(false);
    }
    const best = RunFolder.open(join(out, "best"));
    expect(best.readJson("run.json")).toMatchObject({ status: "done", options: { out: join(out, "best") } });
    const { test: measured } = best.readJson<RunResult>("result.json");
    expect(readLog(out).at(-1)).toEqual({ type: "test", trial: done.best!.trial, metrics: measured });
  });

  test("has a winner whose run is that of its options, trained in one go", async () => {
    const { trial, values, command } = done.best!;
    const { options } = trialRun(readSearch(out), trial, values);
    const again = join(cwd, "again");
    const { result } = await train({ ...options, out: again } as TrainOptions);
    const best = RunFolder.open(join(out, "best")).readJson<RunResult>("result.json");
    expect(figuresOf(best)).toEqual(figuresOf(result));
    for (const split of ["validation", "test"])
      expect(readFileSync(join(out, "best", "predictions", `${split}.jsonl`), "utf8")).toBe(
        readFileSync(join(again, "predictions", `${split}.jsonl`), "utf8"),
      );
    expect(command).toContain(`attune train --model ${model} --data ${data} --method lora --`);
    expect(command).toContain(` --learning-rate ${values.learningRate} `);
    expect(command).toContain(" --best-metric f1 ");
  });

  test.each([4, 7])("that is stopped behind line %i of its log ends the same", async (lines) => {
    const stopped = join(cwd, `stopped-${lines}`);
    const stop = new AbortController();
    let seen = 0;
    const first = async () => {
      for await (const event of search(OPTIONS, stopped, { place: inProcess, signal: stop.signal }))
        if (event.type === "log" && ++seen === lines) stop.abort();
    };
    await expect(first()).rejects.toMatchObject({ code: "search/interrupted" });
    // Somebody needed the place on the disk: trials that go on begin anew.
    if (lines === 7)
      for (const name of readdirSync(join(stopped, "trials")))
        rmSync(join(stopped, "trials", name, "checkpoints"), { recursive: true });
    const { best } = await (lines === 4
      ? search(OPTIONS, stopped, { place: inProcess })
      : resumeSearch(stopped, { place: inProcess }));
    expect(withoutTimes(readLog(stopped))).toEqual(withoutTimes(readLog(out)));
    expect(best).toMatchObject({ trial: done.best!.trial, test: done.best!.test });
  });

  test("in whose log a line is cut goes on before it", async () => {
    // The folder of a search whose process was killed while it wrote.
    const cut = join(cwd, "cut");
    cpSync(out, cut, { recursive: true });
    appendFileSync(join(cut, "log.jsonl"), '{"type":"tri');
    expect(readLog(cut)).toEqual(readLog(out));
    expect((await resumeSearch(cut, { place: inProcess })).best).toMatchObject({ trial: done.best!.trial });
    expect(readLog(cut)).toEqual(readLog(out));
  });
});

test("a trial that fails counts as the worst, and the others go on", async () => {
  const failing = join(cwd, "failing");
  const { state, best } = await search(
    { ...OPTIONS, trials: 4, epochs: 2, search: { learningRate: "0.01,1e30,0.03,0.02" } },
    failing,
    { place: inProcess },
  );
  const failed = state.trials.filter(({ failure }) => failure !== undefined);
  expect(failed.map(({ values }) => values.learningRate)).toEqual([1e30]);
  expect(failed[0]!.failure).toContain("became NaN");
  expect(best!.values.learningRate).not.toBe(1e30);
});

test.each<[string, object, string, RegExp]>([
  [
    "a space of an option that it lacks",
    { search: { virtualTokens: "1..4" } },
    "search/option",
    /virtualTokens.*no method here/,
  ],
  ["an option that all trials have alike", { search: { epochs: "1..4" } }, "search/option", /the same for all trials/],
  [
    "a value that the option may not be",
    { search: { learningRate: "-1..1" } },
    "search/space",
    /"-1" is no value.*more than 0/,
  ],
  ["a range that does not rise", { search: { rank: "8..4" } }, "search/space", /does not rise/],
  ["a range of names", { search: { bias: "none..all" } }, "search/space", /no number/],
  ["an option twice", { search: { learningRate: "1e-3..1e-2" }, learningRate: 1e-3 }, "search/twice", /learningRate/],
  [
    "a method that trains nothing",
    { method: "none", head: undefined, batchSize: undefined, search: {} },
    "search/method",
    /trains nothing/,
  ],
  ["a method that there is not", { method: "lroa" }, "options/value", /method cannot be .*lroa.*lora/],
  ["nothing to search", { search: {} }, "search/nothing", /nothing is searched/],
  ["data that are not there", { data: join(cwd, "nowhere") }, "data/missing", /nowhere/],
])("%s is refused before anything is written", async (_, change, code, message) => {
  const refused = join(cwd, "refused");
  const begun = search({ ...OPTIONS, ...change } as SearchOptions, refused, { place: inProcess });
  await expect(begun).rejects.toMatchObject({ kind: "input", code, message: expect.stringMatching(message) });
  expect(existsSync(refused)).toBe(false);
});

test("another search does not go on in the folder of this one", async () => {
  await expect(search({ ...OPTIONS, trials: 7 }, out, { place: inProcess })).rejects.toMatchObject({
    kind: "input",
    code: "search/other",
    message: expect.stringContaining("other budget"),
  });
});
