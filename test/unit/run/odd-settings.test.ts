/** Settings that are allowed and have effects that one may not expect: class weights of 0, warm-ups longer than the run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compare, type TrainEvent, train } from "../../../src/index.ts";
import { objectiveOf } from "../../../src/run/rare-label-options.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { warmupNotes } from "../../../src/study/plan-notes.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { targetsOf } from "../../../src/train/classification-objective.ts";
import { warmupNote } from "../../../src/train/schedule.ts";
import { smallTask } from "../../study.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const { file } = scratchFolder();
const root = mkdtempSync(join(tmpdir(), "attune-odd-"));
afterAll(() => rmSync(root, { recursive: true }));
const model = tinyModel(join(root, "model"));
const data = tinyData(join(root, "data"), { rows: 6 });

describe("class weights", () => {
  const rest = { labelSmoothing: 0, balance: "none", seed: 1 } as const;
  const weighted = (content: string) =>
    objectiveOf({ ...rest, classWeights: file("w.json", content) }, { labels: ["a", "b"], multiLabel: false }, [0, 1]);

  test.each(["1e308", "-1e-9", "1e-7", "1000001", "-0.5", "null", "true"])("%s is refused by name", async (weight) => {
    expect(await inputError(() => weighted(`{"a": ${weight}}`))).toMatch(
      /^--class-weights .*w\.json: the weight of "a" is .*; it is 0, or a number from 0.000001 to 1000000$/,
    );
  });

  test.each([0, 1e-6, 1e6])("%d is one", (weight) => {
    expect(weighted(`{"a": ${weight}}`).weights).toEqual([weight, 1]);
  });

  test("a batch whose texts all weigh nothing has a loss of 0", () => {
    const objective = { labelCount: 2, multiLabel: false, weights: [0, 1], smoothing: 0.1 };
    expect(targetsOf([0, 0], objective).factor).toBe(0);
    expect(targetsOf([0, 1], objective).factor).toBe(1);
  });
});

test("a run with weights of 0 in batches of one text, and a warm-up without an end, has numbers and says so", async () => {
  const events: TrainEvent[] = [];
  const classWeights = file("zero.json", '{"positive": 0}');
  const options = {
    model,
    data,
    out: join(root, "run"),
    classWeights,
    batchSize: 1,
    epochs: 1,
    learningRate: 5e-5,
    warmup: 60,
    threads: 1,
  };
  for await (const event of train(options)) events.push(event);
  const losses = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
  expect(losses.filter((loss) => loss === 0)).toHaveLength(3);
  expect(losses.every(Number.isFinite)).toBe(true);
  const note =
    "The warm-up of 60 steps does not end within the run, which has 6: the learning rate gets to 0.0000042 and not to 0.00005.";
  for (const type of ["start", "result"] as const)
    expect(events.find((event) => event.type === type)).toMatchObject({ notes: expect.arrayContaining([note]) });
});

describe("the note of a warm-up", () => {
  test.each([
    [{ warmup: 0 }, 10, undefined],
    [{ warmup: 9 }, 10, undefined],
    [{ warmup: 0.9 }, 10, undefined],
    [
      { warmup: 10 },
      10,
      "of 10 steps does not end within the run, which has 10: the learning rate gets to 0.9 and not to 1.",
    ],
    [{ warmup: 1 }, 1, "of 1 step does not end within the run, which has 1: the learning rate gets to 0 and not to 1."],
    [
      { warmup: 0.99 },
      3,
      "of 3 steps does not end within the run, which has 3: the learning rate gets to 0.67 and not to 1.",
    ],
  ])("%j in %i steps", (warmup, steps, expected) => {
    expect(warmupNote({ learningRate: 1, ...warmup }, steps)).toBe(expected && `The warm-up ${expected}`);
  });

  test("stands in the plan of a study, once for runs that are alike, and not for one that trains nothing", async () => {
    const plan = resolvePlan({
      model,
      data,
      recipe: "own",
      methods: ["none", "full", "probe"],
      warmup: 60,
      learningRate: 1,
      batchSize: 2,
    });
    const note =
      "own-full-s42 and 1 more: The warm-up of 60 steps does not end within the run, which has 9: the learning rate gets to 0.13 and not to 1.";
    expect(warmupNotes(plannedRuns(plan, smallTask), await loadDataset({ path: data, seed: 1 }))).toEqual([note]);
    for await (const event of compare(plan, join(root, "study"), { estimate: false })) {
      if (event.type !== "plan") continue;
      expect(event.notes).toContain(note);
      break;
    }
  });
});
