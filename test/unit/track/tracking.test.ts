import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TrainEvent } from "../../../src/run/train-events.ts";
import type { CompareEvent } from "../../../src/study/compare-events.ts";
import { crc32c } from "../../../src/track/crc32c.ts";
import { openTracker } from "../../../src/track/open-tracker.ts";
import type { Figures, RunEnd, TrackedRun, Tracker } from "../../../src/track/tracker.ts";
import { Tracking, trackStudy, trackTraining } from "../../../src/track/tracking.ts";
import { scratchFolder } from "../tables/scratch.ts";
import { expectedValues, trackedRun } from "./tracked-run.ts";

const { folder } = scratchFolder();

async function* eventsOf(out: string): AsyncGenerator<TrainEvent> {
  yield* trackedRun(out);
}

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** Remembers what it is told; fails where a test says so. */
function remembering(fail: (what: string) => void = () => {}) {
  const told: (TrackedRun | Figures | RunEnd)[] = [];
  const tracker: Tracker = {
    name: "a tracker",
    begin(run) {
      fail("begin");
      told.push(run);
      return {
        log(figures) {
          fail("log");
          told.push(...figures);
        },
        end(how) {
          fail("end");
          told.push(how);
        },
      };
    },
  };
  return { tracker, told };
}

test("CRC-32C has the check value of its catalogue", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

describe("a run", () => {
  test("is told with its options, its figures and its end, and its events come as they are", async () => {
    const { tracker, told } = remembering();
    const out = join(folder({}), "third");
    const events = await all(trackTraining(eventsOf(out), new Tracking(tracker)));
    expect(events).toEqual([...trackedRun(out)]);
    expect(told[0]).toMatchObject({ name: "third", folder: out, parameters: { rank: 8, multiLabel: false } });
    expect(told.at(-1)).toBe("done");
    const figures = told.slice(1, -1) as Figures[];
    for (const [name, values] of Object.entries(expectedValues))
      expect(
        figures.flatMap(({ step, values: { [name]: value } }) => (value === undefined ? [] : [[step, value]])),
      ).toEqual(values);
    // What is no number is in no JSON.
    expect(figures.every(({ values }) => !("train/gradient_norm" in values))).toBe(true);
  });

  test.each(["begin", "log", "end"])("goes on where the tracker fails at %s, which is said once", async (at) => {
    const { tracker } = remembering((what) => {
      if (what === at) throw new Error("the server is away");
    });
    const out = join(folder({}), "run");
    const events = await all(trackTraining(eventsOf(out), new Tracking(tracker)));
    expect(events.filter(({ type }) => type !== "warning")).toEqual([...trackedRun(out)]);
    expect(events.flatMap((event) => (event.type === "warning" ? [event.message] : []))).toEqual([
      "a tracker is told no more of this (the server is away); the folder of the run has everything",
    ]);
  });

  test("that fails is told as failed, and its error stays", async () => {
    const { tracker, told } = remembering();
    async function* failing(): AsyncGenerator<TrainEvent> {
      yield* [...trackedRun(join(folder({}), "run"))].slice(0, 3);
      throw new Error("the loss became NaN");
    }
    await expect(all(trackTraining(failing(), new Tracking(tracker)))).rejects.toThrow("the loss became NaN");
    expect(told.at(-1)).toBe("failed");
  });

  test("of a study has the study's name, and each its own end", async () => {
    const { tracker, told } = remembering();
    const out = folder({});
    const runs = ["a", "b"];
    async function* study(): AsyncGenerator<CompareEvent> {
      yield { type: "plan", out, study: { runs: [] }, finished: {}, notes: [] } as unknown as CompareEvent;
      for (const name of runs) {
        yield { type: "run-start", run: { name }, isResumed: false } as unknown as CompareEvent;
        for (const event of trackedRun(join(out, "runs", name))) yield { type: "run-event", name, event };
        yield name === "a"
          ? ({ type: "run-done", name, result: {} } as unknown as CompareEvent)
          : { type: "run-failed", name, reason: "it failed" };
      }
    }
    const events = await all(trackStudy(study(), new Tracking(tracker)));
    expect(events.filter(({ type }) => type === "run-event")).toHaveLength(18);
    expect(told.flatMap((one) => (typeof one === "object" && "name" in one ? [[one.name, one.study]] : []))).toEqual(
      runs.map((name) => [name, out.split("/").at(-1)]),
    );
    expect(told.filter((one) => typeof one === "string")).toEqual(["done", "failed"]);
  });
});

describe("--track", () => {
  test("takes a server's address, or what its own clients read", () => {
    expect(openTracker("tensorboard", {}).name).toBe("TensorBoard");
    expect(openTracker("mlflow=http://there:5000/", {}).name).toBe("MLflow at http://there:5000/");
    expect(openTracker("mlflow", { MLFLOW_TRACKING_URI: "http://here:1" }).name).toBe("MLflow at http://here:1");
    // The token is nobody's business.
    expect(openTracker("trackio=http://there:7860?write_token=secret", {}).name).toBe("trackio at http://there:7860");
  });

  test.each([
    ["wandb", /--track wandb: this is no tracker; there are tensorboard, trackio=URL and mlflow=URL/],
    ["tensorboard=here", /this is no tracker/],
    ["mlflow", /the address of the server is missing; give it as --track mlflow=http:.*MLFLOW_TRACKING_URI/],
    ["trackio=there:7860", /there:7860 is no address of a server/],
  ])("refuses %s", (given, message) => {
    expect(() => openTracker(given, {})).toThrow(message);
  });

  test("a server that is away costs a run nothing but a sentence", async () => {
    const out = join(folder({}), "run");
    const events = await all(trackTraining(eventsOf(out), new Tracking(openTracker("mlflow=http://127.0.0.1:9", {}))));
    const warnings = events.filter(({ type }) => type === "warning");
    expect(warnings).toHaveLength(1);
    expect(events).toHaveLength([...trackedRun(out)].length + 1);
  });
});
