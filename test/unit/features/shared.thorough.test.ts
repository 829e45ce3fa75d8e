/** Runs that share tokens and frozen features through a folder: nothing but their times changes. */
import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../../src/run/run-result.ts";
import { resume, type TrainContext, train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { openSafetensors, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const root = scratch.folder({});
const model = tinyModel(join(root, "model"), { layers: 3, dropout: 0.1 });
const data = tinyData(join(root, "data"), { rows: 30 });
let made = 0;

function optionsOf(options: Partial<TrainOptions>): TrainOptions {
  const shared = { model, data, out: join(root, `run${made++}`), threads: 1, epochs: 2, ...tinyTraining };
  return { ...shared, ...options } as TrainOptions;
}

async function finish(run: ReturnType<typeof train>): Promise<void> {
  for await (const _ of run);
}

/** What a run ends with, and its times. */
function outcomeOf(out: string) {
  const read = (file: string) => readFileSync(join(out, file), "utf8");
  const { seconds, examplesPerSecond, memory, epochs, ...rest } = JSON.parse(read("result.json")) as RunResult;
  const kept = readdirSync(out).includes("model") ? "model/model.safetensors" : "adapter/adapter.safetensors";
  return {
    seconds,
    frozenFeatureBytes: memory.frozenFeatureBytes,
    outcome: {
      ...rest,
      epochs: epochs.map(({ seconds: _, ...epoch }) => epoch),
      weights: readFileSync(join(out, kept)).toString("base64"),
      predictions: ["validation", "test"].map((split) => read(`predictions/${split}.jsonl`)),
    },
  };
}

async function run(options: Partial<TrainOptions>, context: TrainContext = {}) {
  const whole = optionsOf(options);
  await finish(train(whole, context));
  return outcomeOf(whole.out);
}

const kindsIn = (shared: string) => readdirSync(shared).map((name) => name.replace(/-.*/, ""));
/** When each file was written. */
const timesOf = (shared: string) => readdirSync(shared).map((name) => [name, statSync(join(shared, name)).mtimeMs]);

describe.each<[string, Partial<TrainOptions>, string[]]>([
  ["full fine-tuning: tokens", { method: "full" }, []],
  ["a probe: tokens, and a vector a text", { method: "probe" }, ["features", "features", "features"]],
  [
    "LoRA in the last layer: tokens, and a vector a token",
    { method: "lora", layers: [2] },
    ["features", "features", "features"],
  ],
  ["a head that is searched, with more frozen features", { method: "probe", head: "auto" }, ["features", "features"]],
])("%s", (_, options, kept) => {
  const shared = join(scratch.folder({}), "shared");
  let alone: Awaited<ReturnType<typeof run>>;

  test("the first run leaves them, the second takes them, and both end as one without", async () => {
    alone = await run(options);
    expect(alone.seconds).toMatchObject({ shared: 0, sharedInTraining: 0 });
    const first = await run(options, { shared });
    expect(first.outcome).toEqual(alone.outcome);
    expect(first.seconds).toMatchObject({ shared: 0, sharedInTraining: 0 });
    // Which ones a searched head needs besides depends on which it is.
    const kinds = expect.arrayContaining([...kept, "tokens", "tokens", "tokens"]);
    expect(kindsIn(shared).sort()).toEqual(options.head ? kinds : ["baselines", ...kept, "tokens", "tokens", "tokens"]);
    const before = timesOf(shared);
    const second = await run(options, { shared });
    expect(second.outcome).toEqual(alone.outcome);
    expect(second.frozenFeatureBytes).toBe(alone.frozenFeatureBytes);
    const { shared: all, sharedInTraining, train: training } = second.seconds;
    expect(all).toBeGreaterThan(0);
    expect(sharedInTraining).toBeLessThanOrEqual(all);
    if (options.head !== "auto") expect(sharedInTraining).toBeGreaterThan(0);
    expect(training).toBeGreaterThan(0);
    expect(timesOf(shared)).toEqual(before);
  });

  test("what does not fit into memory is read where it lies", async () => {
    const onDisk = await run({ ...options, frozenFeatureMegabytes: 0 }, { shared });
    expect(onDisk).toMatchObject({ outcome: alone.outcome, frozenFeatureBytes: 0 });
    const empty = join(scratch.folder({}), "shared");
    expect((await run({ ...options, frozenFeatureMegabytes: 0 }, { shared: empty })).outcome).toEqual(alone.outcome);
    // Under the same names, with the same values.
    expect(readdirSync(empty)).toEqual(readdirSync(shared));
    for (const name of readdirSync(empty).filter((file) => file.startsWith("features")))
      expect(readFileSync(join(empty, name)).subarray(32)).toEqual(readFileSync(join(shared, name)).subarray(32));
  });

  test("what is broken is made again", async () => {
    for (const [i, name] of readdirSync(shared).entries()) {
      const file = join(shared, name);
      if (i % 2 === 0) truncateSync(file, statSync(file).size - 1);
      else {
        const bytes = readFileSync(file);
        bytes[bytes.length - 3]! ^= 64;
        writeFileSync(file, bytes);
      }
    }
    const again = await run(options, { shared });
    expect(again.outcome).toEqual(alone.outcome);
    expect(again.seconds.shared).toBe(0);
    expect((await run(options, { shared })).seconds.shared).toBeGreaterThan(0);
  });

  test("runs that make them at the same time end as one without", async () => {
    const empty = join(scratch.folder({}), "shared");
    const both = await Promise.all([run(options, { shared: empty }), run(options, { shared: empty })]);
    for (const { outcome } of both) expect(outcome).toEqual(alone.outcome);
    expect(readdirSync(empty)).toEqual(readdirSync(shared));
  });
});

describe("frozen features are not taken", () => {
  const options: Partial<TrainOptions> = { method: "probe" };
  const shared = join(scratch.folder({}), "shared");

  /** The model with one weight of a layer a little larger. */
  function changedModel(layer: number): string {
    const folder = join(scratch.folder({}), "model");
    cpSync(model, folder, { recursive: true });
    const stored = openSafetensors(join(model, "model.safetensors"));
    const tensors = [...stored.tensors].map(([name, { shape }]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      stored.readFloat32(name, data);
      if (name.includes(`layer.${layer}.intermediate.dense.weight`)) data[0]! += 0.01;
      return { name, shape, data };
    });
    stored.close();
    writeSafetensors(join(folder, "model.safetensors"), tensors);
    return folder;
  }

  test("of other weights, other texts or another place, but of weights above that place", async () => {
    await run(options, { shared });
    await run({ ...options, model: changedModel(1) }, { shared });
    expect(kindsIn(shared).filter((kind) => kind === "features")).toHaveLength(6);
    await run({ ...options, limit: 20 }, { shared });
    expect(kindsIn(shared).filter((kind) => kind === "features")).toHaveLength(7);
    expect(kindsIn(shared).filter((kind) => kind === "tokens")).toHaveLength(4);
    const upper: Partial<TrainOptions> = { method: "lora", layers: [2] };
    await run(upper, { shared });
    expect(kindsIn(shared).filter((kind) => kind === "features")).toHaveLength(10);
    const model = changedModel(2);
    const taking = await run({ ...upper, model, rank: 2 }, { shared });
    expect(kindsIn(shared).filter((kind) => kind === "features")).toHaveLength(10);
    expect(taking.outcome).toEqual((await run({ ...upper, model, rank: 2 })).outcome);
  });
});

describe("a run that is stopped and goes on", () => {
  const options: Partial<TrainOptions> = { method: "lora", layers: [2], rank: 2 };

  /** Stops after its first step. */
  async function stopped(shared: string): Promise<string> {
    const whole = optionsOf(options);
    const controller = new AbortController();
    const events = train(whole, { shared, signal: controller.signal });
    await expect(
      (async () => {
        for await (const event of events) if (event.type === "step") controller.abort();
      })(),
    ).rejects.toThrow("stopped after step 1");
    return whole.out;
  }

  test("ends as one without, and counts nothing twice", async () => {
    const shared = join(scratch.folder({}), "shared");
    const alone = await run(options);
    // It made all it needs but the values for validation, so nothing comes from others.
    const first = await stopped(shared);
    await finish(resume(first, { shared }));
    expect(outcomeOf(first)).toMatchObject({ outcome: alone.outcome, seconds: { shared: 0, sharedInTraining: 0 } });
    // Each value has a part in the seconds once, however often it is taken.
    const whole = (await run(options, { shared })).seconds.shared;
    const second = await stopped(shared);
    await finish(resume(second, { shared }));
    const { outcome, seconds } = outcomeOf(second);
    expect(outcome).toEqual(alone.outcome);
    expect(seconds.shared).toBeCloseTo(whole, 9);
    // Nor does it need them.
    const third = await stopped(shared);
    await finish(resume(third));
    expect(outcomeOf(third).outcome).toEqual(alone.outcome);
  });
});

test("a folder that cannot be written to fails nothing", async () => {
  const file = join(scratch.folder({}), "file");
  writeFileSync(file, "");
  const options: Partial<TrainOptions> = { method: "probe" };
  const shared = join(file, "below");
  const alone = await run(options);
  expect((await run(options, { shared })).outcome).toEqual(alone.outcome);
  expect((await run({ ...options, frozenFeatureMegabytes: 0 }, { shared })).outcome).toEqual(alone.outcome);
});
