/** Runs on models and data from the Hub: going on with the commits they began with, and adapters whose base is there. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import type { TrainEvent } from "../../../src/index.ts";
import type { RunFacts } from "../../../src/run/run-facts.ts";
import { RunFolder } from "../../../src/run/run-folder.ts";
import { resume, train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { filesFrom } from "../../hub-server/folder.ts";
import { HubServer } from "../../hub-server/server.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { fixtures, scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const root = folder({});
const home = folder({});
const hub = new HubServer();
const model = hub.add({ name: "org/tiny", files: filesFrom(tinyModel(folder({}))) });
const reviews = hub.add({ kind: "dataset", name: "org/reviews", files: filesFrom(tinyData(folder({}))) });

const modelCommit = model.resolve("main")!;

beforeAll(async () => {
  await hub.listen();
  for (const [name, value] of Object.entries({ HF_HOME: home, HF_ENDPOINT: hub.url })) vi.stubEnv(name, value);
  for (const name of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_ASSETS_CACHE", "HF_HUB_OFFLINE"])
    vi.stubEnv(name, "");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
});

const options = (out: string, more: object = {}) =>
  ({
    model: "org/tiny",
    data: "org/reviews",
    out: join(root, out),
    epochs: 2,
    threads: 1,
    ...tinyTraining,
    ...more,
  }) as TrainOptions;

async function all(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const seen: TrainEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

test("a run that goes on keeps its commits, whatever the Hub has by now", async () => {
  const whole = await all(train(options("whole")));
  expect(whole[0]).toMatchObject({ type: "download", repo: "org/tiny" });
  const stop = new AbortController();
  await expect(async () => {
    for await (const event of train(options("stopped"), { signal: stop.signal }))
      if (event.type === "epoch") stop.abort();
  }).rejects.toThrow("go on with");
  const before = RunFolder.open(join(root, "stopped")).readJson<{ hub: object }>("run.json").hub;
  model.commit({ "config.json": "no model any more" });
  reviews.commit({ "train.csv": "text,label\nnothing,left\n" });
  const rest = await all(resume(join(root, "stopped")));
  const result = (events: readonly TrainEvent[]) => {
    const last = events.at(-1)!;
    return last.type === "result" ? last.result.test : undefined;
  };
  expect(result(rest)).toEqual(result(whole));
  expect(RunFolder.open(join(root, "stopped")).readJson<{ hub: object }>("run.json").hub).toEqual(before);
});

test("what the Hub has converted is repeated by its commit, and by a run that goes on", async () => {
  const shard = (name: string) => readFileSync(join(fixtures, "parquet/hub/data", name));
  const parquet = {
    "plain/train/0000.parquet": shard("train-00000-of-00002.parquet"),
    "plain/train/0001.parquet": shard("train-00001-of-00002.parquet"),
    "plain/validation/0000.parquet": shard("validation-00000-of-00001.parquet"),
    "plain/test/0000.parquet": shard("test-00000-of-00001.parquet"),
  };
  const scripted = hub.add({ kind: "dataset", name: "org/scripted", files: { "scripted.py": "" } });
  const commit = scripted.commit(parquet, "refs/convert/parquet");
  const data = { data: "org/scripted", revision: modelCommit };
  const factsOf = (out: string) => RunFolder.open(join(root, out)).readJson<RunFacts>("run.json");
  const source = { repo: "org/scripted", configName: "plain", commit };

  await all(train(options("converted", data)));
  expect(factsOf("converted").hub!.data).toEqual({ ...source, revision: "refs/convert/parquet" });
  const stop = new AbortController();
  await expect(async () => {
    for await (const event of train(options("converted-stopped", data), { signal: stop.signal }))
      if (event.type === "epoch") stop.abort();
  }).rejects.toThrow("go on with");

  const moved = {
    ...parquet,
    "plain/validation/0000.parquet": parquet["plain/test/0000.parquet"],
    "plain/test/0000.parquet": parquet["plain/validation/0000.parquet"],
  };
  scripted.commit(moved, "refs/convert/parquet");
  await all(resume(join(root, "converted-stopped")));
  await all(train(options("converted-again", { ...data, dataRevision: commit })));
  expect(factsOf("converted-again").hub!.data).toEqual({ ...source, revision: commit });
  rmSync(join(home, "hub"), { recursive: true }); // And from the Hub itself, where the cache has lost it.
  await all(train(options("converted-anew", { ...data, dataRevision: commit })));
  await all(train(options("converted-moved", data)));
  const hashes = ["converted", "converted-stopped", "converted-again", "converted-anew", "converted-moved"].map(
    (out) => factsOf(out).dataSha256,
  );
  expect(new Set(hashes.slice(0, 4)).size).toBe(1);
  expect(hashes[4]).not.toBe(hashes[0]);
});

test("an adapter finds its base again on the Hub, where the cache has lost it", async () => {
  const revision = RunFolder.open(join(root, "whole")).readJson<{
    hub: { model: { commit: string }; data: { commit: string } };
  }>("run.json").hub;
  const pinned = { revision: revision.model.commit, dataRevision: revision.data.commit };
  await all(train(options("lora", { method: "lora", ...pinned })));
  const predict = async (onFetch?: () => void) => {
    const classifier = await load(join(root, "lora"), { threads: 1, ...(onFetch && { onFetch }) });
    const predictions = await classifier.predict(["good", "bad cat"]);
    await classifier.dispose();
    return predictions;
  };
  const before = await predict();
  rmSync(join(home, "hub"), { recursive: true });
  const fetched = vi.fn();
  expect(await predict(fetched)).toEqual(before);
  expect(fetched).toHaveBeenCalledWith(expect.objectContaining({ type: "download", repo: "org/tiny" }));
});

test("evaluation takes data by name", async () => {
  const { hub: facts } = RunFolder.open(join(root, "whole")).readJson<{ hub: { data: { commit: string } } }>(
    "run.json",
  );
  const classifier = await load(join(root, "whole"), { threads: 1 });
  const found = await classifier.evaluate({ data: `org/reviews@${facts.data.commit}` });
  expect(found.examples).toBe(16);
  expect(found.notes[0]).toMatch(/^org\/reviews: commit [0-9a-f]{12}\.$/);
  await classifier.dispose();
});
